package import SQLite
package import Schemas

/// What a database's own catalog says its schema is.
package enum LiveSchema {
  /// The rows of `sqlite_schema`, in the order in which objects were created.
  package static func catalog(
    of database: borrowing Database
  ) throws(SQLiteError) -> [(name: String, sql: String?)] {
    let rows = try database.query("SELECT name, sql FROM sqlite_schema ORDER BY rowid")
    return rows.map { (name: $0[0].textValue ?? "", sql: $0[1].textValue) }
  }

  /// - Throws: `SQLiteError` when it cannot be read; a `SchemaSyntaxError` becomes the `Result`'s failure.
  package static func read(
    _ database: borrowing Database
  ) throws(SQLiteError) -> Result<Schema, SchemaSyntaxError> {
    let rows = try catalog(of: database)
    do throws(SchemaSyntaxError) {
      return .success(try Schema(stored: rows))
    } catch {
      return .failure(error)
    }
  }
}

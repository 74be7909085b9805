internal import SQLite
package import Schemas
package import SystemIO

/// What is in a database file, read without changing it.
package struct DatabaseInspection: Sendable {
  package var state: DatabaseState
  /// `PRAGMA user_version`.
  package var version: Int32
  /// Rows by table, where they can be counted without an extension.
  package var rows: [(table: String, count: Int64)]
  /// The digests of the schemas that it has been at, the first one first.
  package var history: [String]
  package var bytes: Int64

  /// The live schema; nil for an empty database.
  package var schema: Schema? {
    switch state {
    case .empty: nil
    case .known(let schema), .foreign(let schema), .drifted(_, let schema): schema
    }
  }

  package static func read(_ path: String) throws(Failure) -> DatabaseInspection {
    try DatabaseApply.expectFile(path)
    let database: Database
    do throws(SQLiteError) {
      database = try Database(.file(path), mode: .readOnly)
    } catch {
      throw .database("open the database", error, path: path)
    }
    let state = try DatabaseState.read(database, path: path)
    do throws(SQLiteError) {
      var inspection = DatabaseInspection(state: state, version: 0, rows: [], history: [], bytes: 0)
      inspection.version = Int32(truncatingIfNeeded: try database.value("PRAGMA user_version")?.integerValue ?? 0)
      inspection.bytes =
        (try database.value("PRAGMA page_count")?.integerValue ?? 0)
        * (try database.value("PRAGMA page_size")?.integerValue ?? 0)
      for table in inspection.schema?.tables ?? [] {
        let count = try database.value("SELECT count(*) FROM \(table.name.sql)")?.integerValue ?? 0
        inspection.rows.append((table.name.text, count))
      }
      if try database.value("SELECT count(*) FROM sqlite_schema WHERE name = '__locara_schema'") == .integer(1) {
        inspection.history = try database.query("SELECT digest FROM __locara_schema ORDER BY version")
          .compactMap { $0.first?.textValue }
      }
      return inspection
    } catch {
      throw .database("read the database", error, path: path)
    }
  }
}

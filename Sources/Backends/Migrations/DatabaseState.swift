internal import CanonicalJSON
internal import Digests
internal import SQLite
internal import SQLiteSchema
package import Schemas
internal import SystemIO

/// At which schema a database is.
package enum DatabaseState: Hashable, Sendable {
  /// Without any object.
  case empty
  /// At a schema that locara brought it to.
  case known(Schema)
  /// With objects, but not made by locara.
  case foreign(Schema)
  /// Made by locara, and changed by something else since.
  case drifted(recorded: Schema, live: Schema)

  /// Reads the state within whatever transaction is open.
  static func read(_ database: borrowing Database, path: String) throws(Failure) -> DatabaseState {
    let catalog: [(name: String, sql: String?)]
    let recordedJSON: String?
    do throws(SQLiteError) {
      catalog = try LiveSchema.catalog(of: database)
      recordedJSON =
        catalog.contains { $0.name == "__locara_schema" }
        ? try database.value("SELECT schema FROM __locara_schema ORDER BY version DESC LIMIT 1")?.textValue : nil
    } catch {
      throw .database("read the schema", error, path: path)
    }
    if catalog.isEmpty { return .empty }
    let live: Schema
    do throws(SchemaSyntaxError) {
      live = try Schema(stored: catalog)
    } catch {
      throw Failure(
        "LS106", "the database has an object that no schema can have: \(error.problem)", path: path,
        help: "remove what was added to the database by hand")
    }
    guard let recordedJSON else { return .foreign(live) }
    guard let recorded = schema(from: recordedJSON) else {
      throw Failure(
        "LS107", "the database's record of its own schema is damaged", path: path,
        help: "restore a backup with `locara db restore`")
    }
    if recorded == live { return .known(recorded) }
    // What was declared for the recorded schema has happened, whatever was done to the database since.
    var drifted = live
    drifted.declarations = recorded.declarations
    return .drifted(recorded: recorded, live: drifted)
  }

  private static func schema(from text: String) -> Schema? {
    guard let json = try? JSON(parsing: Array(text.utf8)) else { return nil }
    return try? Schema(json: json)
  }
}

extension Schema {
  /// What makes this schema of `other`, object by object, for people: `- table a`, `+ index b`, `~ view c`.
  package func differences(from other: Schema) -> [String] {
    func byName(_ schema: Schema) -> [String: String] {
      Dictionary(
        schema.objects.map { ("\($0.kind) \($0.name.folded)", $0.sql(folded: true)) }, uniquingKeysWith: { $1 })
    }
    let before = byName(other)
    let after = byName(self)
    return Set(before.keys).union(after.keys).sorted().compactMap { key in
      switch (before[key], after[key]) {
      case (nil, _): "+ \(key)"
      case (_, nil): "- \(key)"
      case (let old, let new): old == new ? nil : "~ \(key)"
      }
    }
  }
}

internal import CanonicalJSON
internal import Digests
package import PolicyIR
internal import SQLite
internal import SQLiteSchema
package import SystemIO

/// Brings a database file to a schema. After a failure the file is as it was before.
package enum DatabaseApply {
  package enum Outcome: Hashable, Sendable {
    case created
    case unchanged
  }

  /// - Parameters:
  ///   - path: the database; made when it is not there.
  ///   - extensions: paths of the shared libraries that the schema's virtual tables need.
  package static func apply(
    schema: Schema, to path: String, extensions: [String]
  ) throws(Failure) -> Outcome {
    let database = try open(path, extensions: extensions)
    let outcome = try locked(database, path) { (database) throws(Failure) in
      switch try DatabaseState.read(database, path: path) {
      case .empty:
        try create(schema, in: database, path)
        return Outcome.created
      case .known(let present) where present == schema:
        try record(schema, replacing: present, in: database, path)
        return .unchanged
      case .known(let present):
        throw Failure(
          "LS110", "the database is at another schema: \(schema.differences(from: present).joined(separator: ", "))",
          path: path)
      case .foreign:
        throw Failure(
          "LS108", "the database was not made by locara", path: path,
          help: "move it away, or take it over with `locara db apply --adopt`")
      case .drifted(let recorded, let live):
        throw Failure(
          "LS109",
          "the database was changed by something else: \(live.differences(from: recorded).joined(separator: ", "))",
          path: path, help: "undo the change, or take it over with `locara db apply --adopt`")
      }
    }
    // The version has to be in the file itself, where the launcher reads it, not only in the log.
    do throws(SQLiteError) {
      _ = try database.query("PRAGMA wal_checkpoint(TRUNCATE)")
    } catch {
      throw .database("write the log back", error, path: path)
    }
    return outcome
  }

  /// Opens for writing, with write-ahead log, foreign keys and the extensions.
  static func open(_ path: String, extensions: [String]) throws(Failure) -> Database {
    do throws(SQLiteError) {
      let database = try Database(.file(path), mode: .create)
      try database.setBusyTimeout(milliseconds: 10_000)
      try database.set(.doubleQuotedStrings, false)
      try database.set(.foreignKeys, true)
      let mode = try database.value("PRAGMA journal_mode=WAL")?.textValue
      guard mode == "wal" else {
        throw SQLiteError(code: 1, message: "the journal mode is \(mode ?? "unknown") and not WAL")
      }
      for path in extensions {
        do throws(SQLiteError) {
          try database.loadExtension(path)
        } catch {
          throw SQLiteError(code: error.code, message: "cannot load the extension \(path): \(error.message)")
        }
      }
      return database
    } catch {
      throw .database("open the database", error, path: path)
    }
  }

  /// Runs `body` in one transaction that holds the write lock from its start.
  private static func locked<Result>(
    _ database: borrowing Database, _ path: String, _ body: (borrowing Database) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    do throws(SQLiteError) {
      try database.execute("BEGIN IMMEDIATE")
    } catch {
      throw .database("lock the database", error, path: path)
    }
    do throws(Failure) {
      let result = try body(database)
      do throws(SQLiteError) {
        try database.execute("COMMIT")
      } catch {
        throw Failure.database("commit", error, path: path)
      }
      return result
    } catch {
      // SQLite may have rolled back by itself; then there is nothing to roll back and the error is of no interest.
      try? database.execute("ROLLBACK")
      throw error
    }
  }

  private static func create(
    _ schema: Schema, in database: borrowing Database, _ path: String
  ) throws(Failure) {
    for object in schema.objects {
      do throws(SQLiteError) {
        try database.execute(object.sql())
      } catch {
        throw .database("create the \(object.kind) `\(object.name)`", error, path: path)
      }
    }
    do throws(SQLiteError) {
      for statement in SchemaScript.reserved { try database.execute(statement) }
    } catch {
      throw .database("create the runtime's tables", error, path: path)
    }
    try record(schema, replacing: nil, in: database, path)
    guard case .known(schema) = try DatabaseState.read(database, path: path) else {
      throw Failure("LS111", "the schema came out other than it was written", path: path)
    }
  }

  /// Writes down that the database is at `schema`.
  private static func record(
    _ schema: Schema, replacing present: Schema?, in database: borrowing Database, _ path: String
  ) throws(Failure) {
    do throws(SQLiteError) {
      if present != schema {
        let insert = try database.prepare("INSERT INTO __locara_schema(digest, schema) VALUES(?, ?)")
        try insert.run([.text(schema.digest.description), .text(schema.json.canonicalText)])
      }
      if try database.value("PRAGMA user_version")?.integerValue != Int64(schema.userVersion) {
        try database.execute("PRAGMA user_version = \(schema.userVersion)")
      }
    } catch {
      throw .database("record the schema", error, path: path)
    }
  }
}

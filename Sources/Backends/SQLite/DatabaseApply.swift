internal import CanonicalJSON
internal import Digests
package import PolicyIR
package import SQLite
internal import SQLiteSchema
package import SystemIO

/// Brings a database file to a schema. After a failure the file is as it was before.
package enum DatabaseApply {
  package enum Outcome: Hashable, Sendable {
    case created
    case unchanged
    /// With the path of the backup, when one was made.
    case migrated(MigrationPlan, backup: String?)
  }

  package struct Options: Sendable {
    /// Take over a database that something else made or changed.
    package var adopts = false
    /// Bytes of the largest database that is backed up.
    package var backupLimit = DatabaseBackup.sizeLimit
    /// Milliseconds to wait for a lock that another program holds.
    package var lockTimeout: Int32 = 10_000
    /// Called before a migration of a database large enough that it may take a second.
    package var estimate: @Sendable (MigrationEstimate) -> Void = { _ in }
    /// Called before each step of a migration with its number, and how many there are: 0 when the backup is made, those
    /// of the plan, then to verify, to record, to commit, and to write the log back into the file.
    package var progress: @Sendable (_ step: Int, _ of: Int) -> Void = { _, _ in }
    /// Called about every ten milliseconds of work, within steps too.
    package var tick: (@Sendable () -> Void)?

    package init() {}
  }

  /// - Parameters:
  ///   - path: the database; made when it is not there.
  ///   - extensions: paths of the shared libraries that the schema's virtual tables need.
  package static func apply(
    schema: Schema, to path: String, extensions: [String], options: Options = Options()
  ) throws(Failure) -> Outcome {
    let database = try open(path, extensions: extensions)
    return try apply(schema: schema, in: database, path: path, options: options)
  }

  /// The same on an open database.
  ///
  /// - Parameter path: the database's file, which errors name and backups stand beside.
  package static func apply(
    schema: Schema, in database: borrowing Database, path: String, options: Options = Options()
  ) throws(Failure) -> Outcome {
    try prepare(database, path, options)
    if let tick = options.tick {
      database.setProgress(every: 100_000) {
        tick()
        return true
      }
    }
    defer { database.setProgress(every: 0, nil) }
    let state = try DatabaseState.read(database, path: path)
    let outcome: Outcome
    switch state {
    case .empty:
      outcome = try locked(database, path, at: state) { (database) throws(Failure) in
        try create(schema, in: database, path)
        return .created
      }
    case .known(let present) where present == schema:
      outcome = try locked(database, path, at: state) { (database) throws(Failure) in
        try record(schema, plan: nil, in: database, path)
        return .unchanged
      }
    case .known(let present):
      outcome = try migrate(from: present, at: state, to: schema, database, path, options)
    case .foreign(let live):
      guard options.adopts else {
        throw Failure(
          "LS108", "the database was not made by locara\(DatabaseApply.difference(schema, from: live))", path: path,
          help: "move it away, or take it over with `locara db apply --adopt`")
      }
      outcome = try migrate(from: live, at: state, to: schema, database, path, options)
    case .drifted(let recorded, let live):
      guard options.adopts else {
        throw Failure(
          "LS109",
          "the database was changed by something else: \(DatabaseApply.list(live.differences(from: recorded)))",
          path: path, help: "undo the change, or take it over with `locara db apply --adopt`")
      }
      outcome = try migrate(from: live, at: state, to: schema, database, path, options)
    }
    if case .migrated(let plan, _) = outcome { options.progress(plan.steps.count + 4, plan.steps.count + 4) }
    // The version has to be in the file itself, where the launcher reads it, not only in the log.
    do throws(SQLiteError) {
      _ = try database.query("PRAGMA wal_checkpoint(TRUNCATE)")
    } catch {
      throw Failure(
        "LS118", "the database is at the schema, but its log could not be written back into it: \(error.message)",
        path: path, help: "make room for the file to grow, then run the command again; keep `\(path)-wal` with it")
    }
    return outcome
  }

  /// Sets what migrations rely on: write-ahead log, and no foreign keys, since what is migrated is checked whole before
  /// it is committed and with them on `DROP TABLE` deletes the rows of children.
  private static func prepare(
    _ database: borrowing Database, _ path: String, _ options: Options
  ) throws(Failure) {
    do throws(SQLiteError) {
      try database.setBusyTimeout(milliseconds: options.lockTimeout)
      try database.set(.doubleQuotedStrings, false)
      try database.set(.foreignKeys, false)
      try database.set(.legacyAlterTable, false)
      try database.set(.trustedSchema, true)
      let mode = try database.value("PRAGMA journal_mode=WAL")?.textValue
      guard mode == "wal" else {
        throw SQLiteError(code: 1, message: "the journal mode is \(mode ?? "unknown") and not WAL")
      }
    } catch {
      throw .database("prepare the database", error, path: path)
    }
  }

  private static func open(_ path: String, extensions: [String]) throws(Failure) -> Database {
    var missing: Failure?
    do throws(SQLiteError) {
      let database = try Database(.file(path), mode: .create)
      for library in extensions {
        do throws(SQLiteError) {
          try database.loadExtension(library)
        } catch {
          missing = Failure(
            "LS110", "the extension cannot be loaded: \(error.message)", path: library,
            help: "name the library of this machine's architecture that the schema was written for")
          break
        }
      }
      if missing == nil { return database }
    } catch {
      throw .database("open the database", error, path: path)
    }
    throw missing ?? Failure("LS110", "the extension cannot be loaded", path: path)
  }

  /// Runs `body` in one transaction that holds the write lock from its start, on a database that is still at `state`.
  private static func locked(
    _ database: borrowing Database, _ path: String, at state: DatabaseState,
    _ body: (borrowing Database) throws(Failure) -> Outcome
  ) throws(Failure) -> Outcome {
    do throws(SQLiteError) {
      try database.execute("BEGIN IMMEDIATE")
    } catch {
      throw .database("lock the database", error, path: path)
    }
    do throws(Failure) {
      guard try DatabaseState.read(database, path: path) == state else {
        throw Failure(
          "LS116", "another program changed the schema at the same time", path: path, help: "run the command again")
      }
      let outcome = try body(database)
      do throws(SQLiteError) {
        try database.execute("COMMIT")
      } catch {
        throw Failure.database("commit", error, path: path)
      }
      return outcome
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
    try createReserved(in: database, path)
    try record(schema, plan: nil, in: database, path)
    guard case .known(schema) = try DatabaseState.read(database, path: path) else {
      throw Failure("LS111", "the schema came out other than it was written", path: path)
    }
  }

  private static func createReserved(in database: borrowing Database, _ path: String) throws(Failure) {
    do throws(SQLiteError) {
      for statement in SchemaScript.reserved { try database.execute(statement) }
    } catch {
      throw .database("create the runtime's tables", error, path: path)
    }
  }

  private static func migrate(
    from present: Schema, at state: DatabaseState, to schema: Schema, _ database: borrowing Database, _ path: String,
    _ options: Options
  ) throws(Failure) -> Outcome {
    let plan = try MigrationPlanner.plan(from: present, to: schema)
    guard plan.blocked.isEmpty else { throw blocked(plan, path) }
    var version: Int64 = 0
    if case .foreign = state {
    } else {
      version = ((try? database.value("SELECT max(version) FROM __locara_schema")) ?? nil)?.integerValue ?? 0
    }
    let count = plan.steps.count + 4
    var backup: String?
    if !plan.isEmpty {
      let size = try DatabaseBackup.size(of: database, path)
      do throws(SQLiteError) {
        let backsUp = size <= options.backupLimit
        if let estimate = try MigrationEstimate.measure(plan, backsUp: backsUp, in: database) {
          options.estimate(estimate)
        }
      } catch {
        throw .database("measure the database", error, path: path)
      }
      options.progress(0, count)
      backup = try DatabaseBackup.make(of: database, at: path, version: version, limit: options.backupLimit)
    }
    return try locked(database, path, at: state) { (database) throws(Failure) in
      if case .foreign = state { try createReserved(in: database, path) }
      do throws(MigrationRunner.Stop) {
        try MigrationRunner.run(plan, to: schema, in: database) { options.progress($0, count) }
      } catch {
        throw failure(error, path)
      }
      options.progress(count - 2, count)
      try record(schema, plan: plan, in: database, path)
      options.progress(count - 1, count)
      return .migrated(plan, backup: backup)
    }
  }

  /// What separates a database from the schema that is wanted, as the end of a sentence.
  private static func difference(_ wanted: Schema, from live: Schema) -> String {
    let lines = wanted.differences(from: live)
    return lines.isEmpty
      ? ", though it has the objects of the schema" : "; to be at the schema it would need: \(list(lines))"
  }

  private static func list(_ lines: [String]) -> String {
    lines.prefix(20).joined(separator: ", ") + (lines.count > 20 ? " and \(lines.count - 20) more" : "")
  }

  private static func blocked(_ plan: MigrationPlan, _ path: String) -> Failure {
    let list = plan.blocked.map(\.text).joined(separator: "; ")
    let approvals = plan.blocked.compactMap(\.approval).map { "`-- locara: allow \($0)`" }
    return Failure(
      "LS113", "the schema cannot be reached without a loss that nobody allowed: \(list)", path: path,
      help: approvals.isEmpty
        ? "change the schema so that it can be reached"
        : "if that is wanted, write \(approvals.joined(separator: " and ")) into the app's schema")
  }

  private static func failure(_ stop: MigrationRunner.Stop, _ path: String) -> Failure {
    switch stop {
    case .refused(let count, let problem):
      Failure(
        "LS114", "\(count) \(problem)", path: path, help: "the database is as it was; mend those rows first")
    case .failed(let step, let error): .database("run `\(step.prefix(200))`", error, path: path)
    case .broken(let problem): Failure("LS117", "the migration was undone: \(problem)", path: path)
    }
  }

  /// Writes down that the database is at `schema`.
  private static func record(
    _ schema: Schema, plan: MigrationPlan?, in database: borrowing Database, _ path: String
  ) throws(Failure) {
    do throws(SQLiteError) {
      let last = try database.value("SELECT digest FROM __locara_schema ORDER BY version DESC LIMIT 1")?.textValue
      if last != schema.digest.description {
        let insert = try database.prepare("INSERT INTO __locara_schema(digest, schema, plan) VALUES(?, ?, ?)")
        try insert.run([
          .text(schema.digest.description), .text(schema.json.canonicalText),
          plan.map { .text($0.digest.description) } ?? .null,
        ])
      }
      if try database.value("PRAGMA user_version")?.integerValue != Int64(schema.userVersion) {
        try database.execute("PRAGMA user_version = \(schema.userVersion)")
      }
    } catch {
      throw .database("record the schema", error, path: path)
    }
  }
}

internal import CanonicalJSON
internal import Digests
package import SQLite
internal import SQLiteSchema
package import Schemas
package import SystemIO

/// Brings a database file to a schema. After a failure the file is as it was before.
package enum DatabaseApply {
  package enum Outcome: Hashable, Sendable {
    case created
    case unchanged
    /// With the path of the backup, when one was made, and what was tried before.
    case migrated(MigrationPlan, backup: String?, proof: PlanProof.Report)
  }

  package struct Options: Sendable {
    /// Take over a database that something else made or changed.
    package var adopts = false
    /// Bytes of the largest database that is backed up.
    package var backupLimit = DatabaseBackup.sizeLimit
    /// Milliseconds to wait for a lock that another program holds.
    package var lockTimeout: Int32 = 10_000
    /// The longest time to prove a plan for, before the database is touched.
    package var proofLimit: Duration = .seconds(1)
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
    let isNew = !Files.exists(path)
    let database = try open(path, extensions: extensions)
    do throws(Failure) {
      return try apply(schema: schema, in: database, path: path, options: options)
    } catch {
      if isNew, case .empty? = try? DatabaseState.read(database, path: path) { removeEmpty(path) }
      throw error
    }
  }

  /// - Throws: when a directory is where a database should be.
  static func expectFile(_ path: String) throws(Failure) {
    guard !Files.isDirectory(path) else {
      throw Failure("LS102", "expected a database, found a directory", path: path, help: "name the file in it")
    }
  }

  /// Removes a file that SQLite made when it was opened, and what stands beside it.
  private static func removeEmpty(_ path: String) {
    for name in [path, "\(path)-wal", "\(path)-shm", "\(path)-journal"] { try? Files.remove(name) }
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
    var outcome = try step(schema, database, path, options)
    // Another program may have come first, perhaps to the same end.
    for _ in 0..<3 where outcome == nil { outcome = try step(schema, database, path, options) }
    guard let outcome else {
      throw Failure(
        "LS116", "another program changed the schema at the same time", path: path, help: "run the command again")
    }
    if case .migrated(let plan, _, _) = outcome { options.progress(plan.steps.count + 4, plan.steps.count + 4) }
    try useLog(database, path)
    try DatabaseBackup.prune(path)
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

  /// - Returns: nil when another program changed the schema meanwhile.
  private static func step(
    _ schema: Schema, _ database: borrowing Database, _ path: String, _ options: Options
  ) throws(Failure) -> Outcome? {
    let state = try DatabaseState.read(database, path: path)
    let outcome: Outcome?
    switch state {
    case .empty:
      try useLog(database, path)
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
    return outcome
  }

  /// Sets what migrations rely on, of this connection alone: no foreign keys, since what is migrated is checked whole
  /// before it is committed and with them on `DROP TABLE` deletes the rows of children.
  private static func prepare(
    _ database: borrowing Database, _ path: String, _ options: Options
  ) throws(Failure) {
    do throws(SQLiteError) {
      try database.setBusyTimeout(milliseconds: options.lockTimeout)
      try database.set(.doubleQuotedStrings, false)
      try database.set(.foreignKeys, false)
      try database.set(.legacyAlterTable, false)
      try database.set(.trustedSchema, true)
    } catch {
      throw .database("prepare the database", error, path: path)
    }
  }

  /// Turns the write-ahead log on. It stands in the file, so a database that is refused must not come here.
  private static func useLog(_ database: borrowing Database, _ path: String) throws(Failure) {
    do throws(SQLiteError) {
      // To its end: a statement that is still at work would keep the log from being written back.
      let mode = try database.query("PRAGMA journal_mode=WAL").first?.first?.textValue
      guard mode == "wal" else {
        throw SQLiteError(code: 1, message: "the journal mode is \(mode ?? "unknown") and not WAL")
      }
      // The first read opens the log. A checkpoint that has to open it says that the database is locked.
      _ = try database.value("SELECT count(*) FROM sqlite_schema")
    } catch {
      throw .database("prepare the database", error, path: path)
    }
  }

  private static func open(_ path: String, extensions: [String]) throws(Failure) -> Database {
    try expectFile(path)
    var missing: Failure?
    do throws(SQLiteError) {
      let isNew = !Files.exists(path)
      let database = try Database(.file(path), mode: .create)
      for library in extensions {
        // SQLite would look for other names, and tell of those.
        guard Files.exists(library) else {
          missing = Failure(
            "LS110", "the extension is not there", path: library, help: "check the path that `--extension` names")
          break
        }
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
      if isNew { removeEmpty(path) }
    } catch {
      throw .database("open the database", error, path: path)
    }
    throw missing ?? Failure("LS110", "the extension cannot be loaded", path: path)
  }

  /// Runs `body`, unless another program changed the schema meanwhile, in one transaction that holds the write lock
  /// from its start, on a database that is still at `state`.
  private static func locked(
    _ database: borrowing Database, _ path: String, at state: DatabaseState,
    _ body: (borrowing Database) throws(Failure) -> Outcome
  ) throws(Failure) -> Outcome? {
    do throws(SQLiteError) {
      try database.execute("BEGIN IMMEDIATE")
    } catch {
      throw .database("lock the database", error, path: path)
    }
    do throws(Failure) {
      guard try DatabaseState.read(database, path: path) == state else {
        try? database.execute("ROLLBACK")
        return nil
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
  ) throws(Failure) -> Outcome? {
    let plan = try MigrationPlanner.plan(from: present, to: schema)
    guard plan.blocked.isEmpty else { throw blocked(plan, path) }
    let proof = try PlanProof.prove(plan, from: present, to: schema, limit: options.proofLimit)
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
      backup = try DatabaseBackup.make(of: database, at: path, limit: options.backupLimit)
    }
    var outcome: Outcome?
    // A backup of a migration that did not happen would push out one that did.
    defer { if outcome == nil, let backup { try? Files.remove(backup) } }
    outcome = try locked(database, path, at: state) { (database) throws(Failure) in
      if case .foreign = state { try createReserved(in: database, path) }
      do throws(MigrationRunner.Stop) {
        try MigrationRunner.run(plan, to: schema, in: database) { options.progress($0, count) }
      } catch {
        throw failure(error, path)
      }
      options.progress(count - 2, count)
      try record(schema, plan: plan, in: database, path)
      options.progress(count - 1, count)
      return .migrated(plan, backup: backup, proof: proof)
    }
    return outcome
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
    // Allowing what can be allowed does not make a refused change possible.
    let isRefused = plan.blocked.contains { $0.kind == .refused }
    let approvals = isRefused ? [] : plan.blocked.compactMap(\.approval).map { "`-- locara: allow \($0)`" }
    return Failure(
      "LS113", "the schema cannot be reached without a loss that nobody allowed: \(list)", path: path,
      help: approvals.isEmpty
        ? "change the schema so that it can be reached; a declared rename that cannot be made has to go from it"
        : "if that is wanted, write \(approvals.joined(separator: " and ")) into the app's schema")
  }

  /// `rows of X have no Y` for one row; names stand in backticks.
  private static func singular(_ problem: String) -> String {
    var words = problem.split(separator: " ", omittingEmptySubsequences: false).map(String.init)
    let forms = ["rows": "row", "groups": "group", "references": "reference", "have": "has", "do": "does"]
    // The first word, and the verb after the first name or without one.
    for index in words.indices.prefix(5) where index == 0 || words[index] == "have" || words[index] == "do" {
      words[index] = forms[words[index]] ?? words[index]
    }
    return words.joined(separator: " ")
  }

  private static func failure(_ stop: MigrationRunner.Stop, _ path: String) -> Failure {
    switch stop {
    case .refused(let count, let problem):
      Failure(
        "LS114", "\(count) \(count == 1 ? singular(problem) : problem)", path: path,
        help: "the database is as it was; mend those rows first")
    case .failed(let step, let error): .database("run `\(step.prefix(200))`", error, path: path)
    case .broken(let problem): Failure("LS117", "the migration was undone: \(problem)", path: path)
    }
  }

  /// Writes down that the database is at `schema`.
  private static func record(
    _ schema: Schema, plan: MigrationPlan?, in database: borrowing Database, _ path: String
  ) throws(Failure) {
    do throws(SQLiteError) {
      let last = try database.query("SELECT digest, schema FROM __locara_schema ORDER BY version DESC LIMIT 1").first
      if last?[0].textValue == schema.digest.description {
        // The declarations may be others.
        if last?[1].textValue != schema.json.canonicalText {
          let update = try database.prepare(
            "UPDATE __locara_schema SET schema = ? WHERE version = (SELECT max(version) FROM __locara_schema)")
          try update.run([.text(schema.json.canonicalText)])
        }
      } else {
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

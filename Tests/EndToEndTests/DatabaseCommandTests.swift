import Foundation
import TestSupport
import Testing

/// A directory with schemas and a database, and `locara db` in it.
struct DatabaseWorld {
  let world = World("db")

  static let start = "CREATE TABLE notes (id INTEGER PRIMARY KEY, body TEXT, size TEXT) STRICT;\n"

  func write(_ text: String, to name: String) { world.directory.write(text, to: name) }

  func db(_ arguments: String...) -> Outcome { world.locara(["db"] + arguments) }

  /// Makes `app.db` at `start`, with rows.
  @discardableResult func database(_ rows: String = "") -> String {
    write(Self.start, to: "start.sql")
    expectSuccess(db("apply", "app.db", "--schema", "start.sql"))
    if !rows.isEmpty { sql(rows) }
    return world.directory("app.db")
  }

  /// Runs SQL in `app.db` by Python's SQLite, and gives the rows of the last statement, one a line.
  @discardableResult func sql(_ statements: String, in file: String = "app.db") -> String {
    let script = """
      import sqlite3, sys
      database = sqlite3.connect(sys.argv[1])
      *first, last = [s for s in sys.argv[2].split(";") if s.strip()]
      for statement in first: database.execute(statement)
      for row in database.execute(last): print(*row)
      database.commit()
      """
    let outcome = world.command(["/usr/bin/python3", "-c", script, file, statements])
    expectSuccess(outcome)
    return outcome.output
  }
}

@Suite struct DatabaseCommandTests {
  /// The numbered migrations, from the first to a change that is pending, a gap and an edit.
  @Test func numberedMigrations() throws {
    let world = DatabaseWorld()
    world.write(DatabaseWorld.start, to: "db/schema.sql")
    #expect(world.db("diff").status == 2)
    let first = world.db("migrate", "start")
    expectSuccess(first)
    #expect(first.output.contains("wrote db/migrations/0001_start.sql"))
    expectSuccess(world.db("check"))
    expectSuccess(world.db("diff"))

    world.write(DatabaseWorld.start + "CREATE INDEX by_size ON notes (size);\n", to: "db/schema.sql")
    let pending = world.db("diff")
    #expect(pending.status == 2)
    #expect(pending.output.contains("safe  create the index `by_size`"), "\(pending)")
    #expect(pending.output.contains("proven on"), "\(pending)")
    #expect(world.db("check").status == 2)
    expectSuccess(world.db("migrate", "index"))
    expectSuccess(world.db("check"))

    // A loss is not written down until it is allowed by name.
    let smaller = "CREATE TABLE notes (id INTEGER PRIMARY KEY, body TEXT) STRICT;\n"
    world.write(smaller, to: "db/schema.sql")
    #expect(world.db("diff").status == 3)
    let blocked = world.db("migrate", "smaller")
    #expect(blocked.status == 3)
    #expect(blocked.output.contains("-- locara: allow drop column notes.size"), "\(blocked)")
    world.write(smaller + "-- locara: allow drop column notes.size\n", to: "db/schema.sql")
    expectSuccess(world.db("migrate", "smaller"))
    expectSuccess(world.db("check"))

    let second = world.world.directory("db/migrations/0002_index.sql")
    let text = try String(contentsOfFile: second, encoding: .utf8)
    world.write(text + "-- edited\n", to: "db/migrations/0002_index.sql")
    expectRefused(world.db("check"), status: 1, codes: ["LS153"], naming: ["0002_index.sql"])
    try FileManager.default.removeItem(atPath: second)
    expectRefused(world.db("check"), status: 1, codes: ["LS151"], naming: ["0002"])
    world.write(text, to: "db/migrations/0002_index.sql")
    expectSuccess(world.db("check"))
    world.write("x", to: "db/migrations/notes.txt")
    expectRefused(world.db("check"), status: 1, codes: ["LS150"], naming: ["notes.txt"])
    try FileManager.default.removeItem(atPath: world.world.directory("db/migrations/notes.txt"))
    try FileManager.default.moveItem(
      atPath: world.world.directory("db/migrations/0001_start.sql"),
      toPath: world.world.directory("db/migrations/+001_start.sql"))
    expectRefused(world.db("check"), status: 1, codes: ["LS150"], naming: ["+001_start.sql"])
  }

  /// The sums, and names.
  @Test func theSumsOfMigrations() throws {
    let world = DatabaseWorld()
    world.write(DatabaseWorld.start, to: "db/schema.sql")
    expectRefused(world.db("migrate", "../../x"), status: 65, codes: ["LS155"])
    expectSuccess(world.db("migrate", "start"))
    expectRefused(world.db("migrate", "../../x"), status: 65, codes: ["LS155"])
    let sums = world.world.directory("db/migrations/migrations.sum")
    let kept = try String(contentsOfFile: sums, encoding: .utf8)
    // A file that `migrate` wrote before it was interrupted.
    world.write("SELECT 1;\n", to: "db/migrations/0002_more.sql")
    expectRefused(world.db("check"), status: 1, codes: ["LS156"], naming: ["0002_more.sql", "remove it"])
    try FileManager.default.removeItem(atPath: world.world.directory("db/migrations/0002_more.sql"))
    try FileManager.default.removeItem(atPath: sums)
    for verb in [["check"], ["diff"], ["migrate", "more"]] {
      expectRefused(
        world.world.locara(["db"] + verb), status: 1, codes: ["LS152"], naming: ["migrations.sum", "history"])
    }
    world.write(kept, to: "db/migrations/migrations.sum")
    expectSuccess(world.db("check"))
    expectRefused(
      world.db("check", "--migrations", "db/schema.sql"), status: 1, codes: ["LS150"], naming: ["directory"])
  }

  /// A backfill happens once: in the database, and in the numbered migrations.
  @Test func aBackfillHappensOnce() {
    let world = DatabaseWorld()
    func schema(_ rest: String) {
      world.write(
        "CREATE TABLE notes (id INTEGER PRIMARY KEY, body TEXT\(rest)) STRICT;\n"
          + (rest.isEmpty ? "" : "-- locara: backfill notes.rank = length(body)\n"), to: "db/schema.sql")
    }
    schema("")
    expectSuccess(world.db("migrate", "start"))
    expectSuccess(world.db("apply", "app.db", "--schema", "db/schema.sql"))
    world.sql("INSERT INTO notes (body) VALUES ('precious'), ('x')")
    schema(", rank INTEGER NOT NULL")
    expectSuccess(world.db("migrate", "rank"))
    expectSuccess(world.db("apply", "app.db", "--schema", "db/schema.sql"))
    #expect(world.sql("SELECT rank FROM notes") == "8\n1\n")
    world.sql("UPDATE notes SET rank = 100 + id")
    schema(", rank INTEGER NOT NULL DEFAULT 5")
    let pending = world.db("diff")
    #expect(pending.output.contains("safe  change the declaration of `notes.rank`"), "\(pending)")
    #expect(!pending.output.contains("backfill"), "\(pending)")
    expectSuccess(world.db("migrate", "default"))
    expectSuccess(world.db("check"))
    let applied = world.db("apply", "app.db", "--schema", "db/schema.sql")
    expectSuccess(applied)
    #expect(applied.output.contains("proven on "), "\(applied)")
    #expect(world.sql("SELECT rank FROM notes") == "101\n102\n")
    // Also when something else changed the database meanwhile.
    world.sql("ALTER TABLE notes ADD COLUMN more TEXT")
    schema(", rank INTEGER NOT NULL DEFAULT 6, more TEXT")
    expectSuccess(world.db("apply", "app.db", "--schema", "db/schema.sql", "--adopt"))
    #expect(world.sql("SELECT rank FROM notes") == "101\n102\n")
  }

  @Test func aDatabaseIsMigratedInspectedAndRestored() {
    let world = DatabaseWorld()
    world.database("INSERT INTO notes (body, size) VALUES ('a', '1'), ('b', NULL)")
    world.write(
      "CREATE TABLE notes (id INTEGER PRIMARY KEY, body TEXT NOT NULL, size INTEGER, rank INTEGER DEFAULT 5) STRICT;\n",
      to: "next.sql")
    let plan = world.db("inspect", "app.db", "--schema", "next.sql")
    #expect(plan.status == 2)
    #expect(plan.output.contains("data-dependent  make `notes.body` NOT NULL"), "\(plan)")
    let applied = world.db("apply", "app.db", "--schema", "next.sql")
    expectSuccess(applied)
    #expect(applied.output.contains("for 30 days: app.db.backup-1"), "\(applied)")
    #expect(world.sql("SELECT body, size, typeof(size), rank FROM notes") == "a 1 integer 5\nb None null 5\n")
    expectSuccess(world.db("inspect", "app.db", "--schema", "next.sql"))
    #expect(world.db("inspect", "app.db").output.contains("backup   app.db.backup-1"))
    // Two applications one after another: the second finds nothing.
    #expect(world.db("apply", "app.db", "--schema", "next.sql").output.contains("at the schema already"))
    expectSuccess(world.db("restore", "app.db"))
    #expect(world.sql("SELECT size, typeof(size) FROM notes WHERE id = 1") == "1 text\n")
    expectSuccess(world.db("inspect", "app.db", "--schema", "start.sql"))
  }

  /// The last two backups are kept, and no longer than 30 days.
  @Test func backupsAreKeptForAWindow() throws {
    let world = DatabaseWorld()
    let path = world.database("INSERT INTO notes (body) VALUES ('a')")
    for number in 1...3 {
      world.write(DatabaseWorld.start + "CREATE INDEX i\(number) ON notes (body);\n", to: "next.sql")
      expectSuccess(world.db("apply", "app.db", "--schema", "next.sql"))
    }
    func backups() throws -> [String] {
      try FileManager.default.contentsOfDirectory(atPath: (path as NSString).deletingLastPathComponent)
        .filter { $0.contains(".backup-") }.sorted()
    }
    #expect(try backups() == ["app.db.backup-2", "app.db.backup-3"])
    try FileManager.default.setAttributes(
      [.modificationDate: Date(timeIntervalSinceNow: -31 * 86_400)], ofItemAtPath: path + ".backup-3")
    world.write(DatabaseWorld.start + "CREATE INDEX i4 ON notes (body);\n", to: "next.sql")
    expectSuccess(world.db("apply", "app.db", "--schema", "next.sql"))
    #expect(try backups() == ["app.db.backup-4"])
    // One that is too large is migrated without.
    world.write(DatabaseWorld.start, to: "next.sql")
    let large = world.db("apply", "app.db", "--schema", "next.sql", "--backup-limit", "100")
    expectSuccess(large)
    #expect(large.output.contains("no backup was made"), "\(large)")
  }

  /// The latest backup is the one that was made last, after an older one was put back too, and what a restore replaces
  /// is kept.
  @Test func theLatestBackupIsTheLastOne() throws {
    let world = DatabaseWorld()
    let path = world.database("INSERT INTO notes (body) VALUES ('a')")
    func migrate(_ number: Int) -> Outcome {
      world.write(DatabaseWorld.start + "CREATE INDEX i\(number) ON notes (body);\n", to: "\(number).sql")
      return world.db("apply", "app.db", "--schema", "\(number).sql")
    }
    expectSuccess(migrate(1))
    try FileManager.default.copyItem(atPath: path + ".backup-1", toPath: world.world.directory("saved.db"))
    for number in 2...3 { expectSuccess(migrate(number)) }
    world.sql("INSERT INTO notes (body) VALUES ('lately')")
    let restored = world.db("restore", "app.db", "--backup", "saved.db")
    expectSuccess(restored)
    #expect(restored.output.contains("kept: app.db.before-restore-1"), "\(restored)")
    #expect(world.sql("SELECT body FROM notes ORDER BY id", in: "app.db.before-restore-1") == "a\nlately\n")
    world.sql("INSERT INTO notes (body) VALUES ('new')")
    let applied = migrate(4)
    expectSuccess(applied)
    #expect(applied.output.contains(": app.db.backup-4"), "\(applied)")
    #expect(world.sql("SELECT body FROM notes ORDER BY id", in: "app.db.backup-4") == "a\nnew\n")
    expectSuccess(world.db("restore", "app.db"))
    #expect(world.sql("SELECT body FROM notes ORDER BY id") == "a\nnew\n")
    // A restore can be undone.
    expectSuccess(world.db("restore", "app.db", "--backup", "app.db.before-restore-1"))
    #expect(world.sql("SELECT body FROM notes ORDER BY id") == "a\nlately\n")
  }

  /// What is no backup does not replace a database.
  @Test func onlyBackupsAreRestored() {
    let world = DatabaseWorld()
    world.database("INSERT INTO notes (body) VALUES ('a')")
    world.write("", to: "empty.bk")
    world.sql("CREATE TABLE theirs (a)", in: "theirs.db")
    for (backup, word) in [("empty.bk", "empty"), ("theirs.db", "did not make"), ("app.db", "itself")] {
      expectRefused(
        world.db("restore", "app.db", "--backup", backup), status: 1, codes: ["LS119"], naming: [backup, word])
    }
    expectRefused(world.db("restore", "app.db", "--backup", "."), status: 1, codes: ["LS102"], naming: ["directory"])
    expectRefused(world.db("inspect", "."), status: 1, codes: ["LS102"], naming: ["directory"])
    #expect(world.sql("SELECT body FROM notes") == "a\n")
    #expect(world.db("inspect", "app.db").output.contains("notes: 1 row\n"))
    #expect(world.db("apply", "app.db", "--schema", "start.sql", "--backup-limit=-1").status == 64)
  }

  /// The schema of a manifest is the schema of its SQL.
  @Test func aManifestIsASchema() {
    let world = DatabaseWorld()
    world.database("INSERT INTO notes (body) VALUES ('a')")
    let identity = "schema: locara/v1\nname: a\npublisher: b\nversion: 1.0.0\nentry: {command: [sh]}\n"
    world.write(
      identity + "storage:\n  tables:\n    notes:\n      columns:\n"
        + "        id: {type: integer, primary-key: true}\n        body: text\n        size: text\n", to: "locara.yaml")
    #expect(world.db("apply", "app.db", "--schema", "locara.yaml").output.contains("at the schema already"))
    world.write(identity + "storage: {tables: {notes: {columns: {id: {type: whole}}}}}\n", to: "locara.yaml")
    let wrong = world.db("apply", "app.db", "--schema", "locara.yaml")
    expectRefused(wrong, status: 65, codes: ["LS010"], naming: ["locara.yaml:6:38"])
    world.write(identity, to: "locara.yaml")
    expectRefused(world.db("apply", "app.db", "--schema", "locara.yaml"), status: 65, codes: ["LS112"])
  }

  /// What takes over a second says how far it is, on standard error, while it prints nothing else.
  @Test func progressIsTold() {
    let world = DatabaseWorld()
    world.database("INSERT INTO notes (body) VALUES ('a')")
    world.write(
      """
      CREATE TABLE notes (id INTEGER PRIMARY KEY, body TEXT, size TEXT, rank INTEGER NOT NULL) STRICT;
      -- locara: backfill notes.rank = (WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 9000000) SELECT count(*) FROM n)
      """, to: "next.sql")
    let outcome = world.db("apply", "app.db", "--schema", "next.sql", "--quiet")
    expectSuccess(outcome)
    #expect(outcome.output == "")
    if outcome.seconds > 1.5 {
      #expect(outcome.errors.contains("migrating app.db: 1 s, "), "\(outcome)")
    }
    #expect(world.sql("SELECT rank FROM notes") == "9000000\n")
  }

  /// WAL, full text, JSON, and foreign keys are what an app finds.
  @Test func theDatabaseIsSetUp() {
    let world = DatabaseWorld()
    world.write(
      """
      CREATE TABLE t (id INTEGER PRIMARY KEY, j TEXT CHECK (json_valid(j))) STRICT;
      CREATE VIRTUAL TABLE words USING fts5(j, content = t, content_rowid = id);
      CREATE TABLE c (t INTEGER REFERENCES t (id)) STRICT;
      """, to: "s.sql")
    expectSuccess(world.db("apply", "app.db", "--schema", "s.sql"))
    #expect(world.sql("PRAGMA journal_mode") == "wal\n")
    #expect(
      world.sql(
        "INSERT INTO t VALUES (1, '{\"a\": [7]}'); INSERT INTO words(words) VALUES ('rebuild');"
          + " SELECT t.j ->> '$.a[0]' FROM t JOIN words ON words.rowid = id WHERE words MATCH 'a'") == "7\n")
    #expect(world.sql("SELECT count(*) FROM __locara_schema") == "1\n")
    #expect(world.sql("SELECT count(*) FROM __locara_settings") == "0\n")
    world.write("CREATE TABLE __LOCARA_schema (a INTEGER) STRICT;\n", to: "reserved.sql")
    expectRefused(world.db("apply", "b.db", "--schema", "reserved.sql"), status: 65, codes: ["LS005"])
  }
}

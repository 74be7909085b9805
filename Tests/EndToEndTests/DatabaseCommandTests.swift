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
    expectRefused(world.db("apply", "app.db", "--schema", "locara.yaml"), status: 1, codes: ["LS112"])
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
      #expect(outcome.errors.contains("migrating app.db: 1 s, step 2 of "), "\(outcome)")
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

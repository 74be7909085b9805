import Foundation
import TestSupport
import Testing

/// Databases and schemas that are wrong: one clear error, and the database as it was.
@Suite struct BadDatabaseTests {
  private static let next =
    "CREATE TABLE notes (id INTEGER PRIMARY KEY, body TEXT, size TEXT, rank INTEGER) STRICT;\n"
    + "CREATE INDEX by_size ON notes (size);\n"

  /// Applies a schema to `app.db`; expects to be refused, and every row to be there afterwards.
  private func expectUntouched(
    _ world: DatabaseWorld, _ schema: String, status: Int32 = 1, codes: [String], naming words: [String] = [],
    sourceLocation: SourceLocation = #_sourceLocation
  ) {
    let before = world.sql("SELECT * FROM notes")
    world.write(schema, to: "next.sql")
    let outcome = world.db("apply", "app.db", "--schema", "next.sql")
    expectRefused(outcome, status: status, codes: codes, naming: words, sourceLocation: sourceLocation)
    #expect(world.sql("SELECT * FROM notes") == before, sourceLocation: sourceLocation)
    expectSuccess(world.db("inspect", "app.db", "--schema", "start.sql"), sourceLocation: sourceLocation)
  }

  @Test func sqlThatDoesNotParse() {
    let world = DatabaseWorld()
    world.database()
    world.write("CREATE TABLE notes (\n  id INTEGER PRIMARY KEY,\n  body TEXT NOT,\n) STRICT;\n", to: "next.sql")
    let outcome = world.db("apply", "app.db", "--schema", "next.sql")
    expectRefused(outcome, status: 65, codes: ["LS004"], naming: ["next.sql:3:"])
    for verb in ["diff", "check"] {
      expectRefused(world.db(verb, "--schema", "next.sql"), status: 65, codes: ["LS004"], naming: ["next.sql:3:"])
    }
    // The same through a manifest, for the file and for the manifest itself.
    let identity = "schema: locara/v1\nname: a\npublisher: b\nversion: 1.0.0\nentry: {command: [sh]}\n"
    world.write(identity + "storage: {schema: next.sql}\n", to: "locara.yaml")
    expectRefused(world.world.locara("check", "locara.yaml"), status: 65, codes: ["LS004"], naming: ["next.sql:3:"])
    world.write(
      identity + "storage:\n  tables:\n    notes:\n      columns:\n        body: {type: text, check: length(body >}\n",
      to: "locara.yaml")
    expectRefused(
      world.world.locara("check", "locara.yaml"), status: 65, codes: ["LM091"], naming: ["locara.yaml:10:41"])
  }

  @Test func anExtensionThatIsNotThere() {
    let world = DatabaseWorld()
    world.database("INSERT INTO notes (body) VALUES ('a')")
    let vectors = DatabaseWorld.start + "CREATE VIRTUAL TABLE v USING vec0(e float[4]);\n"
    expectUntouched(world, vectors, codes: ["LS110"], naming: ["vec0", "--extension"])
    let missing = world.db("apply", "app.db", "--schema", "next.sql", "--extension", "vendor/vec0.so")
    expectRefused(missing, status: 1, codes: ["LS110"], naming: ["vendor/vec0.so"])
    world.write("not a library", to: "broken.so")
    let broken = world.db("apply", "app.db", "--schema", "next.sql", "--extension", "./broken.so")
    expectRefused(broken, status: 1, codes: ["LS110"], naming: ["broken.so"])
    expectSuccess(world.db("inspect", "app.db", "--schema", "start.sql"))
  }

  @Test func aDatabaseThatMatchesNoKnownVersion() {
    let world = DatabaseWorld()
    world.write(Self.next, to: "next.sql")
    world.sql("CREATE TABLE notes (id INTEGER PRIMARY KEY, body TEXT, size TEXT) STRICT", in: "theirs.db")
    world.sql("INSERT INTO notes (body) VALUES ('kept')", in: "theirs.db")
    let foreign = world.db("apply", "theirs.db", "--schema", "next.sql")
    expectRefused(
      foreign, status: 1, codes: ["LS108"], naming: ["~ table notes", "+ index by_size", "--adopt"])
    #expect(world.sql("SELECT count(*) FROM sqlite_schema", in: "theirs.db") == "1\n")
    expectSuccess(world.db("apply", "theirs.db", "--schema", "next.sql", "--adopt"))
    #expect(world.sql("SELECT * FROM notes", in: "theirs.db") == "1 kept None None\n")

    // Changed behind locara's back.
    world.database("INSERT INTO notes (body) VALUES ('a')")
    world.sql("ALTER TABLE notes ADD COLUMN theirs TEXT")
    let drifted = world.db("apply", "app.db", "--schema", "next.sql")
    expectRefused(drifted, status: 1, codes: ["LS109"], naming: ["~ table notes", "--adopt"])
    // Taking it over does not make a loss go unasked.
    let lossy = world.db("apply", "app.db", "--schema", "next.sql", "--adopt")
    expectRefused(lossy, status: 1, codes: ["LS113"], naming: ["allow drop column notes.theirs"])
    world.write(Self.next + "-- locara: allow drop column notes.theirs\n", to: "next.sql")
    expectSuccess(world.db("apply", "app.db", "--schema", "next.sql", "--adopt"))
    #expect(world.sql("SELECT * FROM notes") == "1 a None None\n")
  }

  @Test func aLockedDatabase() {
    let world = DatabaseWorld()
    let path = world.database("INSERT INTO notes (body) VALUES ('a')")
    world.write(Self.next, to: "next.sql")
    let script = """
      import sqlite3, subprocess, sys
      database = sqlite3.connect(sys.argv[1], isolation_level=None)
      database.execute("BEGIN IMMEDIATE")
      sys.exit(subprocess.run(sys.argv[2:]).returncode)
      """
    let outcome = world.world.command(
      ["/usr/bin/python3", "-c", script, path, Locations.locara, "db", "apply", "app.db", "--schema", "next.sql"]
        + ["--wait", "0.1"])
    expectRefused(outcome, status: 1, codes: ["LS101"], naming: ["locked"])
    expectSuccess(world.db("inspect", "app.db", "--schema", "start.sql"))
    expectSuccess(world.db("apply", "app.db", "--schema", "next.sql"))
  }

  /// A script in a mount namespace, where `$disk` is a file system of its own with the database on it.
  private func withDisk(_ world: DatabaseWorld, size: String, _ script: String) -> Outcome {
    let mount = """
      mkdir -p disk && mount -t tmpfs -o size=\(size) none disk && cp app.db disk/app.db || exit 99
      PATH=/usr/bin:/bin

      """
    return world.world.command(
      ["unshare", "--user", "--map-root-user", "--mount", "/bin/bash", "-uc", mount + script],
      environment: ["tool": Locations.locara])
  }

  @Test func aReadOnlyDatabase() {
    let world = DatabaseWorld()
    world.database("INSERT INTO notes (body) VALUES ('a')")
    world.write(Self.next, to: "next.sql")
    let outcome = withDisk(
      world, size: "1m", "mount -o remount,ro disk; \"$tool\" db apply disk/app.db --schema next.sql")
    expectRefused(outcome, status: 1, codes: ["LS104"], naming: ["disk/app.db"])
    let restored = withDisk(
      world, size: "1m",
      "cp app.db disk/app.db.backup-1; mount -o remount,ro disk; \"$tool\" db restore disk/app.db")
    expectRefused(restored, status: 1, naming: ["disk/app.db"])
  }

  /// With every amount of room from too little for the backup to almost enough.
  @Test func aDiskThatIsFullInTheMiddle() throws {
    let world = DatabaseWorld()
    let path = world.database(
      "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20000) "
        + "INSERT INTO notes (body, size) SELECT 'note number ' || i, i FROM n")
    world.sql("PRAGMA wal_checkpoint(TRUNCATE)")
    world.write(
      "CREATE TABLE notes (id INTEGER PRIMARY KEY, rank INTEGER, body TEXT, size INTEGER) STRICT;\n"
        + "CREATE INDEX by_size ON notes (size);\n", to: "next.sql")
    let size = try #require(contents(of: path)).count
    var ends: Set<Int32> = []
    for (extra, options) in [(64, ""), (300, ""), (64, "--backup-limit 0"), (500, "--backup-limit 0"), (9000, "")] {
      let outcome = withDisk(
        world, size: "\(size / 1024 + extra)k",
        """
        "$tool" db apply disk/app.db --schema next.sql --quiet \(options); s=$?
        find disk -name '*.tmp*' -o -name '.*' -type f
        python3 -c 'import sqlite3; d = sqlite3.connect("disk/app.db")
        print(d.execute("PRAGMA integrity_check").fetchone()[0], d.execute("SELECT count(*), sum(size) FROM notes").fetchone())
        '
        "$tool" db inspect disk/app.db --schema start.sql > /dev/null; echo $?
        exit $s
        """)
      ends.insert(outcome.status)
      if outcome.status == 0 {
        #expect(outcome.output == "ok (20000, 200010000)\n2\n", "\(outcome)")
      } else {
        #expect(outcome.status == 1, "\(outcome)")
        #expect(outcome.errors.contains("LS103"), "\(outcome)")
        #expect(outcome.output == "ok (20000, 200010000)\n0\n", "\(outcome)")
      }
      expectNoTrace(outcome)
    }
    #expect(ends == [0, 1], "one size is enough, the others are not")
  }

  /// A limit on the size of files, as the launcher sets one, is an error and no signal.
  @Test func aFileSizeLimit() {
    let world = DatabaseWorld()
    world.database(
      "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20000) "
        + "INSERT INTO notes (body, size) SELECT 'note number ' || i, i FROM n")
    world.write(DatabaseWorld.start + "CREATE INDEX by_body ON notes (body, size);\n", to: "next.sql")
    // The log does not fit, then it does and the database itself does not: the old schema, then the new one.
    for (limit, code, schema) in [(300, "LS103", "start.sql"), (700, "LS118", "next.sql")] {
      let outcome = world.world.command(
        ["/bin/bash", "-c", "ulimit -f \(limit); exec \"$tool\" db apply app.db --schema next.sql --backup-limit 0"],
        environment: ["tool": Locations.locara])
      expectRefused(outcome, status: 1, codes: [code], naming: ["app.db"])
      #expect(world.sql("PRAGMA integrity_check") == "ok\n")
      #expect(world.sql("SELECT count(*) FROM notes") == "20000\n")
      expectSuccess(world.db("inspect", "app.db", "--schema", schema))
    }
    expectSuccess(world.db("apply", "app.db", "--schema", "next.sql"))
  }

  @Test func aCorruptDatabase() throws {
    let world = DatabaseWorld()
    let path = world.database(
      "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 5000) "
        + "INSERT INTO notes (body) SELECT 'note number ' || i FROM n")
    world.sql("PRAGMA wal_checkpoint(TRUNCATE)")
    world.write(Self.next, to: "next.sql")
    let good = try #require(contents(of: path))
    // No database at all, one that ends early, and one with a page of nonsense.
    world.directoryWrite(Array(repeating: 0x41, count: 8192), to: "garbage.db")
    world.directoryWrite(Array(good.prefix(good.count / 2)), to: "short.db")
    var holed = good
    for offset in good.count / 2..<min(good.count, good.count / 2 + 8192) { holed[offset] = 0xA5 }
    world.directoryWrite(holed, to: "holed.db")
    for name in ["garbage.db", "short.db", "holed.db"] {
      let before = contents(of: world.world.directory(name))
      let outcome = world.db("apply", name, "--schema", "next.sql")
      expectRefused(outcome, status: 1, codes: ["LS102"], naming: [name, "locara db restore"])
      let inspected = world.db("inspect", name)
      if name == "garbage.db" {
        expectRefused(inspected, status: 1, codes: ["LS102"])
        #expect(contents(of: world.world.directory(name)) == before)
      }
      // Nothing was written over what may still be saved.
      #expect(contents(of: world.world.directory(name))?.count == before?.count)
      expectNoTrace(inspected)
    }
    // A backup brings it back.
    try FileManager.default.copyItem(atPath: path, toPath: world.world.directory("holed.db.backup-1"))
    expectSuccess(world.db("restore", "holed.db"))
    #expect(world.sql("SELECT count(*) FROM notes", in: "holed.db") == "5000\n")
    expectRefused(world.db("restore", "short.db"), status: 1, codes: ["LS115"])
  }

  @Test func rowsInTheWay() {
    let world = DatabaseWorld()
    world.database("INSERT INTO notes (body, size) VALUES ('a', '1'), (NULL, '2'), (NULL, 'many'), ('d', '007')")
    expectUntouched(
      world, "CREATE TABLE notes (id INTEGER PRIMARY KEY, body TEXT NOT NULL, size TEXT) STRICT;\n", codes: ["LS114"],
      naming: ["2 rows of `notes`", "`body`", "NOT NULL"])
    expectUntouched(
      world, "CREATE TABLE notes (id INTEGER PRIMARY KEY, body TEXT, size INTEGER) STRICT;\n", codes: ["LS114"],
      naming: ["2 rows of `notes`", "`size`", "INTEGER"])
    expectUntouched(
      world, "CREATE TABLE notes (id INTEGER PRIMARY KEY, size TEXT) STRICT;\n", codes: ["LS113"],
      naming: ["allow drop column notes.body"])
  }
}

extension DatabaseWorld {
  func directoryWrite(_ bytes: [UInt8], to name: String) { world.directory.write(bytes, to: name) }
}

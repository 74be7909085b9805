import CanonicalJSON
import Migrations
import SQLite
import Schemas
import Synchronization
import SystemIO
import TestSupport
import Testing

func schema(_ statements: String...) throws -> Schema { Schema(try statements.map { try SchemaParser.parse($0) }) }

@Suite struct DatabaseApplyTests {
  private let directory = TemporaryDirectory("storage")
  private var path: String { directory("app.db") }

  @Test func aDatabaseIsCreatedOnce() throws {
    let schema = try schema(
      "CREATE TABLE notes(id INTEGER PRIMARY KEY, body TEXT NOT NULL) STRICT", "CREATE INDEX i ON notes(body)",
      "CREATE VIRTUAL TABLE words USING fts5(body, content='notes', content_rowid='id')",
      "CREATE TRIGGER g AFTER INSERT ON notes BEGIN INSERT INTO words(rowid, body) VALUES(new.id, new.body); END",
      "CREATE VIEW v AS SELECT body FROM notes")
    #expect(try DatabaseApply.apply(schema: schema, to: path, extensions: []) == .created)
    // The launcher reads the version from the header: 4 bytes, big-endian, at offset 60.
    let header = try Files.read(path, limit: 1 << 24)[60..<64]
    #expect(header.reduce(Int32(0)) { $0 << 8 | Int32($1) } == schema.userVersion)
    #expect(!Files.exists(path + "-wal"))
    #expect(try DatabaseApply.apply(schema: schema, to: path, extensions: []) == .unchanged)

    let database = try Database(.file(path), mode: .readWrite)
    #expect(try database.value("PRAGMA journal_mode") == .text("wal"))
    try database.execute("INSERT INTO notes(body) VALUES('a cat')")
    #expect(try database.value("SELECT count(*) FROM words WHERE words MATCH 'cat'") == .integer(1))
    #expect(try database.value("SELECT count(*) FROM __locara_schema") == .integer(1))
  }

  @Test func strangersAreLeftAlone() throws {
    let wanted = try schema("CREATE TABLE t(a INTEGER) STRICT")
    do {
      let database = try Database(.file(path))
      try database.execute("CREATE TABLE theirs(a)")
    }
    let before = try Files.read(path, limit: 1 << 24)
    defer { #expect(contents(of: path) == before, "not a byte is changed") }
    let failure = #expect(throws: Failure.self) { try DatabaseApply.apply(schema: wanted, to: path, extensions: []) }
    #expect(failure?.code == "LS108")
    let database = try Database(.file(path))
    #expect(try database.query("SELECT name FROM sqlite_schema") == [[.text("theirs")]])
  }

  @Test func changesByOthersAreFound() throws {
    let wanted = try schema("CREATE TABLE t(a INTEGER) STRICT")
    _ = try DatabaseApply.apply(schema: wanted, to: path, extensions: [])
    do {
      let database = try Database(.file(path))
      try database.execute("CREATE INDEX i ON t(a)")
    }
    let failure = #expect(throws: Failure.self) { try DatabaseApply.apply(schema: wanted, to: path, extensions: []) }
    #expect(failure?.code == "LS109")
    #expect(failure?.message.contains("+ index i") == true)
  }

  @Test func aFailedCreationLeavesNothing() throws {
    let wanted = try schema("CREATE TABLE t(a INTEGER) STRICT", "CREATE VIRTUAL TABLE v USING vec0(e float[4])")
    let failure = #expect(throws: Failure.self) { try DatabaseApply.apply(schema: wanted, to: path, extensions: []) }
    #expect(failure?.code == "LS110" && failure?.message.contains("`vec0`") == true)
    #expect(!Files.exists(path), "there was no file before")
    let database = try Database(.file(path))
    #expect(try database.value("SELECT count(*) FROM sqlite_schema") == .integer(0))
    #expect(try database.value("PRAGMA user_version") == .integer(0))
  }

  @Test func wrongFilesAreRefused() throws {
    let wanted = try schema("CREATE TABLE t(a INTEGER) STRICT")
    directory.write(Array(repeating: 0x41, count: 8192), to: "app.db")
    #expect(throws: Failure.self) { try DatabaseApply.apply(schema: wanted, to: path, extensions: []) }
    #expect(try Files.read(path, limit: 1 << 20) == Array(repeating: 0x41, count: 8192))
    #expect(throws: Failure.self) { try DatabaseApply.apply(schema: wanted, to: directory.path, extensions: []) }
    let missing = #expect(throws: Failure.self) {
      try DatabaseApply.apply(schema: wanted, to: directory("b.db"), extensions: [directory("no.so")])
    }
    #expect(missing?.message == "the extension is not there" && missing?.path == directory("no.so"))
    #expect(!Files.exists(directory("b.db")))
  }

  /// Not a byte either when it may be taken over, but rows are in the way.
  @Test func aDatabaseThatCannotBeTakenOverIsAsItWas() throws {
    do {
      let database = try Database(.file(path))
      try database.execute("CREATE TABLE t(a INTEGER)")
      try database.execute("INSERT INTO t VALUES(NULL)")
    }
    let before = try Files.read(path, limit: 1 << 24)
    let wanted = try schema("CREATE TABLE t(a INTEGER NOT NULL)")
    var options = DatabaseApply.Options()
    options.adopts = true
    let failure = #expect(throws: Failure.self) {
      try DatabaseApply.apply(schema: wanted, to: path, extensions: [], options: options)
    }
    #expect(failure?.code == "LS114" && failure?.message.hasPrefix("1 row of `t` has no value") == true)
    #expect(contents(of: path) == before)
    #expect(try DatabaseBackup.list(of: path) == [], "nothing happened that a backup would be of")
  }

  /// A database that lost the record of its schema can be taken over.
  @Test func aLostRecordIsMadeAgain() throws {
    let wanted = try schema("CREATE TABLE t(a INTEGER)")
    _ = try DatabaseApply.apply(schema: wanted, to: path, extensions: [])
    do {
      let database = try Database(.file(path))
      try database.execute("DROP TABLE __locara_schema")
    }
    var options = DatabaseApply.Options()
    options.adopts = true
    _ = try DatabaseApply.apply(schema: wanted, to: path, extensions: [], options: options)
    #expect(try DatabaseApply.apply(schema: wanted, to: path, extensions: []) == .unchanged)
  }

  /// What a full-text table was configured to stays when it is made anew.
  @Test func fullTextTablesKeepTheirConfiguration() throws {
    let first = try schema("CREATE VIRTUAL TABLE w USING fts5(a, b)")
    let second = try schema("CREATE VIRTUAL TABLE w USING fts5(a, b, tokenize = 'porter')")
    _ = try DatabaseApply.apply(schema: first, to: path, extensions: [])
    let database = try Database(.file(path))
    try database.execute("INSERT INTO w(w, rank) VALUES('rank', 'bm25(10.0, 5.0)'), ('automerge', 3)")
    let before = try database.query("SELECT * FROM w_config ORDER BY k")
    _ = try DatabaseApply.apply(schema: second, in: database, path: path)
    #expect(try database.query("SELECT * FROM w_config ORDER BY k") == before)
    #expect(before.count == 3)
  }

  /// Another program that comes first to the same schema is no failure.
  @Test func twoAtOnceBothArrive() throws {
    let first = try schema("CREATE TABLE t(a INTEGER)")
    let second = try schema("CREATE TABLE t(a INTEGER, b INTEGER)")
    _ = try DatabaseApply.apply(schema: first, to: path, extensions: [])
    let path = path
    var options = DatabaseApply.Options()
    options.progress = { step, _ in
      // After the schema was read and before the lock is taken.
      if step == 0 { _ = try? DatabaseApply.apply(schema: second, to: path, extensions: []) }
    }
    #expect(try DatabaseApply.apply(schema: second, to: path, extensions: [], options: options) == .unchanged)
    #expect(try DatabaseBackup.list(of: path).count == 1, "the backup of the one that did it")
  }

  /// A refused rename is not made possible by what else could be allowed.
  @Test func aRefusedRenameIsNotAdvisedAway() throws {
    let first = try schema("CREATE TABLE a(x)", "CREATE TABLE b(x)")
    _ = try DatabaseApply.apply(schema: first, to: path, extensions: [])
    var wanted = try schema("CREATE TABLE b(x)")
    wanted.declarations.renames = [.init(table: SQLName("b"), from: [SQLName("a")])]
    let failure = #expect(throws: Failure.self) { try DatabaseApply.apply(schema: wanted, to: path, extensions: []) }
    #expect(failure?.code == "LS113" && failure?.help?.contains("allow drop") == false)
  }

  /// A large migration says beforehand how much it has to do and about how long that takes; a small one does not.
  @Test func migrationsAreEstimatedAndTick() throws {
    struct Heard { var estimates: [MigrationEstimate] = [], ticks = 0, steps: [Int] = [] }
    let heard = Mutex(Heard())
    var options = DatabaseApply.Options()
    options.estimate = { estimate in heard.withLock { $0.estimates.append(estimate) } }
    options.tick = { heard.withLock { $0.ticks += 1 } }
    options.progress = { step, count in heard.withLock { $0.steps.append(step) } }
    let first = try schema("CREATE TABLE t(id INTEGER PRIMARY KEY, a TEXT) STRICT")
    let second = try schema("CREATE TABLE t(id INTEGER PRIMARY KEY, a TEXT, b TEXT) STRICT", "CREATE INDEX i ON t(a)")
    let third = try schema("CREATE TABLE t(b TEXT, id INTEGER PRIMARY KEY, a TEXT) STRICT", "CREATE INDEX i ON t(a)")
    _ = try DatabaseApply.apply(schema: first, to: path, extensions: [], options: options)
    _ = try DatabaseApply.apply(schema: second, to: path, extensions: [], options: options)
    #expect(heard.withLock { $0.estimates } == [])
    do {
      let database = try Database(.file(path))
      try database.execute(
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 60000) "
          + "INSERT INTO t(a) SELECT hex(randomblob(40)) FROM n")
    }
    heard.withLock { $0 = Heard() }
    let start = ContinuousClock.now
    _ = try DatabaseApply.apply(schema: third, to: path, extensions: [], options: options)
    let took = start.duration(to: .now)
    let result = heard.withLock { $0 }
    let estimate = try #require(result.estimates.first)
    #expect(result.estimates.count == 1)
    // The copy, and the index.
    #expect(estimate.rows == 120_000)
    #expect(estimate.bytes > 10 << 20 && estimate.bytes < 20 << 20)
    // The machine may be busy with one and not with the other.
    #expect(estimate.duration > took / 20 && estimate.duration < took * 20, "\(estimate.duration), took \(took)")
    #expect(result.ticks > 5)
    #expect(result.steps == Array(0...(result.steps.last ?? 0)))
  }

  @Test func theCreationScriptIsGolden() throws {
    let schema = try schema(
      "create table b(id integer primary key autoincrement, a text not null collate nocase default 'x''y', "
        + "c real generated always as (id * 2) stored, unique(a, c desc), check (length(a) > 0)) strict",
      "create table a(k text, n int, primary key(k, n), foreign key(n) references b(id) on delete cascade "
        + "deferrable initially deferred) strict, without rowid",
      "create unique index \"an index\" on b(lower(a) desc, c) where c > 1",
      "create view v(x) as select a from b where a in (select k from a)",
      "create trigger g instead of update of x on v when new.x is not old.x begin "
        + "update b set a = new.x where a = old.x; select case when 1 then 2 end; end",
      "create virtual table f using fts5(a, c unindexed, content=b, content_rowid=id, prefix='2 3')",
      "create virtual table e using vec0(id integer primary key, owner text partition key, v int8[8] "
        + "distance_metric=cosine, w bit[16], size float, +note text, chunk_size=64)")
    expectGolden(SchemaScript.create(schema), "storage/create.sql")
    expectGolden(schema.json.prettyBytes, "storage/schema.json")
  }
}

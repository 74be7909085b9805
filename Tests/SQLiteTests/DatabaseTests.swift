import SQLite
import TestSupport
import Testing

@Suite struct DatabaseTests {
  @Test func valuesComeBackAsTheyWent() throws {
    let database = try Database(.memory)
    let values: [SQLiteValue] = [
      .null, .integer(.min), .integer(.max), .real(0.1), .text(""), .text("é\u{0}x"), .blob([]), .blob([0, 255]),
    ]
    try database.execute("CREATE TABLE t(id INTEGER PRIMARY KEY, v)")
    for value in values { _ = try database.query("INSERT INTO t(v) VALUES(?)", value) }
    #expect(try database.query("SELECT v FROM t ORDER BY id").map { $0[0] } == values)
    #expect(try database.value("SELECT count(*) FROM t") == .integer(Int64(values.count)))
  }

  @Test func anErrorSaysWhere() throws {
    let database = try Database(.memory)
    let error = #expect(throws: SQLiteError.self) {
      try database.execute("SELECT 1;\n SELECT nosuch FROM sqlite_schema")
    }
    #expect(error?.message == "no such column: nosuch")
    #expect(error?.offset == 18)
  }

  @Test func statementsRunOneAfterAnother() throws {
    let database = try Database(.memory)
    try database.execute("CREATE TABLE t(a); -- a comment\nINSERT INTO t VALUES(1);\n;INSERT INTO t VALUES(2)\n")
    #expect(try database.query("SELECT a FROM t") == [[.integer(1)], [.integer(2)]])
  }

  @Test func switchesAreReadBack() throws {
    let database = try Database(.memory)
    try database.set(.doubleQuotedStrings, false)
    #expect(throws: SQLiteError.self) { try database.query("SELECT \"nosuch\"") }
    try database.set(.doubleQuotedStrings, true)
    #expect(try database.value("SELECT \"nosuch\"") == .text("nosuch"))
    // SQLite ignores this switch inside a transaction without a word.
    try database.execute("BEGIN")
    try database.set(.foreignKeys, true)
  }

  @Test func theAuthorizerRefuses() throws {
    let database = try Database(.memory)
    try database.setAuthorizer { $0.code != Database.Action.attach }
    let error = #expect(throws: SQLiteError.self) { try database.execute("ATTACH ':memory:' AS b") }
    #expect(error?.isDenied == true)
    try database.setAuthorizer(nil)
    try database.execute("ATTACH ':memory:' AS b")
  }

  @Test func workIsBounded() throws {
    let database = try Database(.memory)
    var calls = 0
    database.setProgress(every: 1000) {
      calls += 1
      return calls < 10
    }
    let error = #expect(throws: SQLiteError.self) {
      try database.query("WITH RECURSIVE c(x) AS (VALUES(1) UNION ALL SELECT x + 1 FROM c) SELECT count(*) FROM c")
    }
    #expect(error?.isInterrupted == true)
    #expect(calls == 10)
  }

  @Test func aFileThatIsNoDatabaseIsSaidToBeOne() throws {
    let directory = TemporaryDirectory("sqlite")
    directory.write(Array(repeating: 0x41, count: 4096), to: "x.db")
    let database = try Database(.file(directory("x.db")), mode: .readWrite)
    let error = #expect(throws: SQLiteError.self) { try database.query("SELECT * FROM sqlite_schema") }
    #expect(error?.isCorrupt == true)
  }

  @Test func aMissingFileIsNotMadeUnlessAsked() throws {
    let directory = TemporaryDirectory("sqlite")
    let path = directory("x.db")
    #expect(throws: SQLiteError.self) {
      let database = try Database(.file(path), mode: .readWrite)
      _ = try database.query("SELECT 1")
    }
  }
}

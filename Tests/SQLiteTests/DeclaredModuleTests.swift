import SQLite
import Testing

@Suite struct DeclaredModuleTests {
  private func open() throws -> Database {
    let database = try Database(.memory)
    try database.register(
      DeclaredModule(name: "pairs", shadowSuffix: "_rows") { (_, arguments) throws(DeclaredModule.Refusal) in
        guard arguments != "wrong" else { throw DeclaredModule.Refusal("these arguments are wrong") }
        return DeclaredModule.Declaration(columns: ["id", "v"], hidden: ["k"], rowidColumn: 0)
      })
    return database
  }

  @Test func rowsAreKept() throws {
    let database = try open()
    try database.execute("CREATE VIRTUAL TABLE t USING pairs(a)")
    try database.execute("INSERT INTO t(id, v) VALUES(7, 'x'), (3, x'00'); UPDATE t SET v = 'y' WHERE id = 7")
    #expect(
      try database.query("SELECT rowid, id, v FROM t") == [
        [.integer(3), .integer(3), .blob([0])], [.integer(7), .integer(7), .text("y")],
      ])
    try database.execute("DELETE FROM t WHERE id = 3")
    #expect(try database.value("SELECT count(*) FROM t") == .integer(1))
    #expect(throws: SQLiteError.self) { try database.execute("INSERT INTO t(id, v) VALUES(7, 'z')") }
  }

  @Test func transactionsHoldForRowsAndTables() throws {
    let database = try open()
    try database.execute("CREATE VIRTUAL TABLE t USING pairs(a); INSERT INTO t(id, v) VALUES(1, 'x')")
    try database.execute("BEGIN; DELETE FROM t; ROLLBACK")
    #expect(try database.value("SELECT v FROM t") == .text("x"))
    try database.execute("BEGIN; DROP TABLE t; ROLLBACK")
    #expect(try database.value("SELECT v FROM t") == .text("x"))
    try database.execute("DROP TABLE t")
    #expect(try database.value("SELECT count(*) FROM sqlite_schema") == .integer(0))
  }

  @Test func argumentsAreChecked() throws {
    let database = try open()
    let error = #expect(throws: SQLiteError.self) { try database.execute("CREATE VIRTUAL TABLE t USING pairs(wrong)") }
    #expect(error?.message == "these arguments are wrong")
    #expect(try database.value("SELECT count(*) FROM sqlite_schema") == .integer(0))
  }
}

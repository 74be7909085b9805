import Migrations
import PolicyIR
import SystemIO
import TestSupport
import Testing

/// What the generated rows of a proof cover.
@Suite struct PlanProofTests {
  private func empty(_ from: String, _ to: String) throws -> [String] {
    let (from, to) = (try compiled(from), try compiled(to))
    let plan = try MigrationPlanner.plan(from: from, to: to)
    return try PlanProof.prove(plan, from: from, to: to).empty.map(\.text)
  }

  /// Conditions that rows can be found for.
  @Test(arguments: [
    "a INTEGER NOT NULL CHECK (a BETWEEN 1000 AND 1002)", "a INTEGER NOT NULL CHECK (a > 5000)",
    "a TEXT NOT NULL CHECK (a IN ('x', 'y'))", "a TEXT NOT NULL CHECK (length(a) = 36)",
    "a TEXT NOT NULL CHECK (a LIKE 'user-%')", "a TEXT NOT NULL CHECK (a GLOB '[0-9][0-9][0-9]-[0-9]')",
    "a TEXT NOT NULL CHECK (json_valid(a))", "a TEXT NOT NULL CHECK (strftime('%Y-%m-%dT%H:%M:%fZ', a) IS a)",
    "a BLOB NOT NULL CHECK (length(a) = 16)", "a TEXT NOT NULL UNIQUE COLLATE NOCASE",
    "a INTEGER NOT NULL REFERENCES t (id)", "a INTEGER NOT NULL, b INTEGER NOT NULL, CHECK (a < b)",
    "a REAL NOT NULL CHECK (a >= 0.5 AND a <= 0.75)", "a TEXT NOT NULL DEFAULT 'q' CHECK (a || '1' = 'q1')",
    "a INTEGER NOT NULL, b INTEGER AS (a * 2) STORED CHECK (b > 6)",
  ])
  func rowsAreFound(_ columns: String) throws {
    let start = "CREATE TABLE t (id INTEGER PRIMARY KEY, "
    #expect(try empty("\(start)\(columns)) STRICT;", "\(start)\(columns)) STRICT; CREATE INDEX i ON t (a);") == [])
  }

  private static let changedValues = [
    ("v ANY", "UPDATE t SET v = CAST(v AS TEXT) WHERE typeof(v) = 'integer'"),
    ("v ANY", "UPDATE t SET v = CAST(v AS REAL) WHERE typeof(v) = 'integer'"),
    ("v INTEGER", "UPDATE t SET v = v + 1"), ("v TEXT", "UPDATE t SET v = v || ' '"),
  ]

  /// A proof sees what a plan does to values, down to their types, and to columns whose backfill happened already.
  @Test(arguments: changedValues) func changedValuesAreALoss(_ column: String, _ statement: String) throws {
    let table = "CREATE TABLE t (id INTEGER PRIMARY KEY, \(column)) STRICT;"
    let backfill = "\n-- locara: backfill t.v = 1\n"
    for declared in ["", backfill] {
      let (from, to) = (try compiled(table + declared), try compiled(table + "CREATE INDEX i ON t (id);" + declared))
      var plan = try MigrationPlanner.plan(from: from, to: to)
      _ = try PlanProof.prove(plan, from: from, to: to)
      plan.steps.append(.run(statement))
      let failure = #expect(throws: Failure.self) { try PlanProof.prove(plan, from: from, to: to) }
      #expect(
        failure?.code == "LS131" && failure?.message.contains("loses values of `t`") == true,
        "\(String(describing: failure))")
    }
  }

  /// A proof that may take no longer than so says that it did not come to its end.
  @Test func aProofIsBounded() throws {
    let table = "CREATE TABLE t (id INTEGER PRIMARY KEY"
    let (from, to) = (
      try compiled("\(table)) STRICT;"),
      try compiled(
        "\(table), n INTEGER NOT NULL) STRICT;\n-- locara: backfill t.n = (WITH RECURSIVE n(i) AS "
          + "(SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n)\n")
    )
    let plan = try MigrationPlanner.plan(from: from, to: to)
    let report = try PlanProof.prove(plan, from: from, to: to, limit: .milliseconds(200))
    #expect(!report.isComplete && report.trials == 0)
  }

  @Test func whatStaysEmptyIsSaid() throws {
    let never = "CREATE TABLE t (a INTEGER NOT NULL CHECK (a * a = -1)) STRICT; CREATE TABLE u (b TEXT) STRICT;"
    #expect(try empty(never, never + "CREATE INDEX i ON u (b);") == ["t"])
  }

  /// Every table of the corpus whose plan runs gets rows, but for those that a plan may only find empty.
  @Test func theCorpusIsCovered() throws {
    var left: [String] = []
    for example in MigrationCase.all where example.expect.hasSuffix("applied") {
      let tables = try empty(example.from, example.to)
      if !tables.isEmpty { left.append("\(example.testDescription): \(tables.joined(separator: ", "))") }
    }
    expectGolden(Array(left.map { $0 + "\n" }.joined().utf8), "storage/unproven.txt")
  }
}

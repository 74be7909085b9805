import Migrations
import SQLite
import SQLiteSchema
import Schemas
import SystemIO
import TestSupport
import Testing

@Suite struct MigrationTests {
  /// A database at the case's first schema, with its rows.
  private func open(_ path: String, at schema: Schema, rows: String) throws -> Database {
    let database = try Database(.file(path))
    try ScratchDatabase.addVectors(to: database)
    #expect(try DatabaseApply.apply(schema: schema, in: database, path: path) == .created)
    try database.set(.foreignKeys, true)
    try database.execute(rows)
    return database
  }

  /// Runs a case: what came of it, and the plan.
  private func run(_ example: MigrationCase) throws -> (outcome: String, report: String) {
    let directory = TemporaryDirectory("migration")
    let path = directory("app.db")
    let from = try compiled(example.from)
    let to = try compiled(example.to)
    let database = try open(path, at: from, rows: example.rows)
    let before = try dump(database, from)
    let plan = try MigrationPlanner.plan(from: from, to: to)
    var report = "=== \(example.group): \(example.name)\n" + plan.script
    var outcome = plan.gravest.rawValue + " "
    do {
      switch try DatabaseApply.apply(schema: to, in: database, path: path) {
      case .migrated(let applied, let backup, let proof):
        outcome += "applied"
        #expect(applied == plan)
        #expect(proof.trials > 0)
        let copy = try Database(.file(try #require(backup)), mode: .readOnly)
        try ScratchDatabase.addVectors(to: copy)
        #expect(try dump(copy, from) == before, "the backup holds what was there")
        report += try dump(database, to).map { "   \($0)\n" }.joined()
        try checkAfter(database, to, path, plan)
      case .unchanged:
        outcome += "unchanged"
        // The letter case of names may be another.
        #expect(try dump(database, to).map { $0.lowercased() } == before.map { $0.lowercased() })
      case .created: Issue.record("created anew")
      }
      // A plan that applies is one that can be proven without these rows.
      _ = try PlanProof.prove(plan, from: from, to: to)
    } catch let failure as Failure {
      switch failure.code {
      case "LS113": outcome += "blocked"
      case "LS114": outcome += "stopped \(failure.message.prefix { $0.isNumber })"
      default: outcome += "failed"
      }
      report += "   \(failure.message)\n"
      #expect(try dump(database, from) == before, "a migration that stops changes nothing")
      #expect(try database.value("PRAGMA user_version") == .integer(Int64(from.userVersion)))
      #expect(try database.value("SELECT count(*) FROM __locara_schema") == .integer(1))
      if case .success(let live) = try LiveSchema.read(database) { #expect(live == from) }
    }
    return (outcome, report)
  }

  private func checkAfter(
    _ database: borrowing Database, _ schema: Schema, _ path: String, _ plan: MigrationPlan
  ) throws {
    let state = try dump(database, schema)
    if case .success(let live) = try LiveSchema.read(database) { #expect(live == schema) }
    #expect(try DatabaseApply.apply(schema: schema, in: database, path: path) == .unchanged)
    #expect(try dump(database, schema) == state)
    #expect(try database.value("PRAGMA integrity_check") == .text("ok"))
    #expect(try database.query("PRAGMA foreign_key_check") == [])
    let leftovers = try database.value(
      "SELECT count(*) FROM sqlite_schema WHERE name LIKE '\\_\\_locara\\_%' ESCAPE '\\'")
    #expect(leftovers == .integer(2))
    for index in schema.fullTextTables where index.content != FullTextTable.Content.none {
      // Compares the index with its content and fails when they disagree.
      let name = index.name.sql
      try database.execute("INSERT INTO \(name)(\(name), rank) VALUES('integrity-check', 1)")
    }
  }

  @Test(arguments: MigrationCase.all) func aPairEndsAsItSays(_ example: MigrationCase) throws {
    #expect(try run(example).outcome == example.expect)
  }

  @Test func thereAreEnoughPairs() {
    #expect(MigrationCase.all.count >= 120)
    #expect(Set(MigrationCase.all.map(\.testDescription)).count == MigrationCase.all.count)
  }

  @Test(arguments: MigrationCase.groups) func plansAreGolden(_ group: String) throws {
    let reports = try MigrationCase.all.filter { $0.group == group }.map { try run($0).report }
    var text = reports.joined(separator: "\n")
    // A column whose default is the day: this one, or the one that ended meanwhile.
    let clock = try Database(.memory)
    for day in try clock.query("SELECT date('now') UNION SELECT date('now', '-1 day')").compactMap(\.first?.textValue) {
      text = text.replacing("'\(day)'", with: "TODAY")
    }
    expectGolden(Array(text.utf8), "storage/plans/\(group).txt")
  }

  @Test(arguments: MigrationCase.all) func planningIsAFunction(_ example: MigrationCase) throws {
    let from = try compiled(example.from)
    let to = try compiled(example.to)
    let plan = try MigrationPlanner.plan(from: from, to: to)
    #expect(try MigrationPlanner.plan(from: from, to: to).digest == plan.digest)
    #expect(try MigrationPlanner.plan(from: to, to: to).isEmpty)
    // What a bundle carries gives the same plan as the text.
    #expect(try MigrationPlanner.plan(from: Schema(json: from.json), to: Schema(json: to.json)) == plan)
  }

  @Test(arguments: MigrationCase.all) func aChangeIsAboutAnObject(_ example: MigrationCase) throws {
    let from = try compiled(example.from)
    let to = try compiled(example.to)
    let changes = try MigrationPlanner.changes(from: from, to: to)
    #expect(changes.isEmpty == (from == to) || changes.isEmpty && example.expect.hasPrefix("safe"))
    let objects = Set((from.objects + to.objects).map { "\($0.kind) \($0.name.folded)" })
    for change in changes { #expect(objects.contains(change.object.description), "\(change)") }
  }
}

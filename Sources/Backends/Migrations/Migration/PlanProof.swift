internal import SQLite
internal import SQLiteSchema
package import Schemas
package import SystemIO

/// Tries a plan where it can do no harm: a database in memory at the old schema, with generated rows, is brought to the
/// new one, and what has to be there afterwards is looked for.
package enum PlanProof {
  /// What was found out.
  package struct Report: Hashable, Sendable {
    /// Rows that were compared, over all tables and trials.
    package var rows = 0
    /// Trials in which the plan ran to its end.
    package var trials = 0
    /// Tables of the old schema for which no row could be made that the plan then ran on, in the order of names: about
    /// their rows the proof says nothing.
    package var empty: [SQLName] = []
    /// Whether every trial was made; else the time was over first.
    package var isComplete = true
  }

  /// - Parameter limit: how long it may take; nil is without end.
  /// - Throws: `Failure` when the plan does not bring about `to`, or loses what it has no approval to lose.
  package static func prove(
    _ plan: MigrationPlan, from: Schema, to: Schema, seed: UInt64 = 1, limit: Duration? = nil,
    progress: (_ trial: Int, _ of: Int) -> Void = { _, _ in }
  ) throws(Failure) -> Report {
    var report = Report()
    let names = from.tables.map(\.name) + from.fullTextTables.map(\.name) + from.vectorTables.map(\.name)
    report.empty = names.sorted()
    guard plan.blocked.isEmpty else { return report }
    let end = limit.map { ContinuousClock.now + $0 }
    // Rows that the plan's own checks refuse say nothing; with fewer and simpler ones, at last none, it has to run.
    let trials = [(8, true), (8, false), (3, false), (1, false), (0, false)]
    for (index, (rows, hasNulls)) in trials.enumerated() {
      progress(index + 1, trials.count)
      let isProven: Bool
      do throws(SQLiteError) {
        isProven = try run(
          plan, from, to, rows: rows,
          RowGenerator(seed: seed &+ UInt64(index), hasNulls: hasNulls, target: hasNulls ? nil : to), until: end,
          &report)
      } catch {
        if error.isInterrupted {
          report.isComplete = false
          return report
        }
        throw Failure("LS131", "the plan cannot be tried: \(error)")
      }
      guard rows == 0 || !isProven else { continue }
      if rows == 0, !isProven { throw Failure("LS130", "the plan does not run even without rows") }
    }
    return report
  }

  /// A second application finds nothing to do.
  private static func expectNothingLeft(_ database: borrowing Database, _ to: Schema) throws(SQLiteError) {
    switch try LiveSchema.read(database) {
    case .success(let live):
      guard let again = try? MigrationPlanner.plan(from: live, to: to), again.isEmpty, again.changes.isEmpty else {
        throw SQLiteError(code: 1, message: "the plan would run a second time")
      }
    case .failure(let error): throw SQLiteError(code: 1, message: error.problem)
    }
  }

  private static func run(
    _ plan: MigrationPlan, _ from: Schema, _ to: Schema, rows: Int, _ generator: RowGenerator,
    until end: ContinuousClock.Instant?, _ report: inout Report
  ) throws(SQLiteError) -> Bool {
    let database = try ScratchDatabase.open(isGuarded: false, steps: .max)
    if let end { database.setProgress(every: 100) { ContinuousClock.now < end } }
    for object in from.objects { try database.execute(object.sql()) }
    for statement in SchemaScript.reserved { try database.execute(statement) }
    var generator = generator
    try generator.fill(database, with: from, rows: rows)
    let before = try Snapshot(database, from)
    try database.set(.foreignKeys, false)
    try database.execute("BEGIN IMMEDIATE")
    do throws(MigrationRunner.Stop) {
      try MigrationRunner.run(plan, to: to, in: database)
    } catch {
      switch error {
      case .refused: return false
      case .failed(_, let reason) where reason.isConstraint && plan.gravest >= .dataDependent && rows > 0: return false
      case .failed(let step, let reason):
        if reason.isInterrupted { throw reason }
        throw SQLiteError(code: reason.code, message: "\(reason.message), in `\(step.prefix(120))`")
      case .broken(let problem): throw SQLiteError(code: 1, message: problem)
      }
    }
    try database.execute("COMMIT")
    try expectNothingLeft(database, to)
    let after = try Snapshot(database, to)
    report.rows += try before.compare(with: after, by: plan, from, to)
    report.trials += 1
    report.empty.removeAll { before.filled.contains($0) }
    return true
  }
}

extension MigrationPlan.Class: Comparable {
  package static func < (left: Self, right: Self) -> Bool {
    (allCases.firstIndex(of: left) ?? 0) < (allCases.firstIndex(of: right) ?? 0)
  }
}

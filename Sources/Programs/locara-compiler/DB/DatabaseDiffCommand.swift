internal import ArgumentParser
internal import Migrations
internal import Schemas
internal import SystemIO

/// `locara db diff`: what the next migration would be.
struct DatabaseDiffCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "diff", abstract: "Show what changed in the schema since the last migration, by class.",
    discussion: """
      Exit: 0 nothing is pending, 1 failed, 2 changes are pending, 3 they are blocked, 65 a schema that is wrong.

      Examples:
        locara db diff
        locara db diff --schema locara.yaml --sql
      """)

  @OptionGroup var options: SchemaOptions

  @Flag(help: "Print the statements too.")
  var sql = false

  func run() throws {
    let pending = try PendingPlan.read(options)
    let plan = pending.plan
    guard !plan.isEmpty || !plan.changes.isEmpty else { return Console.print("nothing is pending") }
    Console.print(PlanText.write(plan))
    Console.print(pending.proofText)
    if sql { Console.print(plan.script) }
    throw plan.blocked.isEmpty ? Exit.difference : Exit.blocked
  }
}

/// The plan from the last migration to the schema, proven.
struct PendingPlan {
  var plan: MigrationPlan
  /// Of the schema that it leads to.
  var declarations: SchemaDeclarations
  var history: MigrationHistory
  var proof: PlanProof.Report

  static func read(_ options: SchemaOptions) throws -> PendingPlan {
    let to = try SchemaFile.read(options.schema)
    let history = try MigrationHistory(directory: options.migrations)
    let from = try history.replay()
    let plan = try MigrationPlanner.plan(from: from, to: to)
    let line = ProgressLine("proving the plan")
    defer { line.end() }
    let proof = try PlanProof.prove(plan, from: from, to: to) { trial, count in
      line.step("trial \(trial) of \(count)")
    }
    return PendingPlan(plan: plan, declarations: to.declarations, history: history, proof: proof)
  }

  /// What the proof covers, and what it does not.
  var proofText: String {
    guard plan.blocked.isEmpty else { return "not proven: blocked" }
    return PlanText.write(proof)
  }
}

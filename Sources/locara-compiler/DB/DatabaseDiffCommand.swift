internal import ArgumentParser
internal import Backends
internal import PolicyIR
internal import SystemIO

/// `locara db diff`: what the next migration would be.
struct DatabaseDiffCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "diff", abstract: "Show what changed in the schema since the last migration, by class.",
    discussion: "Exit: 0 nothing is pending, 1 failed, 2 changes are pending, 3 they are blocked.")

  @OptionGroup var options: SchemaOptions

  @Flag(help: "Print the statements too.")
  var sql = false

  func run() throws {
    let (plan, _) = try PendingPlan.read(options)
    guard !plan.isEmpty || !plan.changes.isEmpty else { return Console.print("nothing is pending") }
    Console.print(PlanText.write(plan))
    if sql { Console.print(plan.script) }
    throw plan.blocked.isEmpty ? Exit.difference : ExitCode(3)
  }
}

/// The plan from the last migration to the schema, proven.
enum PendingPlan {
  static func read(_ options: SchemaOptions) throws -> (plan: MigrationPlan, history: MigrationHistory) {
    let to = try SchemaFile.read(options.schema)
    let history = try MigrationHistory(directory: options.migrations)
    let from = try history.replay()
    let plan = try MigrationPlanner.plan(from: from, to: to)
    _ = try PlanProof.prove(plan, from: from, to: to)
    return (plan, history)
  }
}

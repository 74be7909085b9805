internal import ArgumentParser
internal import Migrations
internal import SystemIO

/// `locara db migrate NAME`: writes the next numbered migration.
struct DatabaseMigrateCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "migrate", abstract: "Write the next migration, after proving it.",
    discussion: """
      Exit: 0 written, or nothing to write, 1 failed, 3 blocked: a loss that nobody allowed, 65 a name or a schema that \
      is wrong.

      Examples:
        locara db migrate add-rank
        locara db migrate start --schema locara.yaml
      """)

  @Argument(help: "What it is for, in lower-case letters, digits, - and _.")
  var name: String

  @OptionGroup var options: SchemaOptions

  func run() throws {
    try MigrationHistory.check(name: name)
    var pending = try PendingPlan.read(options)
    let plan = pending.plan
    guard !plan.isEmpty || !plan.changes.isEmpty else { return Console.print("nothing is pending") }
    Console.print(PlanText.write(plan))
    Console.print(pending.proofText)
    guard plan.blocked.isEmpty else { throw Exit.blocked }
    Console.print("wrote \(try pending.history.append(plan, declarations: pending.declarations, name: name))")
  }
}

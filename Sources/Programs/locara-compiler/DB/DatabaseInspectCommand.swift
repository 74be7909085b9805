internal import ArgumentParser
internal import Migrations
internal import Schemas
internal import SystemIO

/// `locara db inspect FILE.db`.
struct DatabaseInspectCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "inspect", abstract: "Show at which schema a database is, without changing it.",
    discussion: """
      Exit: 0 shown, 1 failed, 2 with --schema, when the database is at another one, 65 a schema that is wrong.

      Examples:
        locara db inspect notes.db
        locara db inspect notes.db --schema db/schema.sql
      """)

  @Argument(help: "The database file.")
  var database: String

  @Option(
    name: .long, help: "Compare with this schema: SQL, a manifest that declares it, or `schema.json` of a bundle.")
  var schema: String?

  @Flag(help: "Print the schema as SQL.")
  var sql = false

  func run() throws {
    let inspection = try DatabaseInspection.read(database)
    switch inspection.state {
    case .empty: Console.print("state    empty")
    case .known(let schema): Console.print("state    at \(schema.digest)")
    case .foreign: Console.print("state    not made by locara")
    case .drifted(let recorded, let live):
      Console.print("state    changed by something else since it was at \(recorded.digest)")
      for line in live.differences(from: recorded) { Console.print("         \(line)") }
    }
    Console.print("version  \(inspection.version)")
    Console.print("size     \(inspection.bytes) bytes")
    for (index, digest) in inspection.history.enumerated() { Console.print("schema \(index + 1) \(digest)") }
    for (table, count) in inspection.rows {
      Console.print("table    \(table): \(count) \(count == 1 ? "row" : "rows")")
    }
    for backup in try DatabaseBackup.list(of: database) { Console.print("backup   \(backup)") }
    let live = inspection.schema ?? Schema()
    if sql { Console.write(SchemaScript.create(live)) }
    guard let schema else { return }
    let plan = try MigrationPlanner.plan(from: live, to: try SchemaFile.read(schema))
    guard !plan.isEmpty || !plan.changes.isEmpty else { return Console.print("it is at the schema") }
    Console.print(PlanText.write(plan))
    throw Exit.difference
  }
}

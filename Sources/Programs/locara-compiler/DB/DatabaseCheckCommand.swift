internal import ArgumentParser
internal import Migrations
internal import PolicyIR
internal import Schemas
internal import SystemIO

/// `locara db check`: the migrations build the schema.
struct DatabaseCheckCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "check", abstract: "Replay the migrations and compare what they build with the schema.",
    discussion: """
      Exit: 0 the same, 1 a gap, an edit or an error, 2 the schema is ahead of the migrations, 65 a schema that is wrong.

      Examples:
        locara db check
        locara db check --schema locara.yaml --migrations db/migrations
      """)

  @OptionGroup var options: SchemaOptions

  func run() throws {
    let wanted = try SchemaFile.read(options.schema)
    let history = try MigrationHistory(directory: options.migrations)
    let built = try history.replay()
    guard built == wanted else {
      for line in wanted.differences(from: built) { Console.print(line) }
      throw Exit.difference
    }
    let count = history.entries.count
    Console.print("\(count) \(count == 1 ? "migration builds" : "migrations build") the schema \(wanted.digest)")
  }
}

internal import ArgumentParser
internal import Backends
internal import PolicyIR
internal import SystemIO

/// `locara db check`: the migrations build the schema.
struct DatabaseCheckCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "check", abstract: "Replay the migrations and compare what they build with the schema.",
    discussion: "Exit: 0 the same, 1 a gap, an edit or an error, 2 the schema is ahead of the migrations.")

  @OptionGroup var options: SchemaOptions

  func run() throws {
    let wanted = try SchemaFile.read(options.schema)
    let history = try MigrationHistory(directory: options.migrations)
    let built = try history.replay()
    guard built == wanted else {
      for line in wanted.differences(from: built) { Console.print(line) }
      throw Exit.difference
    }
    Console.print("\(history.entries.count) migrations build the schema \(wanted.digest)")
  }
}

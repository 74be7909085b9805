internal import ArgumentParser

struct ModelCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "model", abstract: "Put models into this user's store, and see what is there.",
    subcommands: [ModelImportCommand.self, ModelListCommand.self])
}

internal import ArgumentParser

struct StoreCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "store", abstract: "See, check and clean the bundles that were unpacked for running.",
    subcommands: [StoreListCommand.self, StoreVerifyCommand.self, StoreCollectCommand.self])
}

internal import ArgumentParser

struct CacheCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "cache", abstract: "See and clean what builds need not fetch or make again.",
    subcommands: [CacheShowCommand.self, CacheCollectCommand.self])
}

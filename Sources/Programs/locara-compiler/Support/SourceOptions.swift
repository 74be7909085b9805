internal import ArgumentParser
internal import BundleFormat
internal import ModelSources
internal import ModelStore
internal import SystemIO

/// How the commands that look for models do so.
struct SourceOptions: ParsableArguments {
  @Flag(help: "Ask no network: only the model store, the caches of other tools and the files of this machine.")
  var offline = false

  @Option(
    help: ArgumentHelp(
      "A server of the hub's files that is asked before the hub, without a token; may be repeated.", valueName: "url"))
  var mirror: [String] = []

  /// - Throws: LK026 when an address is wrong.
  func fetcher() throws -> ModelFetcher { try Self.fetcher(offline: offline, mirrors: mirror) }

  /// The same for commands without these options.
  static func fetcher(offline: Bool = false, mirrors: [String] = []) throws -> ModelFetcher {
    var settings = try SourceSettings.ofUser(agent: "locara/\(Version.text)")
    if offline { settings.isOffline = true }
    settings.mirrors = try mirrors.map { try SourceSettings.address($0, of: "--mirror") } + settings.mirrors
    return ModelFetcher(store: try ModelStore.ofUser(), settings: settings, progress: TransferProgress())
  }
}

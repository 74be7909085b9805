internal import ArgumentParser
internal import Builder
internal import SystemIO

/// `locara lock`: writing is what it does when nothing else is said.
struct LockCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "lock", abstract: "Pin the models of a manifest to exact bytes in locara.lock.json.",
    discussion: """
      Entries that fit the manifest are kept as they are; others are looked up at their source: a branch becomes a \
      commit, every file gets its size and SHA-256, weights the facts of their header. Weights of a hub are not \
      downloaded for that. Models of `file:` sources are hashed.

      Exit codes: 0 written or current, 2 not current (--check), 65 a model cannot be locked.

      Examples:
        locara lock locara.yaml
        locara lock locara.yaml --check
        locara lock locara.yaml --update all-minilm-l6-v2
        locara lock locara.yaml --from all-minilm-l6-v2=downloads/minilm
        locara lock diff main
      """,
    subcommands: [LockWriteCommand.self, LockDiffCommand.self], defaultSubcommand: LockWriteCommand.self)
}

struct LockWriteCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "write", abstract: "Pin the models of a manifest; what `locara lock MANIFEST` does.")

  @OptionGroup var options: ManifestOptions
  @OptionGroup var source: SourceOptions

  @Flag(
    name: [.customLong("check"), .customLong("locked")],
    help: "Only say whether the lock is current, entry by entry, asking no network; exit 2 when it is not.")
  var check = false

  @Option(
    help: ArgumentHelp(
      "Look up a model's branch or tag again, although its entry fits; may be repeated.", valueName: "id"))
  var update: [String] = []

  @Option(
    help: ArgumentHelp(
      "Take the files of a model from a directory of this machine.", valueName: "id=directory"))
  var from: [String] = []

  @Option(
    help: ArgumentHelp(
      "Accept files of a model that can run code when they are loaded, such as Python pickles; may be repeated.",
      valueName: "id"))
  var allowPickle: [String] = []

  func validate() throws {
    for pair in from where !pair.contains("=") {
      throw ValidationError(
        "--from takes ID=DIRECTORY, such as --from all-minilm-l6-v2=downloads/minilm; got `\(pair)`")
    }
    if check, !update.isEmpty { throw ValidationError("--update changes the lock, and --check changes nothing") }
  }

  func run() throws {
    var lock = LockOptions()
    for pair in from {
      let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
      lock.directories[parts[0]] = parts[1]
    }
    lock.updates = Set(update)
    lock.pickles = Set(allowPickle)
    lock.isCheck = check
    let locking = try Locking(manifest: options.manifest, options: lock, fetcher: try source.fetcher())
    Console.show(locking.diagnostics, in: locking.sources)
    if locking.hasErrors { throw Exit.badInput }
    if locking.isCurrent {
      Console.print("\(locking.path): current, \(locking.summary)")
    } else if check {
      for reason in locking.stale { Console.note("stale: \(reason)") }
      Console.note("\(locking.path): not current; run `locara lock \(options.manifest)`")
      throw Exit.difference
    } else {
      for change in locking.changes { Console.note(change) }
      try locking.write()
      Console.print("\(locking.path): written, \(locking.summary)")
    }
  }
}

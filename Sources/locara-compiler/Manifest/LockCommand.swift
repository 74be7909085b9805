internal import ArgumentParser
internal import Builder
internal import SystemIO

struct LockCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "lock", abstract: "Pin the models of a manifest to exact bytes in locara.lock.json.",
    discussion: """
      Models whose files are on this machine (`source: file:…`, or in the model store) are hashed; entries that are \
      locked already and still match the manifest are kept. With --check nothing is written: exit 2 when the lock is \
      not current.

      Examples:
        locara lock locara.yaml
        locara lock locara.yaml --check
        locara lock locara.yaml --from all-minilm-l6-v2=downloads/minilm
      """)

  @OptionGroup var options: ManifestOptions

  @Flag(help: "Only say whether the lock is current.")
  var check = false

  @Option(
    help: ArgumentHelp(
      "Take the files of a model from a directory of this machine.", valueName: "id=directory"))
  var from: [String] = []

  func validate() throws {
    for pair in from where !pair.contains("=") {
      throw ValidationError(
        "--from takes ID=DIRECTORY, such as --from all-minilm-l6-v2=downloads/minilm; got `\(pair)`")
    }
  }

  func run() throws {
    var directories: [String: String] = [:]
    for pair in from {
      let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
      directories[parts[0]] = parts[1]
    }
    let locking = try Locking(manifest: options.manifest, directories: directories)
    Console.show(locking.diagnostics, in: locking.sources)
    if locking.hasErrors { throw Exit.badInput }
    if locking.isCurrent {
      Console.print("\(locking.path): current, \(locking.summary)")
    } else if check {
      Console.note("\(locking.path): not current; run `locara lock \(options.manifest)`")
      throw Exit.difference
    } else {
      for change in locking.changes { Console.note("changed: \(change)") }
      try locking.write()
      Console.print("\(locking.path): written, \(locking.summary)")
    }
  }
}

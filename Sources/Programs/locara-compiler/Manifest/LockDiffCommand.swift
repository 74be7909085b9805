internal import ArgumentParser
internal import CanonicalJSON
internal import ModelStore
internal import Review
internal import SystemIO

struct LockDiffCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "diff", abstract: "Say what two lock files have that differs, model by model.",
    discussion: """
      A side is a lock file, a directory that holds one, or a revision of git. Without a second side the one of the \
      current directory is compared, without a first one that of HEAD.

      Exit codes: 0, or 2 with --exit-code when they differ.

      Examples:
        locara lock diff
        locara lock diff main --exit-code
        locara lock diff old/locara.lock.json new/locara.lock.json --format json
      """)

  @Argument(help: "What is compared with.")
  var old = "HEAD"

  @Argument(help: "What is compared.")
  var new = LockFile.name

  @Flag(help: "Exit with 2 when there are differences.")
  var exitCode = false

  @Option(help: "text or json.")
  var format: OutputFormat = .text

  func run() throws {
    let comparison = LockComparison(from: try LockHistory.lock(old), to: try LockHistory.lock(new))
    switch format {
    case .text:
      for change in comparison.changes { Console.print(change.text) }
      if comparison.changes.isEmpty { Console.note("no differences") }
    case .json: Console.write(JSON.object(["changes": .array(comparison.changes.map(\.json))]).prettyBytes)
    }
    if exitCode, !comparison.changes.isEmpty { throw Exit.difference }
  }
}

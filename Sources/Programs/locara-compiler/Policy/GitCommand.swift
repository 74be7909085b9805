internal import ArgumentParser
internal import Review
internal import SystemIO

/// `locara git`: policies in git's own output.
struct GitCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "git", abstract: "Show policies in what git shows.",
    discussion: """
      Examples:
        locara git install
      """,
    subcommands: [GitInstallCommand.self, GitTextconvCommand.self, GitMergeLockCommand.self])
}

struct GitInstallCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "install",
    abstract: "Let `git diff` and `git log -p` show the policy under a manifest, and merge lock files by model.",
    discussion: """
      Sets a diff and a merge driver in this clone's own settings and attributes. No file of the work tree is touched, and nobody \
      else is affected.

      Examples:
        locara git install
        git log -p -- locara.yaml
      """)

  @Option(help: ArgumentHelp("How git is to start locara.", valueName: "program"))
  var program = "locara"

  func run() throws {
    for line in try GitSetup.install(in: ".", program: program) { Console.print(line) }
  }
}

struct GitTextconvCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "textconv", abstract: "Print a manifest with its policy below it; git calls this.")

  @Argument(help: "The manifest.")
  var manifest: String

  func run() throws {
    Console.write(Array(TextConversion.text(of: try Files.read(manifest, limit: 16 << 20)).utf8))
  }
}

struct GitMergeLockCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "merge-lock", abstract: "Merge two versions of locara.lock.json model by model; git calls this.",
    discussion: """
      Writes the result over the second file. Exit codes: 0 merged, 1 models are in conflict and marked.
      """)

  @Argument(help: "The version both come from.")
  var ancestor: String

  @Argument(help: "Our version; replaced by the result.")
  var ours: String

  @Argument(help: "Their version.")
  var theirs: String

  func run() throws {
    let conflicts = try LockHistory.merge(ancestor: ancestor, ours: ours, theirs: theirs)
    if conflicts.isEmpty { return }
    Console.note("both sides changed: \(conflicts.joined(separator: ", ")); take one, or run `locara lock` afterwards")
    throw Exit.operational
  }
}

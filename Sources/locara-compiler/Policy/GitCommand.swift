internal import ArgumentParser
internal import Review
internal import SystemIO

/// `locara git`: policies in git's own output.
struct GitCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "git", abstract: "Show policies in what git shows.",
    subcommands: [GitInstallCommand.self, GitTextconvCommand.self])
}

struct GitInstallCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "install", abstract: "Let `git diff` and `git log -p` show the policy under a manifest.",
    discussion: """
      Sets a diff driver in this clone's own settings and attributes. No file of the work tree is touched, and nobody \
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

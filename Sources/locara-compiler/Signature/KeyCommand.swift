internal import ArgumentParser
internal import Builder
internal import SystemIO

struct KeyCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "key", abstract: "Make keys to sign bundles with.", subcommands: [KeyNewCommand.self])
}

struct KeyNewCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "new", abstract: "Make an Ed25519 key pair: NAME.key to sign with, NAME.pub to give away.",
    discussion: """
      NAME.key is not encrypted; only you may read it. Existing files are never overwritten. Both are PEM, which OpenSSL \
      and cosign read. Prints what signatures call the key.

      Example:
        locara key new -o release
      """)

  @Option(name: .shortAndLong, help: ArgumentHelp("The files' name without its ending.", valueName: "name"))
  var output: String

  func run() throws {
    let files = try KeyFiles.create(named: output)
    Console.print("\(files.signing) \(files.verifying) \(files.identifier)")
  }
}

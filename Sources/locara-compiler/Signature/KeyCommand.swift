internal import ArgumentParser
internal import Builder
internal import BundleFormat
internal import SystemIO

struct KeyCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "key", abstract: "Make keys to sign bundles with, and show them as other tools read them.",
    subcommands: [KeyNewCommand.self, KeyShowCommand.self])
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

struct KeyShowCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "show", abstract: "Print a public key: as PEM, as minisign reads it, or what signatures call it.",
    discussion: """
      Examples:
        locara key show release.pub --format identifier
        locara key show release.pub --format minisign > release.minisign.pub
      """)

  enum Format: String, CaseIterable, ExpressibleByArgument { case pem, minisign, identifier }

  @Argument(help: "The public key, PEM or minisign.", completion: .file(extensions: ["pub"]))
  var key: String

  @Option(help: "How to show it: pem, minisign, identifier.")
  var format = Format.pem

  func run() throws {
    let key = try KeyFiles.publicKey(self.key)
    switch format {
    case .pem: Console.write(Array(key.pem.utf8))
    case .minisign: Console.write(Array(key.minisignText.utf8))
    case .identifier: Console.print(key.identifier)
    }
  }
}

internal import ArgumentParser
internal import Builder
internal import BundleFormat
internal import Signing
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
      Only you may read NAME.key; with --encrypt it is of no use without a passphrase either. Existing files are never \
      overwritten. Both are PEM, which OpenSSL reads. Prints what signatures call the key.

      Examples:
        locara key new -o release
        locara key new -o release --encrypt
      """)

  @Option(name: .shortAndLong, help: ArgumentHelp("The files' name without its ending.", valueName: "name"))
  var output: String

  @Flag(help: "Encrypt NAME.key under a passphrase.")
  var encrypt = false

  @OptionGroup var passphrase: PassphraseOptions

  func validate() throws {
    if passphrase.passphraseFile != nil, !encrypt { throw ValidationError("--passphrase-file goes with --encrypt") }
  }

  func run() throws {
    let words = encrypt ? try passphrase.passphrase(for: "\(output).key", isNew: true) : nil
    let files = try KeyFiles.create(named: output, passphrase: words)
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

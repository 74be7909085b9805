internal import ArgumentParser
internal import Builder
internal import BundleFormat
internal import CanonicalJSON
internal import Digests
internal import Signing
internal import SystemIO
internal import Trust

struct TrustCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "trust", abstract: "Say whose bundles you accept, and revoke keys and bundles.",
    discussion: """
      A trust file says which keys may sign for a publisher, how many of them must, until when, and who may revoke:

        publishers:
          acme:
            keys: [acme.pub, backup.pub]
            threshold: 2
            expires: 2027-12-31
            minimum-versions: {notes: 1.4.0}
        revocations:
          keys: [root.pub]
          list: revocations.dsse.json

      It is ~/.config/locara/trust.yaml unless a command is told otherwise. Files are named from where it is.

      Examples:
        locara trust show trust.yaml
        locara trust revoke --key old.pub --sign root.key -o revocations.dsse.json
      """,
    subcommands: [TrustShowCommand.self, TrustRevokeCommand.self])
}

struct TrustShowCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "show", abstract: "Check a trust file and print what it says.",
    discussion: """
      Exits 65 when it is not understood to its last word.

      Example:
        locara trust show trust.yaml
      """)

  enum Format: String, CaseIterable, ExpressibleByArgument { case text, json }

  @Argument(help: "The trust file; ~/.config/locara/trust.yaml by default.", completion: .file(extensions: ["yaml"]))
  var file: String?

  @Option(help: "How to show it: text, json.")
  var format = Format.text

  func run() throws {
    guard let path = file ?? TrustPolicy.userPath else { throw ValidationError("name the trust file") }
    let policy = try TrustPolicy(reading: path)
    switch format {
    case .text:
      for publisher in policy.publishers {
        let until = publisher.expires.map { ", until \($0)" } ?? ""
        Console.print("\(publisher.name): \(publisher.threshold) of \(publisher.keys.count) keys\(until)")
        for key in publisher.keys { Console.print("  \(key.identifier)") }
        for (app, version) in publisher.minimums.sorted(by: { $0.key < $1.key }) {
          Console.print("  \(app) from version \(version)")
        }
      }
      guard let revocations = policy.revocations else { return }
      Console.print("revocations: \(revocations.threshold) of \(revocations.keys.count) keys")
      for key in revocations.keys { Console.print("  \(key.identifier)") }
    case .json: Console.write(policy.json.prettyBytes)
    }
  }
}

struct TrustRevokeCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "revoke", abstract: "Write the next revocation list, signed.",
    discussion: """
      Takes over what the list in the output file revokes, adds to it, and counts its number up. A list ends some days \
      after it was made, so that whoever is kept from newer ones notices; make one in time, also when nothing is new. \
      When several must sign, the others run the same command with --cosign.

      Examples:
        locara trust revoke --key old.pub --sign root.key -o revocations.dsse.json
        locara trust revoke --bundle notes.locapp --sign root.key --days 30 -o revocations.dsse.json
        locara trust revoke --cosign --sign second-root.key -o revocations.dsse.json
      """)

  @Option(help: ArgumentHelp("A public key, or its identifier; may be repeated.", valueName: "key"))
  var key: [String] = []
  @Option(help: ArgumentHelp("A bundle, or its digest; may be repeated.", valueName: "bundle"))
  var bundle: [String] = []
  @Option(help: ArgumentHelp("The private key to sign the list with.", valueName: "file"))
  var sign: String
  @Option(help: ArgumentHelp("For how many days the list is good.", valueName: "number"))
  var days = 90
  @Flag(help: "Only add a signature to the list that is there.")
  var cosign = false
  @Option(name: .shortAndLong, help: ArgumentHelp("The list.", valueName: "file"))
  var output: String
  @OptionGroup var passphrase: PassphraseOptions

  func validate() throws {
    if !(1...3650).contains(days) { throw ValidationError("--days is 1 to 3650") }
    if cosign, !key.isEmpty || !bundle.isEmpty { throw ValidationError("--cosign changes nothing but the signatures") }
  }

  func run() throws {
    var keys: [String] = []
    for text in key {
      if Digest(hexadecimal: text) != nil {
        keys.append(text)
      } else {
        keys.append(try KeyFiles.publicKey(text).identifier)
      }
    }
    var bundles: [Digest] = []
    for text in bundle {
      if let digest = Digest(text) { bundles.append(digest) } else { bundles.append(try Bundle.open(text).digest) }
    }
    let list = try Revoking.write(
      output, keys: keys, bundles: bundles, expires: Day.fromNow(days: days), onlySign: cosign,
      with: try KeyFiles.signingKey(sign) { () throws(Failure) in try passphrase.passphrase(for: sign) })
    Console.print(
      "\(output) number \(list.serial), until \(list.expires): \(list.keys.count) keys, \(list.bundles.count) bundles")
  }
}

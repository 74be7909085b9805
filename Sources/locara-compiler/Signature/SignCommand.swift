internal import ArgumentParser
internal import Builder
internal import SystemIO

struct SignCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "sign", abstract: "Sign a bundle: write its provenance and your signature beside it.",
    discussion: """
      The bundle is verified first and not changed. The signature is a DSSE envelope around an in-toto statement with \
      SLSA provenance. In a file that others signed already, yours is added.

      Examples:
        locara sign notes.locapp --key release.key
        locara sign notes.locapp --key second.key
      """)

  @Argument(help: "The bundle, a `.locapp` file.", completion: .file(extensions: ["locapp"]))
  var bundle: String

  @Option(help: ArgumentHelp("The private key.", valueName: "file"), completion: .file(extensions: ["key"]))
  var key: String

  @Option(
    name: .shortAndLong,
    help: ArgumentHelp("The signature; `BUNDLE.dsse.json` by default.", valueName: "file"), completion: .file())
  var output: String?

  func run() throws {
    let path = output ?? BundleSignature.path(beside: bundle)
    let signed = try BundleSignature.sign(bundle: bundle, with: try KeyFiles.signingKey(key), to: path)
    Console.print(
      "\(path) \(signed.digest) \(signed.signatures == 1 ? "1 signature" : "\(signed.signatures) signatures")")
  }
}

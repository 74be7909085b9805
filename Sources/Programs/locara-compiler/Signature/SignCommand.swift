internal import ArgumentParser
internal import Builder
internal import SystemIO

extension BundleSignature.Form: ExpressibleByArgument {}

struct SignCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "sign", abstract: "Sign a bundle: write its provenance and your signature beside it.",
    discussion: """
      The bundle is verified first and not changed, so its digest stays. Three forms:

        dsse      BUNDLE.dsse.json: an envelope around an in-toto statement with SLSA provenance. In a file that others \
      signed already, yours is added.
        sigstore  BUNDLE.sigstore.json: the same with your signature alone, as cosign reads it.
        minisign  BUNDLE.minisig: over the file's bytes, as `minisign -V` reads it; the key for it: `locara key show`.

      Examples:
        locara sign notes.locapp --key release.key
        locara sign notes.locapp --key second.key
        locara sign notes.locapp --key release.key --form minisign
      """)

  @Argument(help: "The bundle, a `.locapp` file.", completion: .file(extensions: ["locapp"]))
  var bundle: String

  @Option(help: ArgumentHelp("The private key.", valueName: "file"), completion: .file(extensions: ["key"]))
  var key: String

  @Option(help: "The form: dsse, sigstore, minisign.")
  var form = BundleSignature.Form.dsse

  @Option(
    name: .shortAndLong,
    help: ArgumentHelp("The signature; by default beside the bundle.", valueName: "file"), completion: .file())
  var output: String?

  @OptionGroup var passphrase: PassphraseOptions

  func run() throws {
    let path = output ?? BundleSignature.path(beside: bundle, form: form)
    let signer = try KeyFiles.signingKey(key) { () throws(Failure) in try passphrase.passphrase(for: key) }
    let signed = try BundleSignature.sign(bundle: bundle, with: signer, form: form, to: path)
    Console.print(
      "\(path) \(signed.digest) \(signed.signatures == 1 ? "1 signature" : "\(signed.signatures) signatures")")
  }
}

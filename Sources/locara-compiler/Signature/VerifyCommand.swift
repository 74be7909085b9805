internal import ArgumentParser
internal import Builder
internal import BundleFormat
internal import Digests
internal import SystemIO

struct VerifyCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "verify", abstract: "Check every byte of a bundle, and who signed it.",
    discussion: """
      Needs no network. Exits 0 only when all digests are right and enough of the keys signed this very bundle; \
      65 when not.

      With --rebuild the bundle is built again from what it says of itself: its manifest, its lock, the sources and \
      inputs of its build. Exits 2 when the result is another bundle, and names the first file and byte.

      Examples:
        locara verify notes.locapp --key release.pub
        locara verify notes.locapp --rebuild
        locara verify notes.locapp --key first.pub --key second.pub --threshold 2
      """)

  @Argument(help: "The bundle, a `.locapp` file.", completion: .file(extensions: ["locapp"]))
  var bundle: String

  @Option(
    help: ArgumentHelp("A public key that you trust; may be repeated.", valueName: "file"),
    completion: .file(extensions: ["pub"]))
  var key: [String] = []

  @Option(help: ArgumentHelp("How many of the keys must have signed.", valueName: "number"))
  var threshold = 1

  @Option(
    help: ArgumentHelp("The signature; `BUNDLE.dsse.json` by default.", valueName: "file"), completion: .file())
  var signature: String?

  @Flag(help: "Build the bundle again from what it says of itself, and compare.")
  var rebuild = false

  @OptionGroup var steps: StepOptions

  func validate() throws {
    if key.isEmpty, !rebuild { throw ValidationError("give a public key with --key, or --rebuild") }
    if threshold < 1 { throw ValidationError("--threshold is at least 1") }
  }

  func run() throws {
    if !key.isEmpty { try verifySignature() }
    if rebuild { try verifyBuild() }
  }

  private func verifyBuild() throws {
    let outcome = try Rebuild.run(bundle: bundle, steps.options) { Console.note($0) }
    guard let difference = outcome.difference else {
      Console.print("\(outcome.identifier) \(outcome.digest)")
      return Console.print("  built again from what it says, with the same bytes")
    }
    Console.note("built again, it is another bundle, \(outcome.rebuilt)")
    Console.note("first difference: \(difference)")
    throw Exit.difference
  }

  private func verifySignature() throws {
    var keys: [PublicKey] = []
    for path in key { keys.append(try KeyFiles.publicKey(path)) }
    let verified = try BundleSignature.verify(
      bundle: bundle, keys: keys, threshold: threshold,
      signature: signature ?? BundleSignature.path(beside: bundle))
    Console.print("\(verified.identifier) \(verified.digest)")
    for signer in verified.signers {
      let path = zip(key, keys).first { $0.1 == signer }?.0 ?? ""
      Console.print("  signed by \(path) \(signer.identifier)")
    }
  }
}

internal import ArgumentParser
internal import Builder
internal import BundleFormat
internal import Digests
internal import Signing
internal import SystemIO
internal import Trust

struct VerifyCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "verify", abstract: "Check every byte of a bundle, and who signed it.",
    discussion: """
      Needs no network. Exits 0 only when all digests are right and enough of the keys signed this very bundle; \
      65 when not.

      With --key you say which keys must have signed. Without it a trust file says so for each publisher, by default \
      ~/.config/locara/trust.yaml; it also brings revocations, and versions cannot go back: `locara trust --help`.

      With --rebuild the bundle is built again from what it says of itself: its manifest, its lock, the sources and \
      inputs of its build. Exits 2 when the result is another bundle, and names the first file and byte.

      Examples:
        locara verify notes.locapp --key release.pub
        locara verify notes.locapp --rebuild
        locara verify notes.locapp --key first.pub --key second.pub --threshold 2
        locara verify notes.locapp --trust trust.yaml
      """)

  @Argument(help: "The bundle, a `.locapp` file.", completion: .file(extensions: ["locapp"]))
  var bundle: String

  @Option(
    help: ArgumentHelp("A public key that you trust, PEM or minisign; may be repeated.", valueName: "file"),
    completion: .file(extensions: ["pub"]))
  var key: [String] = []

  @Option(help: ArgumentHelp("How many of the keys must have signed; 1 by default.", valueName: "number"))
  var threshold: Int?

  @Option(
    help: ArgumentHelp("A signature; may be repeated. By default those beside the bundle.", valueName: "file"),
    completion: .file())
  var signature: [String] = []

  @Option(help: ArgumentHelp("The trust file.", valueName: "file"), completion: .file(extensions: ["yaml"]))
  var trust: String?

  @Option(help: ArgumentHelp("A revocation list to look at as well.", valueName: "file"), completion: .file())
  var revocations: String?

  @Flag(help: "Accept an older version than was accepted before.")
  var allowDowngrade = false

  @Flag(help: "Build the bundle again from what it says of itself, and compare.")
  var rebuild = false

  @OptionGroup var steps: StepOptions

  func validate() throws {
    if let threshold, threshold < 1 { throw ValidationError("--threshold is at least 1") }
    if !key.isEmpty, trust != nil || revocations != nil || allowDowngrade {
      throw ValidationError(
        "--key says whom to trust by itself; leave out --trust, --revocations and --allow-downgrade")
    }
    if key.isEmpty, threshold != nil { throw ValidationError("--threshold goes with --key") }
    if key.isEmpty, trust == nil, !rebuild, !(TrustPolicy.userPath.map { Files.exists($0) } ?? false) {
      throw ValidationError(
        "whom do you trust? name a key with --key, or a trust file with --trust; --rebuild needs neither")
    }
  }

  func run() throws {
    if !rebuild || !key.isEmpty || trust != nil { try verifySignatures() }
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

  private func verifySignatures() throws {
    let files = signature.isEmpty ? BundleSignature.paths(beside: bundle) : signature
    if key.isEmpty { return try verifyByTrustFile(files) }
    var keys: [PublicKey] = []
    for path in key { keys.append(try KeyFiles.publicKey(path)) }
    let verified = try BundleSignature.verify(
      bundle: bundle, keys: keys, threshold: threshold ?? 1, signatures: files)
    Console.print("\(verified.identifier) \(verified.digest)")
    for signer in verified.signers {
      let path = zip(key, keys).first { $0.1 == signer }?.0 ?? ""
      Console.print("  signed by \(path) \(signer.identifier)")
    }
  }

  private func verifyByTrustFile(_ files: [String]) throws(Failure) {
    var signatures: [(bytes: [UInt8], path: String)] = []
    for file in files { signatures.append((try BundleSignature.bytes(of: file), file)) }
    let policy = try TrustPolicy(reading: trust ?? TrustPolicy.userPath ?? "")
    let verdict = try TrustDecision(policy: policy, state: .ofUser(), today: Day.fromNow())
      .decide(
        try Bundle.open(bundle), signatures: signatures, revocations: revocations, allowDowngrade: allowDowngrade)
    for note in verdict.notes { Console.note("note: \(note)") }
    Console.print("\(verdict.identifier) \(verdict.digest)")
    for signer in verdict.signers { Console.print("  signed by \(signer.identifier)") }
    if let serial = verdict.revocationSerial { Console.print("  not revoked by list \(serial)") }
  }
}

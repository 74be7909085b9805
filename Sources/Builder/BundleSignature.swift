package import BundleFormat
internal import CanonicalJSON
internal import Compiler
internal import Diagnostics
package import Digests
internal import ModelStore
internal import PolicyIR
internal import SandboxPlan
package import SystemIO

/// The signature beside a bundle: a DSSE envelope with SLSA provenance, `spec/bundle.md`.
package enum BundleSignature {
  /// The most signatures that an envelope is read with.
  private static let mostSignatures = 64
  /// Bytes that an envelope may have at the most.
  private static let limit = 8 << 20
  /// Who built, when the one who signs says nothing else.
  package static let localBuilder = "https://locara.dev/builder/local"

  /// Where the signature of a bundle is unless somebody says otherwise.
  package static func path(beside bundle: String) -> String { "\(bundle).dsse.json" }

  /// Verifies the bundle and signs its provenance; signatures of others that are in the file stay.
  ///
  /// - Parameter builder: who built, a URI.
  /// - Returns: the bundle's digest, and how many signatures the file has now.
  /// - Throws: as `Bundle.open`; LB024 when the file there is about something else, LB026 when it is full.
  package static func sign(
    bundle path: String, with key: SigningKey, builder: String = localBuilder, to signaturePath: String
  ) throws(Failure) -> (digest: Digest, signatures: Int) {
    let bundle = try Bundle.open(path)
    var envelope = Envelope(payload: try provenance(of: bundle, builder: builder).statement.bytes)
    if Files.exists(signaturePath) {
      let existing = try Envelope(parsing: try Files.read(signaturePath, limit: limit), path: signaturePath)
      guard existing.isAboutTheSame(as: envelope) else {
        throw Failure(
          "LB024", "the file holds a signature of something else than this bundle's provenance", path: signaturePath,
          help: "write to another file with -o, or remove this one")
      }
      envelope = existing
    }
    try envelope.sign(with: key)
    guard envelope.signatures.count <= mostSignatures else {
      throw Failure(
        "LB026", "a signature file holds at most \(mostSignatures) signatures", path: signaturePath,
        help: "write to another file with -o")
    }
    try Files.replace(signaturePath, with: envelope.bytes)
    return (bundle.digest, envelope.signatures.count)
  }

  /// A bundle whose every byte was verified, and the keys that signed its provenance.
  package struct Verified: Sendable {
    package let digest: Digest
    /// `publisher/name@version`
    package let identifier: String
    /// In the order given.
    package let signers: [PublicKey]
  }

  /// Verifies every digest of the bundle, then its signature. Needs no network.
  ///
  /// - Throws: as `Bundle.open`; LB022 not signed by enough of `keys`, LB023 malformed, LB024 about another bundle.
  package static func verify(
    bundle path: String, keys: [PublicKey], threshold: Int, signature signaturePath: String
  ) throws(Failure) -> Verified {
    let bundle = try Bundle.open(path)
    guard Files.exists(signaturePath) else {
      throw Failure(
        "LB022", "the bundle has no signature: there is no such file", path: signaturePath,
        help: "get it from where the bundle came from, or say where it is with --signature")
    }
    let envelope = try Envelope(parsing: try Files.read(signaturePath, limit: limit), path: signaturePath)
    let statement = try bundle.verify(envelope, keys: keys, threshold: threshold, envelopePath: signaturePath)
    // A trusted key may have signed other things about the same bundle, such as that it is vulnerable.
    guard statement.predicateType == Provenance.predicateType else {
      throw Failure(
        "LB023", "what is signed is no SLSA provenance but \(statement.predicateType)", path: signaturePath,
        help: "get the signature that was made with `locara sign`")
    }
    var signers: [PublicKey] = []
    for key in keys where !signers.contains(key) {
      if (try? envelope.verified(by: [key], path: signaturePath)) != nil { signers.append(key) }
    }
    return Verified(digest: bundle.digest, identifier: bundle.configuration.identifier, signers: signers)
  }

  /// What the bundle records of its own making: the manifest, the lock, the sources of the build, every input by its
  /// hash, and every model file that the lock pins.
  private static func provenance(of bundle: Bundle, builder: String) throws(Failure) -> Provenance {
    let configuration = bundle.configuration
    var dependencies: [Provenance.Dependency] = []
    for kind in [LayerKind.manifest, .lock, .sources] {
      guard let layer = bundle.facts(of: kind) else { continue }
      dependencies.append(.init(uri: "file:\(kind.title)", digest: layer.digest, name: kind.title))
    }
    if let lock = bundle.contents(of: .lock) {
      for model in try LockFile(parsing: lock, path: bundle.path).models {
        let uri = model.source.isEmpty ? "model:\(model.id)" : model.source
        dependencies += model.files.map { .init(uri: uri, digest: $0.digest, name: "\(model.id)/\($0.path)") }
      }
    }
    if let manifest = bundle.contents(of: .manifest) {
      let build = parseManifest(Source(path: LayerKind.manifest.title, bytes: manifest)).0?.build
      for input in build?.inputs ?? [] {
        guard let digest = Digest(hexadecimal: input.sha256.value) else { continue }
        dependencies.append(.init(uri: input.url.value, digest: digest, name: input.path.value))
      }
    }
    let compiler = configuration.compiler
    return Provenance(
      subject: bundle.subject, builder: builder,
      compilerVersion: compiler.hasPrefix("locara ") ? String(compiler.dropFirst(7)) : compiler,
      parameters: [
        "app": .string(configuration.identifier),
        "architectures": .array(configuration.architectures.map { .string($0.rawValue) }),
      ],
      dependencies: dependencies)
  }
}

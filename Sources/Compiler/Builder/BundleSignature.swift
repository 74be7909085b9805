internal import BundleFormat
internal import CanonicalJSON
internal import Diagnostics
package import Digests
internal import Manifest
internal import ModelStore
internal import PolicyIR
internal import SandboxPlan
package import Signing
package import SystemIO

/// The signatures beside a bundle, `spec/bundle.md`.
package enum BundleSignature {
  /// In which form a signature is written.
  package enum Form: String, CaseIterable, Sendable {
    /// A DSSE envelope with SLSA provenance; others can add their signatures.
    case dsse
    /// The same with one signature, as a sigstore bundle.
    case sigstore
    /// Over the file's bytes, for minisign.
    case minisign

    /// What follows the bundle's name in the signature's.
    var suffix: String {
      switch self {
      case .dsse: ".dsse.json"
      case .sigstore: ".sigstore.json"
      case .minisign: ".minisig"
      }
    }
  }

  /// The most signatures that an envelope is read with.
  private static let mostSignatures = 64
  /// Bytes that an envelope may have at the most.
  private static let limit = 8 << 20
  /// Who built, when the one who signs says nothing else.
  package static let localBuilder = "https://locara.dev/builder/local"

  /// Where the signature of a bundle is unless somebody says otherwise.
  package static func path(beside bundle: String, form: Form = .dsse) -> String { bundle + form.suffix }

  /// The signatures that are there under their usual names.
  package static func paths(beside bundle: String) -> [String] {
    Form.allCases.map { path(beside: bundle, form: $0) }.filter { Files.exists($0) }
  }

  /// Verifies the bundle and signs it.
  ///
  /// - Parameter builder: who built, a URI.
  /// - Returns: the bundle's digest, and how many signatures the file has now.
  /// - Throws: as `Bundle.open`; LB024 when the file there is about something else, LB026 when it is full.
  package static func sign(
    bundle path: String, with key: SigningKey, builder: String = localBuilder, form: Form = .dsse,
    to signaturePath: String
  ) throws(Failure) -> (digest: Digest, signatures: Int) {
    let bundle = try Bundle.open(path)
    if form == .minisign {
      let comment = "\(bundle.configuration.identifier) \(bundle.digest)"
      try keep(Array(try Minisignature(of: path, with: key, comment: comment).text.utf8), at: signaturePath)
      return (bundle.digest, 1)
    }
    var envelope = Envelope(payload: try provenance(of: bundle, builder: builder).statement.bytes)
    if form == .sigstore {
      try envelope.sign(with: key)
      // With one signature there always is such a form.
      try keep(envelope.sigstoreBundle?.canonicalBytes ?? [], at: signaturePath)
      return (bundle.digest, 1)
    }
    if Files.exists(signaturePath) {
      let existing = try read(signaturePath)
      guard existing.isAboutTheSame(as: envelope) else {
        throw Failure(
          "LB024", "the file holds a signature of something else than this bundle's provenance", path: signaturePath,
          help: "write to another file with -o, or remove this one")
      }
      envelope = existing
    }
    try envelope.sign(with: key)
    guard envelope.signatures.count <= mostSignatures else { throw full(signaturePath, most: mostSignatures) }
    try Files.replace(signaturePath, with: envelope.bytes)
    return (bundle.digest, envelope.signatures.count)
  }

  /// Writes a form that holds one signature; what somebody else signed is not overwritten.
  private static func keep(_ bytes: [UInt8], at path: String) throws(Failure) {
    if Files.exists(path) {
      guard try Files.read(path, limit: limit) == bytes else { throw full(path, most: 1) }
      return
    }
    try Files.replace(path, with: bytes)
  }

  private static func full(_ path: String, most: Int) -> Failure {
    Failure(
      "LB026", "a signature file of this form holds at most \(most == 1 ? "one signature" : "\(most) signatures")",
      path: path, help: "write to another file with -o, or remove this one")
  }

  /// The bytes of a signature's file, of any form.
  package static func bytes(of path: String) throws(Failure) -> [UInt8] { try Files.read(path, limit: limit) }

  /// Reads an envelope, alone or in a sigstore bundle.
  package static func read(_ path: String) throws(Failure) -> Envelope {
    try Envelope(parsing: try Files.read(path, limit: limit), path: path)
  }

  /// A bundle whose every byte was verified, and the keys that signed it.
  package struct Verified: Sendable {
    package let digest: Digest
    /// `publisher/name@version`
    package let identifier: String
    /// In the order given.
    package let signers: [PublicKey]
  }

  /// Verifies every digest of the bundle, then its signatures. Needs no network.
  ///
  /// - Parameter signatures: files of any form; a key that signed in one of them signed.
  /// - Throws: as `Bundle.open`; LB022 not signed by enough of `keys`, LB023 malformed, LB024 about another bundle.
  package static func verify(
    bundle path: String, keys: [PublicKey], threshold: Int, signatures: [String]
  ) throws(Failure) -> Verified {
    let bundle = try Bundle.open(path)
    var valid: Set<PublicKey> = []
    for file in signatures.isEmpty ? [Self.path(beside: path)] : signatures {
      guard Files.exists(file) else {
        throw Failure(
          "LB022", "the bundle has no signature: there is no such file", path: file,
          help: "get it from where the bundle came from, or say where it is with --signature")
      }
      let bytes = try Files.read(file, limit: limit)
      if Minisignature.isOne(bytes) {
        let signature = try Minisignature(parsing: bytes, path: file)
        let hash = try Minisignature.hash(of: path)
        for key in keys where try signature.isValid(forHash: hash, by: key) { valid.insert(key) }
      } else {
        let envelope = try Envelope(parsing: bytes, path: file)
        for key in keys where (try? envelope.verified(by: [key], path: file)) != nil {
          try check(try bundle.verify(envelope, keys: [key], envelopePath: file), path: file)
          valid.insert(key)
        }
      }
    }
    guard valid.count >= threshold else {
      throw Failure(
        "LB022", "\(valid.count) of \(Set(keys).count) trusted keys signed this, and \(threshold) must", path: path,
        help: "check that the signature belongs to this file, and which keys you trust")
    }
    var signers: [PublicKey] = []
    for key in keys where valid.contains(key) && !signers.contains(key) { signers.append(key) }
    return Verified(digest: bundle.digest, identifier: bundle.configuration.identifier, signers: signers)
  }

  /// A trusted key may have signed other things about the same bundle, such as that it is vulnerable.
  private static func check(_ statement: Statement, path: String) throws(Failure) {
    guard statement.predicateType == Provenance.predicateType else {
      throw Failure(
        "LB023", "what is signed is no SLSA provenance but \(statement.predicateType)", path: path,
        help: "get the signature that was made with `locara sign`")
    }
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

internal import CanonicalJSON
internal import Signing
internal import SystemIO

/// The forms of signatures that travel with a bundle, by their media type in a registry.
enum SignatureKind: String, CaseIterable {
  case envelope = "application/vnd.dsse.envelope.v1+json"
  case sigstore = "application/vnd.dev.sigstore.bundle.v0.3+json"
  case minisign = "application/vnd.locara.minisign.v1"

  /// Bytes that a signature may have at the most.
  static let limit = 8 << 20
  /// The most signatures of one bundle that are fetched.
  static let most = 256

  /// What follows the bundle's name in the file's.
  var suffix: String {
    switch self {
    case .envelope: ".dsse.json"
    case .sigstore: ".sigstore.json"
    case .minisign: ".minisig"
    }
  }

  /// Nil for what is no signature.
  init?(of bytes: [UInt8]) {
    if Minisignature.isOne(bytes) {
      self = .minisign
      return
    }
    guard (try? Envelope(parsing: bytes, path: "")) != nil else { return nil }
    let json = try? JSON(parsing: bytes, limits: JSONLimits(bytes: SignatureKind.limit, depth: 16, values: 10_000))
    self = json?["dsseEnvelope"] == nil ? .envelope : .sigstore
  }
}

extension Envelope {
  static func notASignature(path: String) -> Failure {
    Failure(
      "LB023", "the file is no signature that locara knows", path: path,
      help: "`locara sign` writes signatures: a DSSE envelope, a sigstore bundle, or one of minisign")
  }
}

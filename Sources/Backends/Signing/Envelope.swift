package import CanonicalJSON
package import SystemIO

/// A DSSE envelope, version 1: a payload, its type, and signatures over both.
package struct Envelope: Hashable, Sendable {
  package struct Signature: Hashable, Sendable {
    /// A hint at the key. Nothing that is signed says it is true.
    package let keyIdentifier: String
    /// 64 bytes.
    package let bytes: [UInt8]
  }

  /// The type of in-toto statements.
  package static let statementType = "application/vnd.in-toto+json"

  package let payloadType: String
  /// Not to be used before `verified` gave it back.
  private let payload: [UInt8]
  package private(set) var signatures: [Signature]

  package init(payloadType: String = statementType, payload: [UInt8]) {
    self.payloadType = payloadType
    self.payload = payload
    signatures = []
  }

  /// Whether the signatures of both are about the same bytes, so that one can take the other's. Trusts neither.
  package func isAboutTheSame(as other: Envelope) -> Bool {
    payloadType == other.payloadType && payload == other.payload
  }

  /// The payload, whoever signed it, for the one who is about to sign the next of its kind. Never to be obeyed.
  package var unverifiedPayload: [UInt8] { payload }

  /// Adds the key's signature; one by the same key is replaced.
  package mutating func sign(with key: SigningKey) throws(Failure) {
    let identifier = key.publicKey.identifier
    let signature = Signature(keyIdentifier: identifier, bytes: try key.sign(preAuthenticationEncoding))
    signatures.removeAll { $0.keyIdentifier == identifier }
    signatures.append(signature)
    signatures.sort { $0.keyIdentifier < $1.keyIdentifier }
  }

  /// The payload, when at least `threshold` different keys of `keys` signed it.
  ///
  /// - Throws: LB022 with how many did.
  package func verified(by keys: [PublicKey], threshold: Int = 1, path: String) throws(Failure) -> [UInt8] {
    let message = preAuthenticationEncoding
    // Distinct keys count, not signatures: one key may sign twice, and may be listed twice.
    let valid = Set(keys).filter { key in signatures.contains { key.verifies($0.bytes, of: message) } }
    guard threshold > 0, valid.count >= threshold else {
      throw Failure(
        "LB022", "\(valid.count) of \(Set(keys).count) trusted keys signed this, and \(max(threshold, 1)) must",
        path: path,
        help: "check that the signature belongs to this file, and which keys you trust")
    }
    return payload
  }

  /// `PAE(type, body)` of the DSSE protocol: what is signed. Lengths are decimal, in bytes.
  private var preAuthenticationEncoding: [UInt8] {
    Array("DSSEv1 \(payloadType.utf8.count) \(payloadType) \(payload.count) ".utf8) + payload
  }
}

extension Envelope {
  /// The most that an envelope may hold.
  private static let limits = JSONLimits(bytes: 8 << 20, depth: 4, values: 1000)

  package var json: JSON {
    [
      "payloadType": .string(payloadType), "payload": .string(Base64.encode(payload)),
      "signatures": .array(
        signatures.map { ["keyid": .string($0.keyIdentifier), "sig": .string(Base64.encode($0.bytes))] }),
    ]
  }

  package var bytes: [UInt8] { json.canonicalBytes }

  /// Reads an envelope, alone or inside a sigstore bundle. Members that are not known are ignored, as the protocol asks.
  ///
  /// - Throws: LB023 when it is malformed.
  package init(parsing bytes: [UInt8], path: String) throws(Failure) {
    let document: JSON
    do throws(JSONError) { document = try JSON(parsing: bytes, limits: Envelope.limits) } catch let error {
      throw Envelope.malformed("\(error)", path: path)
    }
    let json = document["dsseEnvelope"] ?? document
    guard let type = json["payloadType"]?.stringValue,
      let payload = json["payload"]?.stringValue.flatMap({ Base64.decode($0) })
    else { throw Envelope.malformed("it needs a payload in base64 and its type", path: path) }
    payloadType = type
    self.payload = payload
    signatures = []
    guard let list = json["signatures"]?.arrayValue, (1...64).contains(list.count) else {
      throw Envelope.malformed("it needs 1 to 64 signatures", path: path)
    }
    for element in list {
      guard let bytes = element["sig"]?.stringValue.flatMap({ Base64.decode($0) }) else {
        throw Envelope.malformed("a signature is not base64", path: path)
      }
      signatures.append(Signature(keyIdentifier: element["keyid"]?.stringValue ?? "", bytes: bytes))
    }
  }

  /// The envelope as a sigstore bundle, version 0.3, verified with a key and without a transparency log.
  ///
  /// - Returns: nil unless there is exactly one signature, as that format demands.
  package var sigstoreBundle: JSON? {
    guard let only = signatures.first, signatures.count == 1 else { return nil }
    return [
      "mediaType": "application/vnd.dev.sigstore.bundle.v0.3+json",
      "verificationMaterial": ["publicKey": ["hint": .string(only.keyIdentifier)]],
      "dsseEnvelope": json,
    ]
  }

  package static func malformed(_ problem: String, path: String) -> Failure {
    Failure(
      "LB023", "the signature is malformed: \(problem)", path: path,
      help: "get it again from where it came from, or sign again")
  }
}

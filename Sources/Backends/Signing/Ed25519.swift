// INVARIANT: every signature that locara makes or accepts passes this module; keys are made and used by libcrypto. Whom to
// trust is decided elsewhere.

internal import CCrypto
internal import CanonicalJSON
internal import Digests
package import SystemIO

/// An Ed25519 public key, RFC 8032.
package struct PublicKey: Hashable, Sendable {
  /// 32 bytes.
  package let bytes: [UInt8]

  /// - Parameter bytes: other than 32 bytes give nil.
  package init?(_ bytes: [UInt8]) {
    guard bytes.count == 32 else { return nil }
    self.bytes = bytes
  }

  /// RFC 8410 `SubjectPublicKeyInfo`: the form that OpenSSL, cosign and others read.
  package var subjectPublicKeyInfo: [UInt8] { KeyEncoding.publicPrefix + bytes }

  /// SHA-256 over `subjectPublicKeyInfo`, hexadecimal: what envelopes call the key.
  package var identifier: String { Digest.of(subjectPublicKeyInfo).hexadecimal }

  /// The key as PEM, RFC 7468.
  package var pem: String { KeyEncoding.pem("PUBLIC KEY", subjectPublicKeyInfo) }

  /// Reads PEM.
  ///
  /// - Throws: LB020 when it is not an Ed25519 public key.
  package init(pem text: String, path: String) throws(Failure) {
    bytes = try KeyEncoding.read(text, "PUBLIC KEY", prefix: KeyEncoding.publicPrefix, path: path)
  }

  /// Reads a public key in whichever form it is: PEM, or the two lines of minisign.
  ///
  /// - Throws: LB020 when it is none of them.
  package init(reading text: String, path: String) throws(Failure) {
    if text.hasPrefix("untrusted comment:") {
      try self.init(minisign: text, path: path)
    } else {
      try self.init(pem: text, path: path)
    }
  }

  /// Whether `signature` is this key's over `message`.
  package func verifies(_ signature: [UInt8], of message: [UInt8]) -> Bool {
    guard signature.count == 64 else { return false }
    guard let key = unsafe EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nil, bytes, bytes.count) else { return false }
    defer { unsafe EVP_PKEY_free(key) }
    guard let context = unsafe EVP_MD_CTX_new() else { return false }
    defer { unsafe EVP_MD_CTX_free(context) }
    guard unsafe EVP_DigestVerifyInit(context, nil, nil, nil, key) == 1 else { return false }
    return unsafe EVP_DigestVerify(context, signature, signature.count, message, message.count) == 1
  }
}

/// An Ed25519 private key. Signatures are deterministic: the same key and message give the same bytes.
package struct SigningKey: Sendable {
  /// 32 bytes, RFC 8032's private key.
  private let seed: [UInt8]
  package let publicKey: PublicKey

  /// A new key from the kernel's random numbers.
  package static func generate() throws(Failure) -> SigningKey {
    var generator = SystemRandomNumberGenerator()
    return try SigningKey(seed: (0..<32).map { _ in UInt8.random(in: .min ... .max, using: &generator) }, path: "")
  }

  private init(seed: [UInt8], path: String) throws(Failure) {
    self.seed = seed
    var bytes = [UInt8](repeating: 0, count: 32)
    var length = bytes.count
    guard seed.count == 32, let key = unsafe EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nil, seed, seed.count)
    else {
      throw KeyEncoding.malformed("PRIVATE KEY", path: path)
    }
    defer { unsafe EVP_PKEY_free(key) }
    guard unsafe EVP_PKEY_get_raw_public_key(key, &bytes, &length) == 1, let publicKey = PublicKey(bytes) else {
      throw KeyEncoding.malformed("PRIVATE KEY", path: path)
    }
    self.publicKey = publicKey
  }

  /// The key as PEM, RFC 8410 `PrivateKeyInfo`. It is not encrypted: write it with mode 0600.
  package var pem: String { KeyEncoding.pem("PRIVATE KEY", der) }

  /// RFC 8410 `PrivateKeyInfo`.
  package var der: [UInt8] { KeyEncoding.privatePrefix + seed }

  /// - Throws: LB020 when it is not the `PrivateKeyInfo` of an Ed25519 key.
  package init(der: [UInt8], path: String) throws(Failure) {
    guard der.starts(with: KeyEncoding.privatePrefix) else { throw KeyEncoding.malformed("PRIVATE KEY", path: path) }
    try self.init(seed: Array(der.dropFirst(KeyEncoding.privatePrefix.count)), path: path)
  }

  /// Reads PEM.
  ///
  /// - Throws: LB020 when it is not an Ed25519 private key.
  package init(pem text: String, path: String) throws(Failure) {
    let seed = try KeyEncoding.read(text, "PRIVATE KEY", prefix: KeyEncoding.privatePrefix, path: path)
    try self.init(seed: seed, path: path)
  }

  /// 64 bytes.
  package func sign(_ message: [UInt8]) throws(Failure) -> [UInt8] {
    var signature = [UInt8](repeating: 0, count: 64)
    var length = signature.count
    guard let key = unsafe EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nil, seed, seed.count),
      let context = unsafe EVP_MD_CTX_new()
    else { throw Failure("LB021", "libcrypto cannot sign") }
    defer {
      unsafe EVP_MD_CTX_free(context)
      unsafe EVP_PKEY_free(key)
    }
    guard unsafe EVP_DigestSignInit(context, nil, nil, nil, key) == 1,
      unsafe EVP_DigestSign(context, &signature, &length, message, message.count) == 1, length == 64
    else { throw Failure("LB021", "libcrypto cannot sign") }
    return signature
  }
}

/// RFC 8410: for Ed25519 the DER around a key is always the same bytes.
package enum KeyEncoding {
  static let publicPrefix: [UInt8] = [0x30, 0x2A, 0x30, 0x05, 0x06, 0x03, 0x2B, 0x65, 0x70, 0x03, 0x21, 0x00]
  static let privatePrefix: [UInt8] = [
    0x30, 0x2E, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2B, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20,
  ]

  /// PEM, RFC 7468: lines of 64 characters.
  package static func pem(_ label: String, _ der: [UInt8]) -> String {
    var lines: [Substring] = []
    var rest = Base64.encode(der)[...]
    while !rest.isEmpty {
      lines.append(rest.prefix(64))
      rest = rest.dropFirst(64)
    }
    return "-----BEGIN \(label)-----\n\(lines.joined(separator: "\n"))\n-----END \(label)-----\n"
  }

  /// What is between the lines of PEM with this label; nil when it is something else.
  package static func read(_ text: String, _ label: String) -> [UInt8]? {
    let lines = text.split(whereSeparator: \.isNewline).filter { !$0.isEmpty }
    guard lines.count >= 3, lines.count <= 8, lines.first == "-----BEGIN \(label)-----",
      lines.last == "-----END \(label)-----"
    else { return nil }
    return Base64.decode(lines[1..<(lines.count - 1)].joined())
  }

  static func read(_ text: String, _ label: String, prefix: [UInt8], path: String) throws(Failure) -> [UInt8] {
    guard let der = read(text, label), der.starts(with: prefix), der.count == prefix.count + 32 else {
      throw malformed(label, path: path)
    }
    return Array(der.dropFirst(prefix.count))
  }

  static func malformed(_ label: String, path: String) -> Failure {
    Failure(
      "LB020", "expected an Ed25519 key in PEM, labeled \(label)", path: path,
      help: "`locara key new` and `openssl genpkey -algorithm ed25519` write such keys")
  }
}

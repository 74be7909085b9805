internal import CanonicalJSON
internal import Digests
internal import Glibc
package import SystemIO

/// A signature over a whole file in the form of minisign (and, read only, signify): four lines of text.
///
///     untrusted comment: TEXT
///     base64(algorithm[2] key-number[8] signature[64])
///     trusted comment: TEXT
///     base64(signature over signature[64] and TEXT)
///
/// Algorithm `ED` signs BLAKE2b-512 of the file, `Ed` the file itself; what is written is `ED`, so that a bundle of any
/// size is hashed in pieces.
package struct Minisignature: Hashable, Sendable {
  /// The number by which minisign calls a key, 8 bytes; a hint, as nothing that is signed says it is true.
  package let keyNumber: [UInt8]
  private let signature: [UInt8]
  /// Signed together with `signature`; printable.
  package let trustedComment: String
  private let commentSignature: [UInt8]

  /// Bytes that such a file may have at the most.
  package static let limit = 16 << 10

  /// Signs the file at `path`.
  ///
  /// - Parameter comment: one line; whoever verifies is shown it.
  package init(of path: String, with key: SigningKey, comment: String) throws(Failure) {
    keyNumber = key.publicKey.minisignNumber
    signature = try key.sign(try Minisignature.hash(of: path))
    trustedComment = comment
    commentSignature = try key.sign(signature + Array(comment.utf8))
  }

  /// Whether `text` begins as such a file does, whatever follows.
  package static func isOne(_ bytes: [UInt8]) -> Bool { bytes.starts(with: Array("untrusted comment:".utf8)) }

  /// - Throws: LB023 when it is malformed, or made with the older form that does not hash first.
  package init(parsing bytes: [UInt8], path: String) throws(Failure) {
    let lines = String(decoding: bytes.prefix(Minisignature.limit), as: UTF8.self)
      .split(separator: "\n", omittingEmptySubsequences: false)
    guard lines.count >= 4, lines[0].hasPrefix("untrusted comment: "), lines[2].hasPrefix("trusted comment: "),
      lines.dropFirst(4).allSatisfy(\.isEmpty), let first = Base64.decode(lines[1]), first.count == 74,
      let second = Base64.decode(lines[3]), second.count == 64
    else { throw Envelope.malformed("a minisign signature has four lines", path: path) }
    guard first.starts(with: Array("ED".utf8)) else {
      throw Envelope.malformed(
        "it was made with `minisign -l`, over the file instead of its hash; sign again without -l", path: path)
    }
    keyNumber = Array(first[2..<10])
    signature = Array(first[10...])
    trustedComment = String(lines[2].dropFirst("trusted comment: ".count))
    commentSignature = second
    guard trustedComment.unicodeScalars.allSatisfy({ $0.properties.generalCategory != .control }) else {
      throw Envelope.malformed("its trusted comment has control characters", path: path)
    }
  }

  package var text: String {
    """
    untrusted comment: signature from locara key \(Minisignature.shown(keyNumber))
    \(Base64.encode(Array("ED".utf8) + keyNumber + signature))
    trusted comment: \(trustedComment)
    \(Base64.encode(commentSignature))

    """
  }

  /// Whether `key` signed the file at `path` and the trusted comment.
  package func isValid(for path: String, by key: PublicKey) throws(Failure) -> Bool {
    try isValid(forHash: try Minisignature.hash(of: path), by: key)
  }

  /// The same for a file that was hashed already.
  package func isValid(forHash hash: [UInt8], by key: PublicKey) throws(Failure) -> Bool {
    key.verifies(signature, of: hash)
      && key.verifies(commentSignature, of: signature + Array(trustedComment.utf8))
  }

  /// BLAKE2b-512 of a file, read in pieces.
  package static func hash(of path: String) throws(Failure) -> [UInt8] {
    guard let hash = BLAKE2b() else { throw Failure("LB021", "this libcrypto has no BLAKE2b, which minisign needs") }
    let file = try FileDescriptor.open(path, O_RDONLY)
    while true {
      let piece = try file.read(upTo: 1 << 20, path: path)
      if piece.isEmpty { return hash.finish() }
      hash.update(piece)
    }
  }

  /// As minisign prints a number: the little-endian bytes as one hexadecimal number.
  fileprivate static func shown(_ number: [UInt8]) -> String {
    let digits = Array("0123456789ABCDEF".utf8)
    return String(decoding: number.reversed().flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
  }
}

extension PublicKey {
  /// minisign gives a key a random number; ours is the start of the key's identifier, so that it need not be kept.
  var minisignNumber: [UInt8] { Array(Digest.of(subjectPublicKeyInfo).bytes.prefix(8)) }

  /// The file that `minisign -p` reads.
  package var minisignText: String {
    """
    untrusted comment: minisign public key \(Minisignature.shown(minisignNumber))
    \(Base64.encode(Array("Ed".utf8) + minisignNumber + bytes))

    """
  }

  /// Reads a public key of minisign or signify: a comment line and 42 bytes in base64.
  ///
  /// - Throws: LB020 when it is none.
  package init(minisign text: String, path: String) throws(Failure) {
    let lines = text.split(separator: "\n")
    guard lines.count == 2, lines[0].hasPrefix("untrusted comment:"), let bytes = Base64.decode(lines[1]),
      bytes.count == 42, bytes.starts(with: Array("Ed".utf8)), let key = PublicKey(Array(bytes[10...]))
    else { throw KeyEncoding.malformed("PUBLIC KEY", path: path) }
    self = key
  }
}

// INVARIANT: every hash in locara is computed here, by the system's libcrypto. This module does no I/O.

internal import CCrypto

/// A SHA-256 digest (FIPS 180-4): 32 bytes, compared and ordered by value.
package struct Digest: Hashable, Sendable, Comparable, CustomStringConvertible {
  /// Always 32 bytes.
  package let bytes: [UInt8]

  /// - Parameter hexadecimal: 64 lower-case hexadecimal digits; anything else gives nil.
  package init?(hexadecimal: some StringProtocol) {
    let digits = Array(hexadecimal.utf8)
    guard digits.count == 64 else { return nil }
    var bytes: [UInt8] = []
    bytes.reserveCapacity(32)
    for index in stride(from: 0, to: 64, by: 2) {
      guard let high = Digest.nibble(digits[index]), let low = Digest.nibble(digits[index + 1]) else { return nil }
      bytes.append(high << 4 | low)
    }
    self.bytes = bytes
  }

  /// - Parameter text: the form that OCI uses, `sha256:` and 64 lower-case hexadecimal digits.
  package init?(_ text: some StringProtocol) {
    guard text.hasPrefix("sha256:") else { return nil }
    self.init(hexadecimal: text.dropFirst("sha256:".count))
  }

  fileprivate init(unchecked bytes: [UInt8]) { self.bytes = bytes }

  /// - Parameter bytes: 32 of them; any other number gives nil.
  package init?(bytes: [UInt8]) {
    guard bytes.count == 32 else { return nil }
    self.bytes = bytes
  }

  /// 64 lower-case hexadecimal digits.
  package var hexadecimal: String {
    unsafe String(unsafeUninitializedCapacity: 64) { text in
      for (index, byte) in bytes.enumerated() {
        unsafe text[2 * index] = Digest.digit(byte >> 4)
        unsafe text[2 * index + 1] = Digest.digit(byte & 15)
      }
      return 64
    }
  }

  /// `sha256:` and 64 hexadecimal digits.
  package var description: String { "sha256:" + hexadecimal }

  package static func < (left: Digest, right: Digest) -> Bool { left.bytes.lexicographicallyPrecedes(right.bytes) }

  /// The digest of `bytes`.
  package static func of(_ bytes: [UInt8]) -> Digest {
    var hasher = SHA256()
    hasher.update(bytes)
    return hasher.finish()
  }

  /// The digest of what follows the first `start` of `bytes`.
  package static func of(_ bytes: [UInt8], from start: Int) -> Digest {
    var hasher = SHA256()
    unsafe bytes.withUnsafeBytes { unsafe hasher.update(UnsafeRawBufferPointer(rebasing: $0.dropFirst(start))) }
    return hasher.finish()
  }

  private static func digit(_ nibble: UInt8) -> UInt8 {
    nibble + (nibble < 10 ? UInt8(ascii: "0") : UInt8(ascii: "a") - 10)
  }

  private static func nibble(_ digit: UInt8) -> UInt8? {
    switch digit {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): digit - UInt8(ascii: "0")
    case UInt8(ascii: "a")...UInt8(ascii: "f"): digit - UInt8(ascii: "a") + 10
    default: nil
    }
  }
}

/// A running SHA-256 over bytes that arrive in pieces.
package struct SHA256: ~Copyable {
  private var context = SHA256_CTX()

  package init() { require(unsafe locara_sha256_init(&context)) }

  package mutating func update(_ bytes: [UInt8]) {
    unsafe bytes.withUnsafeBytes { unsafe update($0) }
  }

  package mutating func update(_ bytes: UnsafeRawBufferPointer) {
    guard bytes.count > 0 else { return }
    require(unsafe locara_sha256_update(&context, bytes.baseAddress, bytes.count))
  }

  package consuming func finish() -> Digest {
    var bytes = [UInt8](repeating: 0, count: 32)
    require(unsafe locara_sha256_final(&bytes, &context))
    return Digest(unchecked: bytes)
  }

  /// The functions have no way to fail; a libcrypto in which they do is none to go on with.
  private func require(_ result: Int32) {
    guard result == 1 else { fatalError("libcrypto cannot compute SHA-256") }
  }
}

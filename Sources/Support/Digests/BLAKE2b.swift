internal import CCrypto

/// A running BLAKE2b with 64 bytes of output (RFC 7693) over bytes that arrive in pieces: what minisign signs.
@safe package final class BLAKE2b {
  private let context: OpaquePointer

  /// Nil when libcrypto was built without BLAKE2.
  package init?() {
    guard let context = unsafe EVP_MD_CTX_new() else { return nil }
    unsafe self.context = context
    guard unsafe EVP_DigestInit_ex(context, EVP_blake2b512(), nil) == 1 else { return nil }
  }

  deinit { unsafe EVP_MD_CTX_free(context) }

  package func update(_ bytes: [UInt8]) { _ = unsafe EVP_DigestUpdate(context, bytes, bytes.count) }

  /// 64 bytes. The hash takes nothing more afterwards.
  package func finish() -> [UInt8] {
    var digest = [UInt8](repeating: 0, count: 64)
    var length: UInt32 = 0
    _ = unsafe EVP_DigestFinal_ex(context, &digest, &length)
    return digest
  }
}

internal import CCrypto
internal import CanonicalJSON
internal import SystemIO

/// A private key under a passphrase: PKCS #8 `EncryptedPrivateKeyInfo` (RFC 5958) by PBES2 (RFC 8018) with scrypt (RFC 7914)
/// and AES-256 in CBC mode, as PEM. OpenSSL reads it: `openssl pkey -in FILE`.
///
/// There is one form, with one cost: what is read differs from it in salt, initialization vector and encrypted bytes alone, so
/// that no file makes reading slow.
enum KeyEncryption {
  static let label = "ENCRYPTED PRIVATE KEY"
  /// N, r and p of scrypt: 16 MiB, some tenths of a second.
  private static let cost: (n: UInt64, r: UInt64, p: UInt64) = (16_384, 8, 5)
  private static let saltCount = 16
  private static let vectorCount = 16
  /// The 48 bytes of an Ed25519 key, padded to whole blocks.
  private static let encryptedCount = 64

  // DER: PBES2 { scrypt { salt, N, r, p }, aes256-CBC { vector } }, encrypted.
  private static let beforeSalt: [UInt8] = [
    0x30, 0x81, 0x9B, 0x30, 0x57, 0x06, 0x09, 0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x05, 0x0D, 0x30, 0x4A, 0x30,
    0x29, 0x06, 0x09, 0x2B, 0x06, 0x01, 0x04, 0x01, 0xDA, 0x47, 0x04, 0x0B, 0x30, 0x1C, 0x04, 0x10,
  ]
  private static let beforeVector: [UInt8] = [
    0x02, 0x02, 0x40, 0x00, 0x02, 0x01, 0x08, 0x02, 0x01, 0x05, 0x30, 0x1D, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65,
    0x03, 0x04, 0x01, 0x2A, 0x04, 0x10,
  ]
  private static let beforeContent: [UInt8] = [0x04, 0x40]

  /// - Parameter der: `PrivateKeyInfo` of an Ed25519 key.
  static func encrypt(_ der: [UInt8], passphrase: [UInt8], path: String) throws(Failure) -> [UInt8] {
    var generator = SystemRandomNumberGenerator()
    let salt = (0..<saltCount).map { _ in UInt8.random(in: .min ... .max, using: &generator) }
    let vector = (0..<vectorCount).map { _ in UInt8.random(in: .min ... .max, using: &generator) }
    let key = try self.key(passphrase, salt, path: path)
    guard let encrypted = crypt(der, key, vector, isEncryption: true), encrypted.count == encryptedCount else {
      throw Failure("LB021", "libcrypto cannot encrypt the key", path: path)
    }
    return beforeSalt + salt + beforeVector + vector + beforeContent + encrypted
  }

  /// - Returns: `PrivateKeyInfo`.
  /// - Throws: LB020 when it is of another form, LB027 when the passphrase is another one.
  static func decrypt(_ der: [UInt8], passphrase: [UInt8], path: String) throws(Failure) -> [UInt8] {
    var rest = der[...]
    func take(_ count: Int) -> [UInt8] {
      defer { rest = rest.dropFirst(count) }
      return Array(rest.prefix(count))
    }
    let first = take(beforeSalt.count)
    let salt = take(saltCount)
    let second = take(beforeVector.count)
    let vector = take(vectorCount)
    let third = take(beforeContent.count)
    let encrypted = take(encryptedCount)
    guard first == beforeSalt, second == beforeVector, third == beforeContent, encrypted.count == encryptedCount,
      rest.isEmpty
    else {
      throw Failure(
        "LB020", "the key is encrypted in another way than `locara key new --encrypt` does", path: path,
        help: "`openssl pkey -in FILE` decrypts it")
    }
    let key = try self.key(passphrase, salt, path: path)
    guard let plain = crypt(encrypted, key, vector, isEncryption: false) else { throw wrongPassphrase(path) }
    return plain
  }

  static func wrongPassphrase(_ path: String) -> Failure {
    Failure(
      "LB027", "the passphrase is not the one of this key", path: path,
      help: "type it again; a passphrase that is lost cannot be found out")
  }

  private static func key(_ passphrase: [UInt8], _ salt: [UInt8], path: String) throws(Failure) -> [UInt8] {
    var key = [UInt8](repeating: 0, count: 32)
    let result = unsafe passphrase.withUnsafeBytes { bytes in
      unsafe EVP_PBE_scrypt(
        bytes.bindMemory(to: CChar.self).baseAddress, passphrase.count, salt, salt.count, cost.n, cost.r, cost.p,
        64 << 20, &key, key.count)
    }
    guard result == 1 else { throw Failure("LB021", "libcrypto cannot derive a key from the passphrase", path: path) }
    return key
  }

  /// AES-256-CBC with the padding of PKCS #7; nil when that is wrong.
  private static func crypt(_ bytes: [UInt8], _ key: [UInt8], _ vector: [UInt8], isEncryption: Bool) -> [UInt8]? {
    guard let context = unsafe EVP_CIPHER_CTX_new() else { return nil }
    defer { unsafe EVP_CIPHER_CTX_free(context) }
    var output = [UInt8](repeating: 0, count: bytes.count + 16)
    var count: Int32 = 0
    var last: Int32 = 0
    guard
      unsafe EVP_CipherInit_ex(context, EVP_aes_256_cbc(), nil, key, vector, isEncryption ? 1 : 0) == 1,
      unsafe EVP_CipherUpdate(context, &output, &count, bytes, Int32(bytes.count)) == 1
    else { return nil }
    let isWhole = unsafe output.withUnsafeMutableBufferPointer { buffer in
      guard let start = buffer.baseAddress else { return false }
      return unsafe EVP_CipherFinal_ex(context, start + Int(count), &last) == 1
    }
    return isWhole ? Array(output.prefix(Int(count + last))) : nil
  }
}

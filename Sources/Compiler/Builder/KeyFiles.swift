internal import Glibc
package import Signing
package import SystemIO

/// The two files of a key pair: `NAME.key`, for its owner alone, and `NAME.pub`, for everybody.
package enum KeyFiles {
  /// Bytes that a file with one key may have at the most.
  private static let limit = 4096

  /// Makes a key and writes both files.
  ///
  /// - Parameter passphrase: under which the private key is encrypted; nil for none.
  /// - Returns: the paths of the private and the public key, and what envelopes call the key.
  /// - Throws: LB025 when one of the files exists; nothing is changed then.
  package static func create(
    named name: String, passphrase: [UInt8]? = nil
  ) throws(Failure) -> (signing: String, verifying: String, identifier: String) {
    let paths = (signing: "\(name).key", verifying: "\(name).pub")
    for path in [paths.signing, paths.verifying] where Files.exists(path) { throw taken(path) }
    let key = try SigningKey.generate()
    var text = key.pem
    if let passphrase {
      let encrypted = try KeyEncryption.encrypt(key.der, passphrase: passphrase, path: paths.signing)
      text = "\(identifierLine)\(key.publicKey.identifier)\n\(KeyEncoding.pem(KeyEncryption.label, encrypted))"
    }
    try write(text, to: paths.signing, mode: 0o600)
    do throws(Failure) { try write(key.publicKey.pem, to: paths.verifying, mode: 0o644) } catch let failure {
      try? Files.remove(paths.signing)
      throw failure
    }
    try Files.synchronizeDirectory(Files.parent(of: paths.signing))
    return (paths.signing, paths.verifying, key.publicKey.identifier)
  }

  /// - Parameter passphrase: asked for when the key is encrypted.
  /// - Throws: LB020 when the file holds something else, LB027 when the passphrase is another one, and what `passphrase`
  ///   throws.
  package static func signingKey(
    _ path: String, passphrase: () throws(Failure) -> [UInt8]
  ) throws(Failure) -> SigningKey {
    var text = String(decoding: try Files.read(path, limit: limit), as: UTF8.self)
    var identifier: Substring?
    if text.hasPrefix(identifierLine), let end = text.firstIndex(of: "\n") {
      identifier = text[..<end].dropFirst(identifierLine.count)
      text = String(text[text.index(after: end)...])
    }
    guard let encrypted = KeyEncoding.read(text, KeyEncryption.label) else {
      return try SigningKey(pem: text, path: path)
    }
    let der = try KeyEncryption.decrypt(encrypted, passphrase: try passphrase(), path: path)
    let key: SigningKey
    // Right padding with a wrong passphrase is rare, and possible.
    do throws(Failure) { key = try SigningKey(der: der, path: path) } catch {
      throw KeyEncryption.wrongPassphrase(path)
    }
    guard identifier.map({ $0 == key.publicKey.identifier }) ?? true else {
      throw Failure(
        "LB020", "the encrypted key is damaged: it is not the one that its first line names", path: path,
        help: "take it from a copy")
    }
    return key
  }

  /// Stands before the PEM of an encrypted key, where readers look for nothing (RFC 7468, 2), since the encryption does not
  /// notice damage: then what public key belongs to it.
  private static let identifierLine = "Private key of "

  /// - Throws: LB020 when the file holds something else.
  package static func publicKey(_ path: String) throws(Failure) -> PublicKey {
    try PublicKey(reading: String(decoding: try Files.read(path, limit: limit), as: UTF8.self), path: path)
  }

  /// Not `Files.replace`: its rename would take the place of a key that appeared in the meantime.
  private static func write(_ text: String, to path: String, mode: mode_t) throws(Failure) {
    let descriptor: FileDescriptor
    do throws(Failure) {
      descriptor = try FileDescriptor.open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, mode: 0o600)
    } catch let failure {
      throw failure.errno == EEXIST ? taken(path) : failure
    }
    do throws(Failure) {
      guard fchmod(descriptor.number, mode) == 0 else { throw Failure.system("chmod", path: path, errno: errno) }
      try descriptor.write(Array(text.utf8), path: path)
      try descriptor.synchronize(path: path)
    } catch let failure {
      try? Files.remove(path)
      throw failure
    }
  }

  private static func taken(_ path: String) -> Failure {
    Failure(
      "LB025", "there is a file already, and keys are never overwritten", path: path,
      help: "choose another name; what a lost key signed can never be signed by it again")
  }
}

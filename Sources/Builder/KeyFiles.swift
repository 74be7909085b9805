package import BundleFormat
internal import Glibc
package import SystemIO

/// The two files of a key pair: `NAME.key`, for its owner alone, and `NAME.pub`, for everybody.
package enum KeyFiles {
  /// Bytes that a file with one key may have at the most.
  private static let limit = 4096

  /// Makes a key and writes both files.
  ///
  /// - Returns: the paths of the private and the public key, and what envelopes call the key.
  /// - Throws: LB025 when one of the files exists; nothing is changed then.
  package static func create(
    named name: String
  ) throws(Failure) -> (signing: String, verifying: String, identifier: String) {
    let paths = (signing: "\(name).key", verifying: "\(name).pub")
    for path in [paths.signing, paths.verifying] where Files.exists(path) { throw taken(path) }
    let key = try SigningKey.generate()
    try write(key.pem, to: paths.signing, mode: 0o600)
    do throws(Failure) { try write(key.publicKey.pem, to: paths.verifying, mode: 0o644) } catch let failure {
      try? Files.remove(paths.signing)
      throw failure
    }
    try Files.synchronizeDirectory(Files.parent(of: paths.signing))
    return (paths.signing, paths.verifying, key.publicKey.identifier)
  }

  /// - Throws: LB020 when the file holds something else.
  package static func signingKey(_ path: String) throws(Failure) -> SigningKey {
    try SigningKey(pem: String(decoding: try Files.read(path, limit: limit), as: UTF8.self), path: path)
  }

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

package import BundleFormat
internal import Glibc
internal import SystemIO

/// A bundle that the store holds unpacked. It is not collected while this value lives.
package final class InstalledBundle {
  /// Layers and configuration; its payload is `payload`, not to be extracted from here.
  package let bundle: Bundle
  package let payload: InstalledPayload
  /// The file that was opened and found to be this bundle; nil when the bundle was found by its digest.
  var source: FileIdentity?

  /// The unpacked payload: read-only, owned by this user.
  package var payloadDirectory: String { payload.directory }

  init(bundle: Bundle, payload: InstalledPayload) {
    self.bundle = bundle
    self.payload = payload
  }
}

/// A flock(2) lock on an entry of the store, held until this goes.
///
/// On a file system without locks the entry is used without; `exclusive` then gives nothing, so nothing is collected.
final class StoreLock: Sendable {
  private let number: Int32

  private init(_ number: Int32) { self.number = number }

  deinit { _ = close(number) }

  /// Waits for nothing: a collector that holds the lock is about to remove the entry, which then does not exist.
  static func shared(_ entry: String) throws(Failure) -> StoreLock? {
    try take(entry, LOCK_SH | LOCK_NB, mayFail: true)
  }

  /// Nil when somebody uses the entry.
  static func exclusive(_ entry: String) throws(Failure) -> StoreLock? {
    try take(entry, LOCK_EX | LOCK_NB, mayFail: false)
  }

  private static func take(_ entry: String, _ operation: Int32, mayFail: Bool) throws(Failure) -> StoreLock? {
    let path = "\(entry)/lock"
    let number = unsafe Glibc.open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
    guard number >= 0 else {
      if errno == ENOENT || errno == ENOTDIR { return nil }
      throw .system("open", path: path, errno: errno)
    }
    let lock = StoreLock(number)
    if flock(number, operation) != 0 {
      if errno == EWOULDBLOCK || !mayFail { return nil }
    }
    // The entry may have been taken away between the two calls.
    var held = stat()
    guard unsafe fstat(number, &held) == 0, let there = try? FileIdentity(of: path), there.inode == UInt64(held.st_ino),
      there.device == UInt64(held.st_dev)
    else { return nil }
    return lock
  }
}

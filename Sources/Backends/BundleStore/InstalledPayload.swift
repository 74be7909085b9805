internal import Glibc
package import SystemIO

/// The unpacked payload of a bundle in the store, and what stat(2) said of it when it was last verified. It is not
/// collected while this value lives.
package final class InstalledPayload: Sendable {
  /// The entry in the store.
  let entry: String
  /// Its first entry is the directory of the payload itself.
  package let witness: [TreeWitness.Entry]
  private let lock: StoreLock

  init(_ entry: String, witness: [TreeWitness.Entry], lock: StoreLock) {
    self.entry = entry
    self.witness = witness
    self.lock = lock
  }

  /// The directory of the payload: read-only, owned by this user.
  package var directory: String { "\(entry)/payload" }

  /// The file whose lock keeps the payload from being collected.
  package var lockPath: String { "\(entry)/lock" }

  /// What the directory itself was when it was verified.
  package var identity: FileIdentity? { witness.first?.identity }

  /// Whether nothing in it was written, added, removed or renamed since it was verified: one stat(2) for each entry.
  ///
  /// The directories say by their own times that no name came or went, so that they need not be listed.
  package func isUnchanged() -> Bool {
    let root = unsafe open(directory, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
    guard root >= 0, !witness.isEmpty else { return false }
    defer { _ = close(root) }
    return witness.allSatisfy { entry in
      var status = stat()
      let found =
        unsafe entry.path.isEmpty
        ? fstat(root, &status) : fstatat(root, entry.path, &status, AT_SYMLINK_NOFOLLOW)
      return found == 0 && FileIdentity(status) == entry.identity
    }
  }
}

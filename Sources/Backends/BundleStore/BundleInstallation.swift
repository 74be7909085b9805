internal import BundleFormat
internal import Digests
internal import Glibc
internal import SystemIO

extension BundleStore {
  /// Unpacks a bundle, verifying its payload on the way.
  ///
  /// Another process may do the same at the same time; the first rename wins and the other copy goes.
  func install(_ bundle: Bundle) throws(Failure) {
    try Directories.create(root, mode: 0o700)
    try Directories.create(bundles, mode: 0o700)
    try removeLeftovers()
    let (temporary, lock) = try createOwnDirectory()
    defer { close(lock) }
    do throws(Failure) {
      let head = InputWindow(bundle.file, from: 0, length: bundle.head.payloadOffset, hashing: false)
      try Files.replace("\(temporary)/head", with: try head.read(Int(head.length)), mode: 0o444)
      try Files.replace("\(temporary)/lock", with: [], mode: 0o600)
      try bundle.extractPayload(to: "\(temporary)/payload")
      let witness = try TreeWitness.of("\(temporary)/payload")
      try Files.replace("\(temporary)/witness", with: Array(witness.digest.hexadecimal.utf8), mode: 0o444)
      let directory = try FileDescriptor.open(temporary, O_RDONLY | O_DIRECTORY)
      try directory.synchronizeFileSystem(path: temporary)
      if unsafe rename(temporary, entry(bundle.digest)) != 0 {
        guard errno == ENOTEMPTY || errno == EEXIST else {
          throw Failure.system("rename into place", path: temporary, errno: errno)
        }
        try Directories.removeTree(temporary)
      }
    } catch let failure {
      try? Directories.removeTree(temporary)
      throw failure
    }
    try Files.synchronizeDirectory(bundles)
  }

  /// A temporary directory with a lock that says that its owner lives; the lock ends with the descriptor.
  private func createOwnDirectory() throws(Failure) -> (path: String, lock: Int32) {
    for _ in 0..<8 {
      let path = try Directories.createTemporary(in: bundles)
      if let lock = BundleStore.own(path) { return (path, lock) }
      // Somebody who removes leftovers was faster.
    }
    throw Failure("LB012", "the store's temporary directories go away while they are made", path: bundles)
  }

  /// Locks a directory; nil when somebody else has, or when it is gone.
  private static func own(_ path: String) -> Int32? {
    let number = unsafe Glibc.open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
    guard number >= 0 else { return nil }
    var held = stat()
    let isLocked = flock(number, LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK
    guard isLocked, unsafe fstat(number, &held) == 0, let there = try? FileIdentity(of: path),
      there.inode == UInt64(held.st_ino)
    else {
      close(number)
      return nil
    }
    return number
  }

  /// Takes an entry out of sight in one step, then removes it.
  func discard(_ digest: Digest) throws(Failure) {
    let lock = BundleStore.own(entry(digest))
    defer { if let lock { close(lock) } }
    let aside = Files.temporaryName(beside: entry(digest))
    guard unsafe rename(entry(digest), aside) == 0 else {
      if errno == ENOENT { return }
      throw .system("rename", path: entry(digest), errno: errno)
    }
    try Directories.removeTree(aside)
  }

  /// Removes what processes left that were killed: temporary directories that nobody has locked, and temporary files that
  /// are older than a day.
  func removeLeftovers() throws(Failure) {
    for directory in [bundles, opened] where Files.exists(directory) {
      for name in try Directories.names(in: directory) where name.hasPrefix(".locara-") {
        let path = "\(directory)/\(name)"
        if Files.isDirectory(path) {
          guard let lock = BundleStore.own(path) else { continue }
          defer { close(lock) }
          try? Directories.removeTree(path)
          continue
        }
        guard let identity = try? FileIdentity(of: path), identity.age > 86_400_000_000_000 else {
          continue
        }
        try Directories.removeTree(path)
      }
    }
  }
}

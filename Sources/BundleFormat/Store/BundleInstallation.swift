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
    let temporary = try Directories.createTemporary(in: bundles)
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

  /// Takes an entry out of sight in one step, then removes it.
  func discard(_ digest: Digest) throws(Failure) {
    let aside = Files.temporaryName(beside: entry(digest))
    guard unsafe rename(entry(digest), aside) == 0 else {
      if errno == ENOENT { return }
      throw .system("rename", path: entry(digest), errno: errno)
    }
    try Directories.removeTree(aside)
  }

  /// Removes temporary directories that are older than a day: no installation takes so long.
  func removeLeftovers() throws(Failure) {
    for directory in [bundles, opened] where Files.exists(directory) {
      for name in try Directories.names(in: directory) where name.hasPrefix(".locara-") {
        let path = "\(directory)/\(name)"
        guard let identity = try? FileIdentity(of: path), now() - identity.changed > 86_400_000_000_000 else {
          continue
        }
        try Directories.removeTree(path)
      }
    }
  }

  func now() -> Int64 {
    var time = timespec()
    _ = unsafe clock_gettime(CLOCK_REALTIME, &time)
    return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
  }
}

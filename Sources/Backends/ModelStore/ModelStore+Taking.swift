package import Digests
internal import Glibc
package import SystemIO

// Taking in what was downloaded, and what other tools' stores have.

extension ModelStore {
  /// Where the bytes of a download collect: a name that says what they are to become.
  ///
  /// - Parameter key: a SHA-256 in hexadecimal, or another text of letters, digits and `-`.
  package func partial(_ key: String) -> String { "\(root)/partial/\(key).part" }

  /// Waits until no other process downloads this, and keeps others waiting until the value goes.
  package func claim(_ key: String, onWait: () -> Void) throws(Failure) -> FileLock {
    try Directories.create("\(root)/partial")
    return try FileLock.exclusive("\(root)/partial/\(key).lock", onWait: onWait)
  }

  /// Gives a file its name in the store. It is whole, synced, below `ROOT/partial`, and its bytes were just hashed.
  package func adopt(_ path: String, digest: Digest) throws(Failure) {
    let target = self.path(of: digest)
    try Directories.create(Files.parent(of: target))
    guard unsafe chmod(path, 0o444) == 0 else { throw .system("chmod", path: path, errno: errno) }
    try Files.move(path, to: target)
    try Files.synchronizeDirectory(Files.parent(of: target))
    try recordWitness(digest)
  }

  /// Stores bytes under their digest.
  package func insert(_ bytes: [UInt8]) throws(Failure) -> Item {
    let item = Item(digest: Digest.of(bytes), size: Int64(bytes.count))
    if (try? verified(item.digest, size: item.size, label: "")) != nil { return item }
    try Directories.create(Files.parent(of: path(of: item.digest)))
    try Files.replace(path(of: item.digest), with: bytes, mode: 0o444)
    try recordWitness(item.digest)
    return item
  }

  /// Takes a file from the store of another tool, whose files never change under their name.
  ///
  /// Blocks are shared where the file system can. Else the file is linked if it is this user's and no one else can write
  /// it, and copied if not. What is hashed is what gets the name, so the other store need not be trusted.
  /// - Throws: LK004 when it is another file, LX001.
  package func share(_ source: String, size: Int64, digest: Digest) throws(Failure) {
    let identity = try FileIdentity(of: source)
    guard identity.size == size else { throw mismatch(source, "expected \(size) bytes, found \(identity.size)") }
    let target = path(of: digest)
    let temporary = Files.temporaryName(beside: target)
    try Directories.create(Files.parent(of: target))
    guard try isLinkable(source), unsafe link(source, temporary) == 0 else {
      return _ = try importFile(source, size: size, digest: digest)
    }
    defer { _ = unsafe unlink(temporary) }
    try require(try ModelStore.measure(temporary), size: size, digest: digest, of: source)
    try Files.move(temporary, to: target)
    try Files.synchronizeDirectory(Files.parent(of: target))
    try recordWitness(digest)
  }

  private func isLinkable(_ source: String) throws(Failure) -> Bool {
    let input = try ModelStore.openRegular(source)
    let status = try input.status(path: source)
    let probe = Files.temporaryName(beside: "\(root)/x")
    // A file system that shares blocks does better than a link.
    let output = try FileDescriptor.open(probe, O_WRONLY | O_CREAT | O_EXCL)
    defer { _ = unsafe unlink(probe) }
    return status.st_uid == geteuid() && status.st_mode & 0o022 == 0 && !output.clone(input)
  }

  /// Copies a file of the store to another place, verified on the way: sharing blocks where the file system can.
  package func export(_ digest: Digest, size: Int64, to target: String) throws(Failure) {
    let source = path(of: digest)
    let input = try ModelStore.openRegular(source)
    try Files.replace(target) { (output, temporary) throws(Failure) in
      let measured =
        output.clone(input)
        ? try ModelStore.measure(temporary)
        : try ModelStore.copy(input, path: source, to: output, path: temporary, limit: size)
      guard measured == Item(digest: digest, size: size) else {
        throw damaged(source, "its content has \(measured.digest)")
      }
    }
  }

  /// Hashes files of the store again, several at once.
  ///
  /// - Returns: for each, in order, what is wrong with it; nil when nothing is.
  package func verify(_ digests: [Digest], atOnce: Int = Parallel.processors) -> [Failure?] {
    Parallel.map(digests.count, atOnce: atOnce) { index in
      do throws(Failure) {
        try verify(digests[index])
        return nil
      } catch let failure { return failure }
    }
  }
}

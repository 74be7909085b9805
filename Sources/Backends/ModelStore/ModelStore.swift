// INVARIANT: this module is which model files an app needs and where their bytes are. Nothing gets a name in the store
// before its bytes were hashed. Weights are data: headers are read with bounds, and no model is ever run here.

package import Digests
internal import Glibc
package import SystemIO

/// The model files of this user by their SHA-256, for many apps and many processes at once.
///
///     ROOT/sha256/ab/abcd…      a file, read-only, complete
///     ROOT/witness/abcd…        its FileIdentity when it was last hashed
///     ROOT/partial/KEY.part     what has come of a download, KEY.have which parts of it, KEY.lock who is at it
///     ROOT/roots/HEX            the path of a lock file whose models are kept
///
/// A file gets its name by rename(2), after it was hashed and synced. Nothing depends on locks: two processes that take in
/// the same file both write it, and either rename leaves the same bytes. Where there are locks, one downloads and the
/// others wait.
package struct ModelStore: Sendable {
  package let root: String

  package init(root: String) { self.root = root }

  /// The store of this user: `$XDG_DATA_HOME/locara/models`.
  package static func ofUser() throws(Failure) -> ModelStore {
    ModelStore(root: try UserDirectories.data() + "/models")
  }

  /// A file in the store.
  package struct Item: Hashable, Sendable {
    package let digest: Digest
    /// Bytes.
    package let size: Int64

    package init(digest: Digest, size: Int64) {
      self.digest = digest
      self.size = size
    }
  }

  /// Where the file with this digest is, or would be.
  package func path(of digest: Digest) -> String {
    "\(root)/sha256/\(digest.hexadecimal.prefix(2))/\(digest.hexadecimal)"
  }

  /// Whether a file of that name is there. Its bytes are not looked at; `verified` does that.
  package func contains(_ digest: Digest) -> Bool { Files.exists(path(of: digest)) }

  /// Copies a file into the store, if it is the one that is expected.
  ///
  /// The copy shares nothing with the file but, on file systems that can, blocks on the disk; what is hashed is the copy.
  /// - Parameters:
  ///   - size: bytes that the file must have.
  ///   - digest: SHA-256 that the file must have.
  /// - Returns: where the file now is.
  /// - Throws: LK004 when it is another file, LX001 when it cannot be copied. The store is then as it was.
  @discardableResult
  package func importFile(_ source: String, size: Int64, digest: Digest) throws(Failure) -> String {
    let input = try ModelStore.openRegular(source)
    let found = Int64(try input.status(path: source).st_size)
    guard found == size else {
      throw mismatch(source, "expected \(size) bytes, found \(found)")
    }
    let target = path(of: digest)
    if (try? verified(digest, size: size, label: source)) != nil {
      // Nothing to copy, and still the file is what it is said to be, or not.
      try require(try ModelStore.hash(input, path: source), size: size, digest: digest, of: source)
      return target
    }
    try Directories.create(Files.parent(of: target))
    try Files.replace(target, mode: 0o444) { (output, temporary) throws(Failure) in
      let measured: Item
      if output.clone(input) {
        measured = try ModelStore.hash(try ModelStore.openRegular(temporary), path: temporary)
      } else {
        measured = try ModelStore.copy(input, path: source, to: output, path: temporary, limit: size)
      }
      try require(measured, size: size, digest: digest, of: source)
    }
    try recordWitness(digest)
    return target
  }

  /// Takes in a file that `give` hands over piece by piece.
  ///
  /// - Parameter source: what it comes from, for messages.
  /// - Throws: LK004 when it is another file, and what `give` throws. The store is then as it was.
  package func receive(
    _ digest: Digest, size: Int64, from source: String,
    _ give: ((UnsafeRawBufferPointer) throws(Failure) -> Void) throws(Failure) -> Void
  ) throws(Failure) {
    let target = path(of: digest)
    try Directories.create(Files.parent(of: target))
    try Files.replace(target, mode: 0o444) { (output, temporary) throws(Failure) in
      try unsafe give { (piece) throws(Failure) in try output.write(unsafe Array(piece), path: temporary) }
      let measured = try ModelStore.hash(try ModelStore.openRegular(temporary), path: temporary)
      try require(measured, size: size, digest: digest, of: source)
    }
    try recordWitness(digest)
  }

  /// The path of a file whose bytes were verified: now, or before and not changed since.
  ///
  /// - Parameters:
  ///   - label: what the file is called where it is needed, for messages.
  ///   - isParanoid: the file is hashed now, whatever was recorded.
  /// - Throws: LK003 when the store does not have it, LK005 when the store's copy is damaged.
  package func verified(
    _ digest: Digest, size: Int64, label: String, isParanoid: Bool = false
  ) throws(Failure) -> String {
    let path = path(of: digest)
    guard Files.exists(path) else {
      throw Failure(
        "LK003", "the model file \(label) (\(size) bytes, \(digest)) is not in the model store", path: root,
        help:
          "run `locara model fetch MANIFEST`, or take it from a directory with `locara model import MANIFEST --from DIRECTORY`"
      )
    }
    let identity = try FileIdentity(of: path)
    guard identity.size == size else {
      throw damaged(path, "expected \(size) bytes, found \(identity.size)")
    }
    if !isParanoid, (try? Files.read(witness(of: digest), limit: 512)) == Array(identity.text.utf8) { return path }
    try verify(digest)
    return path
  }

  /// Hashes a file of the store again, whatever was recorded.
  ///
  /// - Throws: LK003, LK005.
  package func verify(_ digest: Digest) throws(Failure) {
    let path = path(of: digest)
    guard Files.exists(path) else {
      throw Failure("LK003", "the model store has no file \(digest)", path: root)
    }
    let found = try ModelStore.hash(try ModelStore.openRegular(path), path: path)
    guard found.digest == digest else { throw damaged(path, "its content has \(found.digest)") }
    try? recordWitness(digest)
  }

  /// Every file in the store, sorted by digest.
  package func list() throws(Failure) -> [Item] {
    var items: [Item] = []
    guard Files.exists("\(root)/sha256") else { return items }
    for prefix in try Directories.names(in: "\(root)/sha256") {
      for name in try Directories.names(in: "\(root)/sha256/\(prefix)") {
        guard let digest = Digest(hexadecimal: name) else { continue }
        items.append(Item(digest: digest, size: try FileIdentity(of: path(of: digest)).size))
      }
    }
    return items
  }

  /// Removes every file that is not in `keeping`, and what crashed processes left more than a day ago.
  ///
  /// An app that runs keeps the files that it was started with: they are mounted into its sandbox.
  /// - Returns: what was removed, sorted by digest.
  package func collect(keeping: Set<Digest>) throws(Failure) -> [Item] {
    var removed: [Item] = []
    for item in try list() where !keeping.contains(item.digest) {
      try Files.remove(witness(of: item.digest))
      try Files.remove(path(of: item.digest))
      removed.append(item)
    }
    try removeLeftovers()
    return removed
  }

  /// Size and SHA-256 of any regular file, read once in pieces.
  package static func measure(_ path: String) throws(Failure) -> Item {
    try hash(try openRegular(path), path: path)
  }

  func witness(of digest: Digest) -> String { "\(root)/witness/\(digest.hexadecimal)" }

  func recordWitness(_ digest: Digest) throws(Failure) {
    try Directories.create("\(root)/witness")
    let identity = try FileIdentity(of: path(of: digest))
    try Files.replace(witness(of: digest), with: Array(identity.text.utf8))
  }

  func require(_ found: Item, size: Int64, digest: Digest, of source: String) throws(Failure) {
    guard found.size == size else { throw mismatch(source, "expected \(size) bytes, found \(found.size)") }
    guard found.digest == digest else { throw mismatch(source, "expected \(digest), found \(found.digest)") }
  }

  func mismatch(_ source: String, _ problem: String) -> Failure {
    Failure(
      "LK004", "this is not the file that the lock names: \(problem)", path: source,
      help: "get the file of the locked revision, or lock again if you mean to use this one")
  }

  func damaged(_ path: String, _ problem: String) -> Failure {
    Failure(
      "LK005", "the model store's copy is damaged: \(problem)", path: path,
      help: "run `locara model fetch MANIFEST`, which replaces it")
  }
}

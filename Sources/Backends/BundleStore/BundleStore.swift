internal import BundleFormat
package import Digests
internal import Glibc
internal import OCI
package import SystemIO

/// Bundles that were verified and unpacked, by the digest of their manifest, for many processes at once.
///
///     ROOT/bundles/HEX/head       the bundle's file up to its payload
///     ROOT/bundles/HEX/payload/   the payload, read-only
///     ROOT/bundles/HEX/witness    TreeWitness of payload/, hexadecimal
///     ROOT/bundles/HEX/lock       flock(2): shared while an app runs from here
///     ROOT/opened/DEVICE-INODE    what is known of a bundle's file that was verified before: OpenedRecord
///     ROOT/prepared/...           starts that were worked out before: PreparedStart, of the module that starts bundles
///
/// An entry is made under another name, synced, and renamed; it is never changed afterwards, apart from its witness.
package struct BundleStore: Sendable {
  package let root: String

  package init(root: String) { self.root = root }

  /// The store of this user: `$XDG_DATA_HOME/locara/store`.
  package static func ofUser() throws(Failure) -> BundleStore {
    BundleStore(root: try UserDirectories.data() + "/store")
  }

  var bundles: String { "\(root)/bundles" }
  var opened: String { "\(root)/opened" }
  package var prepared: String { "\(root)/prepared" }

  func entry(_ digest: Digest) -> String { "\(bundles)/\(digest.hexadecimal)" }

  /// Opens the bundle file at `path`, unpacking it when the store does not have it yet.
  ///
  /// All of the file is verified, unless it is the very file, unchanged, that was verified before.
  /// - Throws: as `Bundle.open`, and LX001 when the store cannot be written.
  package func open(_ path: String) throws(Failure) -> InstalledBundle {
    let file = try OpenFile(path)
    if let known = OpenedRecord(of: file.identity, in: self), let installed = try? find(known.digest) {
      installed.source = file.identity
      return installed
    }
    let bundle = try Bundle.openHead(file)
    var installed: InstalledBundle?
    do throws(Failure) { installed = try find(bundle.digest) } catch let failure {
      guard failure.code == "LB012" else { throw failure }
      // The file at hand is as good as the one that the entry was made of.
      try discard(bundle.digest)
    }
    if let installed {
      try bundle.verifyContent()
      installed.source = file.identity
      remember(installed)
      return installed
    }
    try bundle.verifyModels()
    // A collector may take the entry away before it is locked here; it does not do so again and again.
    for _ in 0..<8 {
      try install(bundle)
      guard let fresh = try find(bundle.digest) else { continue }
      fresh.source = file.identity
      remember(fresh)
      return fresh
    }
    throw Failure(
      "LB012", "the store's copy of the bundle goes away while it is being opened", path: entry(bundle.digest),
      help: "run the same command again when nothing cleans the store")
  }

  /// The bundle with this digest; nil when the store does not have it.
  ///
  /// - Throws: LB012 when the store's copy is damaged.
  package func find(_ digest: Digest) throws(Failure) -> InstalledBundle? {
    guard let lock = try StoreLock.shared(entry(digest)) else { return nil }
    let recorded = try? Files.read("\(entry(digest))/witness", limit: 256)
    let found = try TreeWitness.of("\(entry(digest))/payload")
    let installed = InstalledBundle(
      bundle: try head(of: digest), payload: InstalledPayload(entry(digest), witness: found.entries, lock: lock))
    if recorded != Array(found.digest.hexadecimal.utf8) {
      // Copied, restored, or tampered with: only the bytes can tell.
      try check(installed)
      try? Files.replace("\(entry(digest))/witness", with: Array(found.digest.hexadecimal.utf8), mode: 0o444)
    }
    return installed
  }

  /// The digests of all bundles in the store, sorted.
  package func list() throws(Failure) -> [Digest] {
    guard Files.exists(bundles) else { return [] }
    return try Directories.names(in: bundles).compactMap { Digest(hexadecimal: $0) }
  }

  /// Bytes in the files of an entry; 0 when it is not there.
  package func size(of digest: Digest) throws(Failure) -> Int64 {
    guard Files.exists(entry(digest)) else { return 0 }
    var total: Int64 = 0
    for (_, kind) in try Directories.walk(entry(digest)) {
      if case .file(let size, _) = kind { total += size }
    }
    return total
  }

  /// Reads every byte of an entry again.
  ///
  /// - Throws: LB012 when it is damaged, LB014 when it is not there.
  package func verify(_ digest: Digest) throws(Failure) {
    guard let lock = try StoreLock.shared(entry(digest)) else {
      throw Failure("LB014", "the store has no bundle \(digest)", path: root)
    }
    let payload = InstalledPayload(entry(digest), witness: [], lock: lock)
    try check(InstalledBundle(bundle: try head(of: digest), payload: payload))
  }

  /// Removes every bundle that is not in `keeping` and that nothing runs from, and what crashed processes left.
  ///
  /// - Returns: the digests of what was removed, sorted.
  package func collect(keeping: Set<Digest>) throws(Failure) -> [Digest] {
    var removed: [Digest] = []
    for digest in try list() where !keeping.contains(digest) {
      guard let lock = try StoreLock.exclusive(entry(digest)) else { continue }
      try discard(digest)
      _ = consume lock
      removed.append(digest)
    }
    try OpenedRecord.removeStale(in: self)
    // Which of them still count only a start can tell, and making one anew costs little.
    if Files.exists(prepared) { try Directories.removeTree(prepared) }
    try removeLeftovers()
    return removed
  }

  /// The entry's payload, archived again, must have the digest that the manifest says.
  private func check(_ installed: InstalledBundle) throws(Failure) {
    let expected = installed.bundle.head.payload.digest
    let found: Digest
    do throws(Failure) {
      found = try PayloadPlan(try PayloadItem.tree(installed.payloadDirectory)).digest()
    } catch let failure {
      // A system that fails says nothing about the entry; content that no payload can have does.
      guard failure.code.hasPrefix("LB") else { throw failure }
      throw damaged(installed.payload.entry, "its payload was changed: \(failure.message)")
    }
    guard found == expected else {
      throw damaged(installed.payload.entry, "its payload was changed: expected \(expected), found \(found)")
    }
  }

  private func head(of digest: Digest) throws(Failure) -> Bundle {
    let file = try OpenFile("\(entry(digest))/head")
    let head: BundleHead
    do throws(Failure) { head = try BundleReader(file).head() } catch let failure {
      throw damaged(entry(digest), failure.message)
    }
    guard head.digest == digest, head.payloadOffset == file.size else {
      throw damaged(entry(digest), "it holds another bundle")
    }
    return Bundle(head: head, file: file)
  }

  func damaged(_ path: String, _ problem: String) -> Failure {
    Failure(
      "LB012", "the store's copy of a bundle is damaged: \(problem)", path: path,
      help: "open the bundle's file again, or remove this directory; nothing else depends on it")
  }
}

package import Digests
internal import Glibc
package import SandboxPlan
package import SystemIO

/// Root file systems that were unpacked from OCI images, by the digest of the image.
///
///     ROOT/HEX/root/      the tree, read-only
///     ROOT/HEX/witness    TreeWitness of root/, hexadecimal
///
/// An entry is made under another name, synced, and renamed; it is never changed afterwards.
package struct RuntimeStore: Sendable {
  package let root: String

  package init(root: String) { self.root = root }

  /// The store of this user: `$XDG_DATA_HOME/locara/runtimes`.
  package static func ofUser() throws(Failure) -> RuntimeStore {
    RuntimeStore(root: try UserDirectories.data() + "/runtimes")
  }

  private func entry(_ digest: Digest) -> String { "\(root)/\(digest.hexadecimal)" }

  /// The directory of an image's root file system; nil when the store does not have it.
  ///
  /// - Throws: LB064 when something in it was changed since it was unpacked.
  package func find(_ digest: Digest) throws(Failure) -> String? {
    let directory = "\(entry(digest))/root"
    guard Files.exists(directory) else { return nil }
    let recorded = try? Files.read("\(entry(digest))/witness", limit: 256)
    guard recorded == Array(try TreeWitness.of(directory).digest.hexadecimal.utf8) else {
      throw Failure(
        "LB064", "the root file system was changed since it was unpacked", path: directory,
        help: "remove it with `locara runtime remove \(digest)`, and import the image again")
    }
    return directory
  }

  /// The root file systems that a plan mounts, by digest in hexadecimal; those that are not there are left out.
  package func roots(of plan: SandboxPlan) throws(Failure) -> TextTable {
    var roots = TextTable()
    for mount in plan.mounts {
      guard case .image(let text, _) = mount.source, roots[text] == nil, let digest = Digest(hexadecimal: text) else {
        continue
      }
      if let directory = try find(digest) { roots[text] = directory }
    }
    return roots
  }

  /// Puts a root file system into the store.
  ///
  /// - Parameter unpack: fills an empty directory; when it throws, the store is as it was.
  package func install(_ digest: Digest, _ unpack: (String) throws(Failure) -> Void) throws(Failure) {
    try Directories.create(root, mode: 0o700)
    let temporary = try Directories.createTemporary(in: root)
    do throws(Failure) {
      let tree = "\(temporary)/root"
      try Directories.create(tree, mode: 0o755)
      try unpack(tree)
      for path in [tree]
        + (try Directories.walk(tree, limit: 2_000_000).filter { $0.kind == .directory }.map { "\(tree)/\($0.path)" })
      {
        guard unsafe chmod(path, 0o555) == 0 else { throw Failure.system("chmod", path: path, errno: errno) }
      }
      let witness = try TreeWitness.of(tree)
      try Files.replace("\(temporary)/witness", with: Array(witness.digest.hexadecimal.utf8), mode: 0o444)
      try FileDescriptor.open(temporary, O_RDONLY | O_DIRECTORY).synchronizeFileSystem(path: temporary)
      try remove(digest)
      try Files.move(temporary, to: entry(digest))
    } catch let failure {
      try? Directories.removeTree(temporary)
      throw failure
    }
    try Files.synchronizeDirectory(root)
  }

  /// The digests of all root file systems in the store, sorted.
  package func list() throws(Failure) -> [Digest] {
    guard Files.exists(root) else { return [] }
    return try Directories.names(in: root).compactMap { Digest(hexadecimal: $0) }
  }

  /// Removes a root file system; one that is not there is no error.
  package func remove(_ digest: Digest) throws(Failure) {
    guard Files.exists(entry(digest)) else { return }
    let aside = Files.temporaryName(beside: entry(digest))
    try Files.move(entry(digest), to: aside)
    try Directories.removeTree(aside)
  }
}

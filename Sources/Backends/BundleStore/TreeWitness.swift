package import Digests
internal import Glibc
package import SystemIO

/// A digest over what stat(2) says about every file, directory and link of a tree, names included.
///
/// Two equal witnesses of one tree mean that nothing in it was written, added, removed or renamed between them
/// (`FileIdentity`), at the price of a stat for each entry instead of reading all bytes.
package struct TreeWitness: Sendable {
  /// One entry of the tree: its path below the root, empty for the root itself, and what stat(2) said.
  package struct Entry: Hashable, Sendable {
    package let path: String
    package let identity: FileIdentity
  }

  /// Over all entries, and over every directory once more after it was listed.
  package let digest: Digest
  /// Parents before what is in them.
  let entries: [Entry]

  /// The witness of the tree at `root` as it is now.
  package static func of(_ root: String) throws(Failure) -> TreeWitness {
    let directory = try FileDescriptor.open(root, O_RDONLY | O_DIRECTORY | O_NOFOLLOW)
    let walk = Walk()
    walk.record("", at: "", FileIdentity(try directory.status(path: root)))
    try walk.visit(directory, path: root, below: "")
    return TreeWitness(digest: walk.finish(), entries: walk.entries)
  }

  private final class Walk {
    private var hasher: SHA256? = SHA256()
    private(set) var entries: [Entry] = []

    func record(_ name: String, at path: String, _ identity: FileIdentity) {
      entries.append(Entry(path: path, identity: identity))
      add(name, identity)
    }

    private func add(_ name: String, _ identity: FileIdentity) {
      // Names cannot hold a slash, so records cannot be confused.
      hasher?.update(Array("\(name)/\(identity.text)\n".utf8))
    }

    func finish() -> Digest { hasher.take()?.finish() ?? Digest.of([]) }

    func visit(_ directory: borrowing FileDescriptor, path: String, below parent: String) throws(Failure) {
      for name in try Walk.names(in: directory, path: path) {
        var status = stat()
        guard unsafe fstatat(directory.number, name, &status, AT_SYMLINK_NOFOLLOW) == 0 else {
          throw .system("stat", path: "\(path)/\(name)", errno: errno)
        }
        record(name, at: parent + name, FileIdentity(status))
        guard status.st_mode & S_IFMT == S_IFDIR else { continue }
        let number = unsafe openat(directory.number, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
        guard number >= 0 else { throw .system("open", path: "\(path)/\(name)", errno: errno) }
        try visit(FileDescriptor(owning: number), path: "\(path)/\(name)", below: "\(parent)\(name)/")
      }
      add("..", FileIdentity(try directory.status(path: path)))
    }

    private static func names(in directory: borrowing FileDescriptor, path: String) throws(Failure) -> [String] {
      // fdopendir(3) takes the descriptor over, so it gets a copy; the copy shares the position, which is at the start.
      let copy = fcntl(directory.number, F_DUPFD_CLOEXEC, 0)
      guard copy >= 0 else { throw .system("list", path: path, errno: errno) }
      guard let stream = unsafe fdopendir(copy) else {
        let number = errno
        _ = close(copy)
        throw .system("list", path: path, errno: number)
      }
      defer { _ = unsafe closedir(stream) }
      var names: [String] = []
      while true {
        errno = 0
        guard let entry = unsafe readdir(stream) else { break }
        let name = unsafe withUnsafePointer(to: &entry.pointee.d_name) { pointer in
          unsafe pointer.withMemoryRebound(to: CChar.self, capacity: 256) { unsafe String(cString: $0) }
        }
        if name != "." && name != ".." { names.append(name) }
      }
      guard errno == 0 else { throw .system("list", path: path, errno: errno) }
      return names.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    }
  }
}

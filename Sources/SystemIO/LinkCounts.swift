internal import CSystemIO
internal import Glibc

/// What the number of links of a directory tells: two, of its own name and its `.`, and one of the `..` of each directory in
/// it. One with two is a leaf: what is in it need not be listed to see that nothing goes on below.
enum LinkCounts {
  /// The device of a directory on a file system of which it is known that it counts so; nil for others. Some count in another
  /// way or not at all, and a network file system may say two of everything.
  static func device(of directory: Int32) -> dev_t? {
    var status = stat()
    guard locara_counts_links(directory) != 0, unsafe fstat(directory, &status) == 0 else { return nil }
    return status.st_dev
  }

  /// What is in a leaf of the name that is looked for: that or nothing. Nil for a directory that has to be listed: it is no
  /// leaf, another file system is mounted on it, or it cannot be looked into.
  static func entries(
    named wanted: String, inLeaf name: String, of parent: Int32, device: dev_t
  ) -> [Directories.Entry]? {
    guard let leaf = status(of: name, in: parent), leaf.st_mode & S_IFMT == S_IFDIR, leaf.st_nlink == 2,
      leaf.st_dev == device
    else { return nil }
    let path = "\(name)/\(wanted)"
    defer { withExtendedLifetime(path) {} }
    if let entry = status(of: path, in: parent) {
      return [(wanted, entry.st_mode & S_IFMT == S_IFDIR)]
    }
    return errno == ENOENT ? [] : nil
  }

  private static func status(of path: String, in directory: Int32) -> stat? {
    var status = stat()
    return unsafe path.withCString { unsafe fstatat(directory, $0, &status, AT_SYMLINK_NOFOLLOW) } == 0 ? status : nil
  }
}

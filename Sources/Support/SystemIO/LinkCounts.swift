internal import CSystemIO
internal import Glibc

/// What the number of links of a directory tells: two, of its own name and its `.`, and one of the `..` of each directory in
/// it. One with two is a leaf: what is in it need not be listed to see that nothing goes on below.
enum LinkCounts {
  /// The device of a directory on a file system of which it is known that it counts so; nil for others. Some count in another
  /// way or not at all, and a network file system may say two of everything.
  static func device(of directory: Int32) -> dev_t? {
    var status = stat()
    guard unsafe fstat(directory, &status) == 0, locara_counts_links(directory, UInt64(status.st_dev)) != 0 else {
      return nil
    }
    return status.st_dev
  }

  /// What is in a leaf of the name that is looked for: that or nothing. Nil for a directory that has to be listed: it is no
  /// leaf, another file system is mounted on it, or it cannot be looked into.
  static func entries(
    named wanted: String, inLeaf name: String, of parent: Int32, device: dev_t
  ) -> [Directories.Entry]? {
    var status = stat()
    guard refusal(name, parent, &status) == 0, status.st_mode & S_IFMT == S_IFDIR, status.st_nlink == 2,
      status.st_dev == device
    else { return nil }
    switch refusal("\(name)/\(wanted)", parent, &status) {
    case 0: return [(wanted, status.st_mode & S_IFMT == S_IFDIR)]
    case ENOENT: return []
    default: return nil
    }
  }

  /// fstatat(2), links not followed: 0, or an errno.
  private static func refusal(_ path: String, _ directory: Int32, _ status: inout stat) -> Int32 {
    unsafe path.withCString { unsafe fstatat(directory, $0, &status, AT_SYMLINK_NOFOLLOW) == 0 ? 0 : errno }
  }
}

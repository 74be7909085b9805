package import Glibc

/// Directories: created with parents, listed in a fixed order, removed whole.
package enum Directories {
  /// Creates `path` and the parents that are missing; one that exists is left as it is.
  package static func create(_ path: String, mode: mode_t = 0o755) throws(Failure) {
    if unsafe mkdir(path, mode) == 0 { return }
    switch errno {
    case EEXIST where Files.isDirectory(path): return
    case EEXIST: throw .system("create the directory", path: path, errno: ENOTDIR)
    case ENOENT where Files.parent(of: path) != path:
      try create(Files.parent(of: path), mode: mode)
      guard unsafe mkdir(path, mode) == 0 || errno == EEXIST else {
        throw .system("create the directory", path: path, errno: errno)
      }
    default: throw .system("create the directory", path: path, errno: errno)
    }
  }

  /// What a directory entry is, symbolic links not followed.
  package enum Kind: Hashable, Sendable {
    case file(size: Int64, executable: Bool)
    case directory
    case symbolicLink(target: String)
    /// A device, a pipe or a socket.
    case other
  }

  /// The names in a directory, in byte order, without `.` and `..`.
  package static func names(in path: String) throws(Failure) -> [String] { try entries(in: path).map(\.name) }

  /// lstat(2), as a value.
  package static func kind(of path: String) throws(Failure) -> Kind {
    var status = stat()
    guard unsafe lstat(path, &status) == 0 else { throw .system("stat", path: path, errno: errno) }
    switch status.st_mode & S_IFMT {
    case S_IFREG: return .file(size: Int64(status.st_size), executable: status.st_mode & 0o100 != 0)
    case S_IFDIR: return .directory
    case S_IFLNK:
      var target = [CChar](repeating: 0, count: Int(PATH_MAX))
      let length = unsafe readlink(path, &target, target.count)
      guard length >= 0 else { throw .system("read the link", path: path, errno: errno) }
      return .symbolicLink(target: String(decoding: target[..<length].map { UInt8(bitPattern: $0) }, as: UTF8.self))
    default: return .other
    }
  }

  /// Every entry below `root`, parents before children, siblings in byte order; paths are relative to `root`.
  ///
  /// Symbolic links are listed and not followed.
  /// - Parameter limit: the most entries that are accepted.
  package static func walk(_ root: String, limit: Int = 200_000) throws(Failure) -> [(path: String, kind: Kind)] {
    var found: [(path: String, kind: Kind)] = []
    func visit(_ relative: String) throws(Failure) {
      let directory = relative.isEmpty ? root : "\(root)/\(relative)"
      for name in try names(in: directory) {
        let path = relative.isEmpty ? name : "\(relative)/\(name)"
        let kind = try kind(of: "\(root)/\(path)")
        guard found.count < limit else {
          throw Failure("LX005", "more than \(limit) files and directories", path: root)
        }
        found.append((path, kind))
        if kind == .directory { try visit(path) }
      }
    }
    try visit("")
    return found
  }

  /// Removes a directory with everything below it, without following symbolic links; one that is not there is no error.
  package static func removeTree(_ path: String) throws(Failure) {
    var status = stat()
    guard unsafe lstat(path, &status) == 0 else {
      if errno == ENOENT { return }
      throw .system("stat", path: path, errno: errno)
    }
    guard status.st_mode & S_IFMT == S_IFDIR else { return try Files.remove(path) }
    // A directory that its owner made read-only still has to go.
    if status.st_mode & 0o700 != 0o700 { _ = unsafe chmod(path, 0o700) }
    for name in try names(in: path) { try removeTree("\(path)/\(name)") }
    guard unsafe rmdir(path) == 0 || errno == ENOENT else { throw .system("remove", path: path, errno: errno) }
  }

  /// Creates a directory that nobody else has, below `parent`, readable by the owner only.
  package static func createTemporary(in parent: String) throws(Failure) -> String {
    let path = Files.temporaryName(beside: "\(parent)/x")
    guard unsafe mkdir(path, 0o700) == 0 else { throw .system("create the directory", path: path, errno: errno) }
    return path
  }
}

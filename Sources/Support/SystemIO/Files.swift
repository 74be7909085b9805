package import Glibc

/// Whole files: read with a bound, written so that a crash leaves the old file or the new one and nothing between.
package enum Files {
  /// Reads a regular file.
  ///
  /// - Parameter limit: the most bytes that are accepted; a longer file is refused, not cut.
  package static func read(_ path: String, limit: Int) throws(Failure) -> [UInt8] {
    let descriptor = try FileDescriptor.open(path, O_RDONLY | O_NONBLOCK)
    let status = try descriptor.status(path: path)
    guard status.st_mode & S_IFMT != S_IFDIR else {
      throw Failure("LX002", "expected a file, found a directory", path: path)
    }
    guard status.st_mode & S_IFMT == S_IFREG else {
      throw Failure("LX003", "expected a regular file, found a device, a pipe or a socket", path: path)
    }
    guard status.st_size <= limit else {
      throw Failure("LX004", "the file is larger than \(limit) bytes", path: path)
    }
    // What is written to it meanwhile is as good as written after it was read.
    var bytes = try descriptor.read(upTo: Int(status.st_size), path: path)
    // The files of /proc, and those of control groups, say that they are empty.
    while status.st_size == 0, bytes.count <= limit {
      let more = try descriptor.read(upTo: min(limit + 1 - bytes.count, 16 << 10), path: path)
      guard !more.isEmpty else { break }
      bytes += more
    }
    guard bytes.count <= limit else {
      throw Failure("LX004", "the file is larger than \(limit) bytes", path: path)
    }
    return bytes
  }

  /// Replaces the file at `path` by `bytes`: written under another name beside it, synced, renamed, directory synced.
  ///
  /// After a failure the old file, if there was one, is untouched and nothing else is left.
  /// - Parameter isDurable: whether the content is synced. A file that is recognized when it is damaged, and made again
  ///   without loss, need not be.
  package static func replace(
    _ path: String, with bytes: [UInt8], mode: mode_t = 0o644, isDurable: Bool = true
  ) throws(Failure) {
    try replace(path, mode: mode, isDurable: isDurable) { (descriptor, temporary) throws(Failure) in
      try descriptor.write(bytes, path: temporary)
    }
  }

  /// The same for content that is written piece by piece.
  package static func replace(
    _ path: String, mode: mode_t = 0o644, isDurable: Bool = true,
    writing body: (borrowing FileDescriptor, String) throws(Failure) -> Void
  ) throws(Failure) {
    let temporary = temporaryName(beside: path)
    do throws(Failure) {
      let descriptor = try FileDescriptor.open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, mode: 0o600)
      try body(descriptor, temporary)
      // fchmod, not the mode of open(2): the result must not depend on the umask.
      guard fchmod(descriptor.number, mode) == 0 else { throw Failure.system("chmod", path: temporary, errno: errno) }
      if isDurable { try descriptor.synchronize(path: temporary) }
      try move(temporary, to: path)
    } catch var failure {
      _ = unsafe unlink(temporary)
      // The other name means nothing to whoever asked for `path`.
      if failure.path == temporary { failure.path = path }
      throw failure
    }
    if isDurable { try synchronizeDirectory(parent(of: path)) }
  }

  /// rename(2): replaces what is at `target`, in the same file system.
  package static func move(_ source: String, to target: String) throws(Failure) {
    guard unsafe rename(source, target) == 0 else { throw .system("rename into place", path: target, errno: errno) }
  }

  /// Makes what was created or renamed in a directory durable.
  package static func synchronizeDirectory(_ path: String) throws(Failure) {
    let directory = try FileDescriptor.open(path, O_RDONLY | O_DIRECTORY)
    try directory.synchronize(path: path)
  }

  /// Whether something is at `path`, symbolic links followed.
  package static func exists(_ path: String) -> Bool { unsafe access(path, F_OK) == 0 }

  /// Whether `path` is a directory, symbolic links followed.
  package static func isDirectory(_ path: String) -> Bool {
    var status = stat()
    return unsafe stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
  }

  /// Bytes that this user can still write below a directory; nil when the file system does not say.
  package static func freeSpace(_ directory: String) -> Int64? {
    var status = statvfs()
    guard unsafe statvfs(directory, &status) == 0 else { return nil }
    return Int64(
      clamping: UInt64(status.f_bavail).multipliedReportingOverflow(by: UInt64(status.f_frsize)).partialValue)
  }

  /// The permission bits of the file at `path`, symbolic links followed.
  package static func permissions(of path: String) throws(Failure) -> mode_t {
    var status = stat()
    guard unsafe stat(path, &status) == 0 else { throw .system("stat", path: path, errno: errno) }
    return status.st_mode & 0o7777
  }

  /// Removes one file; a file that is not there is not an error.
  package static func remove(_ path: String) throws(Failure) {
    guard unsafe unlink(path) == 0 || errno == ENOENT else { throw .system("remove", path: path, errno: errno) }
  }

  /// A name beside `path` that nothing uses: hidden, and told apart from the files of other tools.
  package static func temporaryName(beside path: String) -> String {
    let random = UInt64.random(in: .min ... .max)
    return "\(parent(of: path))/.locara-\(getpid())-\(String(random, radix: 36))"
  }

  /// The directory part of a path: `.` for a bare name.
  package static func parent(of path: String) -> String {
    guard let slash = path.utf8.lastIndex(of: UInt8(ascii: "/")) else { return "." }
    return slash == path.startIndex ? "/" : String(path[..<slash])
  }

  /// The last component of a path.
  package static func name(of path: String) -> String {
    path.lastIndex(of: "/").map { String(path[path.index(after: $0)...]) } ?? path
  }
}

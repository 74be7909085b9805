internal import Digests
internal import Glibc
internal import SystemIO

/// Reading and copying in pieces of fixed size, hashing on the way.
extension ModelStore {
  private static let piece = 256 << 10

  static func openRegular(_ path: String) throws(Failure) -> FileDescriptor {
    let descriptor = try FileDescriptor.open(path, O_RDONLY | O_NONBLOCK)
    let type = try descriptor.status(path: path).st_mode & S_IFMT
    guard type != S_IFDIR else { throw Failure("LX002", "expected a file, found a directory", path: path) }
    guard type == S_IFREG else {
      throw Failure("LX003", "expected a regular file, found a device, a pipe or a socket", path: path)
    }
    return descriptor
  }

  static func hash(_ input: borrowing FileDescriptor, path: String) throws(Failure) -> Item {
    var hasher = SHA256()
    var size: Int64 = 0
    while true {
      let bytes = try input.read(upTo: piece, path: path)
      hasher.update(bytes)
      size += Int64(bytes.count)
      if bytes.count < piece { return Item(digest: hasher.finish(), size: size) }
    }
  }

  /// - Parameter limit: bytes after which copying stops: a file that grows does not fill the disk.
  static func copy(
    _ input: borrowing FileDescriptor, path: String, to output: borrowing FileDescriptor, path outputPath: String,
    limit: Int64
  ) throws(Failure) -> Item {
    var hasher = SHA256()
    var size: Int64 = 0
    while size <= limit {
      let bytes = try input.read(upTo: piece, path: path)
      hasher.update(bytes)
      size += Int64(bytes.count)
      try output.write(bytes, path: outputPath)
      if bytes.count < piece { break }
    }
    return Item(digest: hasher.finish(), size: size)
  }
}

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
    try unsafe pieces(of: input, path: path, limit: .max) { (_, _) throws(Failure) in }
  }

  /// - Parameter limit: bytes after which copying stops: a file that grows does not fill the disk.
  static func copy(
    _ input: borrowing FileDescriptor, path: String, to output: borrowing FileDescriptor, path outputPath: String,
    limit: Int64
  ) throws(Failure) -> Item {
    let target = output.number
    return try unsafe pieces(of: input, path: path, limit: limit) { (bytes, offset) throws(Failure) in
      try unsafe FileDescriptor.write(bytes, to: target, at: offset, path: outputPath)
    }
  }

  /// Hashes a file from its start; memory stays at one piece.
  private static func pieces(
    of input: borrowing FileDescriptor, path: String, limit: Int64,
    _ body: (UnsafeRawBufferPointer, Int64) throws(Failure) -> Void
  ) throws(Failure) -> Item {
    input.expectSequentialReading()
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: piece, alignment: 4096)
    defer { unsafe buffer.deallocate() }
    var hasher = SHA256()
    var size: Int64 = 0
    while size <= limit {
      let count = try unsafe input.read(into: buffer, at: size, path: path)
      let bytes = unsafe UnsafeRawBufferPointer(rebasing: buffer[..<count])
      unsafe hasher.update(bytes)
      try unsafe body(bytes, size)
      size += Int64(count)
      if count < piece { break }
    }
    return Item(digest: hasher.finish(), size: size)
  }
}

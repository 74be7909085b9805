internal import Digests
internal import Glibc
package import SystemIO

/// An open regular file that several windows read.
package final class OpenFile: Sendable {
  let path: String
  let number: Int32
  package let identity: FileIdentity

  /// - Parameter name: what the file is called in messages, when that is not `path`.
  package init(_ path: String, shownAs name: String? = nil) throws(Failure) {
    // Not blocking: a named pipe without a writer must not stop the program.
    let descriptor = try FileDescriptor.open(path, O_RDONLY | O_NONBLOCK)
    let status = try descriptor.status(path: path)
    guard status.st_mode & S_IFMT != S_IFDIR else {
      throw Failure("LX002", "expected a file, found a directory", path: path)
    }
    guard status.st_mode & S_IFMT == S_IFREG else {
      throw Failure("LX003", "expected a regular file, found a device, a pipe or a socket", path: path)
    }
    self.path = name ?? path
    identity = FileIdentity(status)
    number = descriptor.release()
  }

  deinit { _ = close(number) }

  package var size: Int64 { identity.size }
}

/// A stretch of a file that is read once from its start to its end, through a buffer of fixed size.
///
/// With `hashing`, every byte that is read is hashed.
@safe package final class InputWindow {
  let file: OpenFile
  package let length: Int64
  /// Bytes given out so far.
  private(set) var position: Int64 = 0
  private let start: Int64
  private var fetched: Int64 = 0
  private let buffer: UnsafeMutableRawBufferPointer
  private var available: Range<Int> = 0..<0
  private var hasher: SHA256?
  private let frontier: Frontier?
  /// Bytes that the kernel was asked to write to the disk.
  private var written: Int64 = 0

  /// Bytes after which the kernel is asked to begin with the disk, of a file that is being written.
  private static let writeStep: Int64 = 32 << 20

  /// - Parameter frontier: how many bytes of the stretch are there, while another thread writes them.
  package init(_ file: OpenFile, from start: Int64, length: Int64, hashing: Bool, following frontier: Frontier? = nil) {
    self.file = file
    self.start = start
    self.length = length
    self.frontier = frontier
    unsafe buffer = .allocate(byteCount: Int(min(256 << 10, max(length, 512))), alignment: 4096)
    hasher = hashing ? SHA256() : nil
  }

  deinit { unsafe buffer.deallocate() }

  var remaining: Int64 { length - position }

  /// The next `count` bytes, which must be there.
  package func read(_ count: Int) throws(Failure) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(count)
    try unsafe consume(Int64(count)) { (piece) throws(Failure) in unsafe bytes.append(contentsOf: piece) }
    return bytes
  }

  /// Gives the next `count` bytes, which must be there, to `body` in pieces.
  func consume(_ count: Int64, _ body: (UnsafeRawBufferPointer) throws(Failure) -> Void) throws(Failure) {
    var left = count
    while left > 0 {
      if available.isEmpty { try fill() }
      let size = Int(min(Int64(available.count), left))
      let piece = unsafe UnsafeRawBufferPointer(rebasing: buffer[available.lowerBound..<(available.lowerBound + size)])
      available = (available.lowerBound + size)..<available.upperBound
      position += Int64(size)
      left -= Int64(size)
      try unsafe body(piece)
    }
  }

  /// Reads to the end.
  func drain() throws(Failure) {
    try unsafe consume(remaining) { _ throws(Failure) in }
  }

  /// The digest of the whole window, which must have been made with `hashing`; reads what is left.
  func finish() throws(Failure) -> Digest {
    try drain()
    guard let digest = hasher.take()?.finish() else { return Digest.of([]) }
    return digest
  }

  private func fill() throws(Failure) {
    var wanted = unsafe Int(min(Int64(buffer.count), length - fetched))
    if let frontier, wanted > 0 {
      guard let there = frontier.wait(past: fetched) else {
        throw .truncated("nobody writes the file any more", path: file.path)
      }
      wanted = Int(min(Int64(wanted), there - fetched))
      if fetched - written >= InputWindow.writeStep {
        FileDescriptor.startWriting(file.number, at: start + written, count: fetched - written)
        written = fetched
      }
    }
    var got = 0
    if wanted > 0 {
      repeat {
        got = unsafe pread(file.number, buffer.baseAddress, wanted, off_t(start + fetched))
      } while got < 0 && errno == EINTR
    }
    guard got >= 0 else { throw .system("read", path: file.path, errno: errno) }
    guard got > 0 else {
      throw .truncated("the bundle is truncated: it ends at byte \(start + fetched)", path: file.path)
    }
    fetched += Int64(got)
    available = 0..<got
    unsafe hasher?.update(UnsafeRawBufferPointer(rebasing: buffer[0..<got]))
  }
}

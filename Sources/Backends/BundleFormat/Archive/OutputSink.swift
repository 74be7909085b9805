internal import Digests
internal import Glibc
internal import SystemIO

/// Where an archive is written: a file, a digest, or both, through a buffer of fixed size.
///
/// A file is hashed on a thread of its own, behind the writing; without a file the bytes are hashed here.
@safe final class OutputSink {
  /// Everything, of a sink that keeps it.
  private(set) var kept: [UInt8] = []
  private let number: Int32?
  private let path: String
  private let keeps: Bool
  private let trailing: TrailingHasher?
  private var hasher: SHA256?
  private let buffer: UnsafeMutableRawBufferPointer
  private let capacity: Int
  private var filled = 0
  /// Bytes that were flushed.
  private var count: Int64 = 0

  /// Only hashes.
  ///
  /// - Parameter keeps: whether everything is kept in memory; for small archives.
  init(keeps: Bool = false) {
    number = nil
    path = ""
    self.keeps = keeps
    trailing = nil
    hasher = SHA256()
    capacity = 256 << 10
    unsafe buffer = .allocate(byteCount: capacity, alignment: 4096)
  }

  /// - Parameters:
  ///   - number: a descriptor that outlives the sink; it is written from its position on.
  ///   - start: that position.
  init(writingTo number: Int32, path: String, from start: Int64) {
    self.number = number
    self.path = path
    keeps = false
    trailing = TrailingHasher(path, from: start)
    capacity = 1 << 20
    unsafe buffer = .allocate(byteCount: capacity, alignment: 4096)
  }

  deinit {
    // After a failure somebody waits for bytes that do not come.
    trailing?.abandon()
    unsafe buffer.deallocate()
  }

  func put(_ bytes: [UInt8]) throws(Failure) {
    var done = 0
    while done < bytes.count {
      if filled == capacity { try flush() }
      let size = min(bytes.count - done, capacity - filled)
      unsafe bytes.withUnsafeBytes { source in
        unsafe UnsafeMutableRawBufferPointer(rebasing: buffer[filled...]).copyMemory(
          from: UnsafeRawBufferPointer(rebasing: source[done..<(done + size)]))
      }
      filled += size
      done += size
    }
  }

  /// Copies a file of exactly `size` bytes; one that is longer or shorter now is an error.
  func copy(_ source: borrowing FileDescriptor, size: Int64, path sourcePath: String) throws(Failure) {
    var left = size
    while true {
      if filled == capacity { try flush() }
      // One byte more than is left, to see a file that has grown.
      let wanted = Int(min(Int64(capacity - filled), left + 1))
      let got = unsafe Glibc.read(source.number, buffer.baseAddress.map { unsafe $0 + filled }, wanted)
      if got < 0, errno == EINTR { continue }
      guard got >= 0 else { throw .system("read", path: sourcePath, errno: errno) }
      left -= Int64(got)
      if left < 0 || (got == 0 && left > 0) {
        throw Failure(
          "LB013", "the file changed while the bundle was being written: it had \(size) bytes before",
          path: sourcePath, help: "build again when nothing writes to it")
      }
      filled += got
      if got == 0 { return }
    }
  }

  /// Writes out what is buffered and gives the digest of everything.
  func finish() throws(Failure) -> Digest {
    try flush()
    if let trailing { return try trailing.finish() }
    guard let digest = hasher.take()?.finish() else { return Digest.of([]) }
    return digest
  }

  private func flush() throws(Failure) {
    guard filled > 0 else { return }
    let bytes = unsafe UnsafeRawBufferPointer(rebasing: buffer[..<filled])
    unsafe hasher?.update(bytes)
    if keeps { unsafe kept.append(contentsOf: bytes) }
    if let number {
      var written = 0
      while written < bytes.count {
        let result = unsafe Glibc.write(number, bytes.baseAddress.map { unsafe $0 + written }, bytes.count - written)
        if result >= 0 {
          written += result
        } else if errno != EINTR {
          throw .system("write", path: path, errno: errno)
        }
      }
    }
    count += Int64(filled)
    filled = 0
    trailing?.advance(to: count)
  }
}

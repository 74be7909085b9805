internal import Digests
internal import Glibc
internal import SystemIO

/// Where an archive is written: a file, a digest, or both, through a buffer of fixed size.
final class OutputSink {
  /// Bytes put in so far.
  private(set) var count: Int64 = 0
  private let number: Int32?
  private let path: String
  private var hasher: SHA256? = SHA256()
  private var buffer: [UInt8] = []
  private static let capacity = 256 << 10
  /// Everything, of a sink that keeps it.
  private(set) var kept: [UInt8] = []
  private let keeps: Bool

  /// - Parameters:
  ///   - number: a descriptor that outlives the sink, or nil to only hash.
  ///   - keeps: whether everything is kept in memory; for small archives.
  init(writingTo number: Int32?, path: String, keeps: Bool = false) {
    self.number = number
    self.path = path
    self.keeps = keeps
    buffer.reserveCapacity(OutputSink.capacity)
  }

  func put(_ bytes: [UInt8]) throws(Failure) {
    var rest = bytes[...]
    while !rest.isEmpty {
      let piece = rest.prefix(OutputSink.capacity - buffer.count)
      buffer.append(contentsOf: piece)
      rest = rest.dropFirst(piece.count)
      if buffer.count == OutputSink.capacity { try flush() }
    }
  }

  /// Copies a file of exactly `size` bytes; one that is longer or shorter now is an error.
  func copy(_ source: borrowing FileDescriptor, size: Int64, path sourcePath: String) throws(Failure) {
    var left = size
    while true {
      if buffer.count == OutputSink.capacity { try flush() }
      // One byte more than is left, to see a file that has grown.
      let wanted = Int(min(Int64(OutputSink.capacity - buffer.count), left + 1))
      let start = buffer.count
      buffer.append(contentsOf: repeatElement(0, count: wanted))
      var got = 0
      repeat {
        got = unsafe buffer.withUnsafeMutableBytes { bytes in
          unsafe Glibc.read(source.number, bytes.baseAddress.map { unsafe $0 + start }, wanted)
        }
      } while got < 0 && errno == EINTR
      let number = errno
      buffer.removeLast(wanted - max(got, 0))
      guard got >= 0 else { throw .system("read", path: sourcePath, errno: number) }
      left -= Int64(got)
      if left < 0 || (got == 0 && left > 0) {
        throw Failure(
          "LB013", "the file changed while the bundle was being written: it had \(size) bytes before",
          path: sourcePath, help: "build again when nothing writes to it")
      }
      if got == 0 { return }
    }
  }

  /// Writes out what is buffered and gives the digest of everything.
  func finish() throws(Failure) -> Digest {
    try flush()
    guard let digest = hasher.take()?.finish() else { return Digest.of([]) }
    return digest
  }

  private func flush() throws(Failure) {
    guard !buffer.isEmpty else { return }
    count += Int64(buffer.count)
    hasher?.update(buffer)
    if keeps { kept += buffer }
    if let number {
      var written = 0
      while written < buffer.count {
        let result = unsafe buffer.withUnsafeBytes { bytes in
          unsafe Glibc.write(number, bytes.baseAddress.map { unsafe $0 + written }, bytes.count - written)
        }
        if result >= 0 {
          written += result
        } else if errno != EINTR {
          throw .system("write", path: path, errno: errno)
        }
      }
    }
    buffer.removeAll(keepingCapacity: true)
  }
}

internal import Digests
internal import Glibc
internal import SystemIO

/// The uncompressed bytes of a layer's file, read once from its start; both digests are computed on the way.
final class LayerStream {
  let path: String
  private let file: FileDescriptor
  private let inflater: Inflater?
  private var compressed: SHA256? = SHA256()
  private var uncompressed: SHA256? = SHA256()
  private var buffer: [UInt8] = []
  private var start = 0
  private var isAtEnd = false
  /// Bytes given out so far.
  private(set) var position: Int64 = 0
  private let limit: Int64

  /// - Parameter limit: uncompressed bytes that the layer may have at the most.
  init(_ path: String, isCompressed: Bool, limit: Int64) throws(Failure) {
    self.path = path
    self.limit = limit
    file = try FileDescriptor.open(path, O_RDONLY | O_NONBLOCK)
    inflater = isCompressed ? try Inflater(path: path) : nil
  }

  /// Up to `count` bytes; fewer only at the end.
  func read(_ count: Int) throws(Failure) -> [UInt8] {
    while buffer.count - start < count, !isAtEnd { try fill() }
    let end = min(start + count, buffer.count)
    let piece = Array(buffer[start..<end])
    start = end
    position += Int64(piece.count)
    return piece
  }

  /// Reads to the end.
  ///
  /// - Returns: the SHA-256 of the file, and of what is in it.
  func finish() throws(Failure) -> (file: Digest, content: Digest) {
    while !(try read(1 << 18)).isEmpty {}
    return (compressed.take()?.finish() ?? Digest.of([]), uncompressed.take()?.finish() ?? Digest.of([]))
  }

  private func fill() throws(Failure) {
    if start > 0 {
      buffer.removeFirst(start)
      start = 0
    }
    let piece = try file.read(upTo: 64 << 10, path: path)
    guard !piece.isEmpty else {
      isAtEnd = true
      if let inflater, !inflater.isAtEnd { throw Failure("LB066", "the layer ends early", path: path) }
      return
    }
    compressed?.update(piece)
    if let inflater {
      try inflater.feed(piece, path: path) { (bytes) throws(Failure) in try take(bytes) }
    } else {
      try take(piece)
    }
  }

  private func take(_ bytes: [UInt8]) throws(Failure) {
    uncompressed?.update(bytes)
    buffer += bytes
    guard position + Int64(buffer.count - start) <= limit else {
      throw Failure(
        "LB066", "the layer unpacks to more than \(limit) bytes", path: path, help: "use an image that is smaller")
    }
  }
}

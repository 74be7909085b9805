package import Digests
internal import Glibc

/// Hashes a file that is being written, on a thread of its own, as far as it is there without a gap.
///
/// Pieces of it that are in memory are hashed there, if they are given in the file's order; the rest is read back, which
/// finds it in the page cache. So the hash is ready when the last byte is.
package final class TrailingHasher: @unchecked Sendable {
  private let monitor = Monitor()
  // Below the monitor.
  private var available: Int64 = 0
  /// In the file's order.
  private var pieces: [Piece] = []
  private var isFinished = false
  private var isAbandoned = false
  // Of the thread until it is joined.
  private var result: Result<Digest, Failure>?
  private var thread: BackgroundThread?

  /// Bytes that are read back at once.
  private static let bufferSize = 512 << 10

  /// - Parameters:
  ///   - path: of the file, which exists and is only written where it has not been said to be there.
  ///   - start: of what is hashed; places are counted from there.
  package init(_ path: String, from start: Int64 = 0) {
    thread = BackgroundThread { [self] in
      do throws(Failure) { result = .success(try hash(path, from: start)) } catch let failure {
        result = .failure(failure)
        drop()
      }
    }
    if thread == nil { drop() }
  }

  /// The file is there up to this byte.
  package func advance(to byte: Int64) { monitor.change { available = max(available, byte) } }

  /// The file is there up to the end of this piece, which nobody changes any more, and which begins where the file was said
  /// to be until now. It need not be written yet.
  package func append(_ piece: Piece) {
    monitor.change {
      guard !isAbandoned else { return }
      available = max(available, piece.offset + Int64(piece.count))
      pieces.append(piece)
    }
  }

  /// The digest of everything that is there. Nothing follows.
  package func finish() throws(Failure) -> Digest {
    monitor.change { isFinished = true }
    thread?.join()
    thread = nil
    guard let result else { throw Failure("LX001", "cannot start a thread", help: "close other programs") }
    return try result.get()
  }

  /// Ends the thread.
  package func abandon() {
    drop()
    thread?.join()
    thread = nil
  }

  /// Pieces that nobody hashes are given back, for those who wait for memory.
  private func drop() {
    monitor.change {
      isAbandoned = true
      pieces = []
    }
  }

  /// What comes next.
  private enum Work {
    case piece(Piece)
    /// The file, up to this byte.
    case file(Int64)
    case nothing
  }

  private func wait(after done: Int64) -> Work {
    monitor.wait { () -> Work? in
      if isAbandoned { return .nothing }
      guard available > done else { return isFinished ? .nothing : nil }
      guard let first = pieces.first else { return .file(available) }
      guard first.offset == done else { return .file(min(available, first.offset)) }
      return .piece(pieces.removeFirst())
    }
  }

  /// Bytes after which the kernel is asked to begin with the disk, so that little is left for the end.
  private static let writeStep: Int64 = 32 << 20

  private func hash(_ path: String, from start: Int64) throws(Failure) -> Digest {
    let file = try FileDescriptor.open(path, O_RDONLY)
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: TrailingHasher.bufferSize, alignment: 4096)
    defer { unsafe buffer.deallocate() }
    var hasher = SHA256()
    var done: Int64 = 0
    var written: Int64 = 0
    while true {
      switch wait(after: done) {
      case .nothing: return hasher.finish()
      case .piece(let piece):
        unsafe hasher.update(piece.bytes)
        done += Int64(piece.count)
      case .file(let end):
        while done < end {
          let wanted = Int(min(Int64(buffer.count), end - done))
          let piece = unsafe UnsafeMutableRawBufferPointer(rebasing: buffer[..<wanted])
          let count = try unsafe file.read(into: piece, at: start + done, path: path)
          guard count == wanted else {
            throw Failure("LX001", "cannot read: the file became shorter while it was written", path: path)
          }
          unsafe hasher.update(UnsafeRawBufferPointer(piece))
          done += Int64(count)
        }
      }
      if done - written >= TrailingHasher.writeStep {
        file.startWriting(at: start + written, count: done - written)
        written = done
      }
    }
  }
}

package import Digests
internal import Glibc

/// Hashes a file that is being written, on a thread of its own, as far as it is there without a gap.
///
/// Pieces that were written in the file's order are hashed from the memory that they were written from; the others are
/// read back, which finds them in the page cache. So the hash is ready when the last byte is.
@safe package final class TrailingHasher: @unchecked Sendable {
  /// Bytes of a piece's buffer.
  package static let pieceSize = 512 << 10
  /// Buffers that may wait to be hashed: memory stays the same whatever the file.
  private static let pieceCount = 16

  /// Bytes of the file in memory.
  @safe private struct Piece {
    var buffer: UnsafeMutableRawBufferPointer
    var count: Int
    /// Where they are in the file.
    var offset: Int64
  }

  private let mutex: UnsafeMutablePointer<pthread_mutex_t>
  private let condition: UnsafeMutablePointer<pthread_cond_t>
  // Below the mutex.
  private var available: Int64 = 0
  /// In the file's order.
  private var pieces: [Piece] = []
  private var free: [UnsafeMutableRawBufferPointer]
  private var isFinished = false
  private var isAbandoned = false
  // Of the thread until it is joined.
  private var result: Result<Digest, Failure>?
  private var thread: BackgroundThread?

  /// - Parameters:
  ///   - path: of the file, which exists and is only written where it has not been said to be there.
  ///   - start: of what is hashed; places are counted from there.
  package init(_ path: String, from start: Int64 = 0) {
    unsafe mutex = .allocate(capacity: 1)
    unsafe condition = .allocate(capacity: 1)
    unsafe pthread_mutex_init(mutex, nil)
    unsafe pthread_cond_init(condition, nil)
    unsafe free = unsafe (0..<TrailingHasher.pieceCount).map { _ in unsafe TrailingHasher.makeBuffer() }
    thread = BackgroundThread { [self] in
      do throws(Failure) { result = .success(try hash(path, from: start)) } catch let failure {
        result = .failure(failure)
      }
    }
  }

  deinit {
    unsafe free.forEach { unsafe $0.deallocate() }
    for piece in pieces { unsafe piece.buffer.deallocate() }
    unsafe pthread_mutex_destroy(mutex)
    unsafe pthread_cond_destroy(condition)
    unsafe mutex.deallocate()
    unsafe condition.deallocate()
  }

  /// A buffer of `pieceSize` bytes, the caller's.
  package static func makeBuffer() -> UnsafeMutableRawBufferPointer { .allocate(byteCount: pieceSize, alignment: 4096) }

  /// The file is there up to this byte.
  package func advance(to byte: Int64) { change { available = max(available, byte) } }

  /// Takes over a piece that was just written where the file ended until then.
  ///
  /// - Parameter buffer: from `makeBuffer` or from here.
  /// - Returns: another buffer; the same one when too many wait, and then the piece is read back later.
  package func exchange(
    _ buffer: UnsafeMutableRawBufferPointer, count: Int, at offset: Int64
  ) -> UnsafeMutableRawBufferPointer {
    var other = unsafe buffer
    change {
      available = max(available, offset + Int64(count))
      guard let next = unsafe free.popLast() else { return }
      unsafe other = unsafe next
      pieces.append(unsafe Piece(buffer: buffer, count: count, offset: offset))
    }
    return unsafe other
  }

  /// The digest of everything that is there. Nothing follows.
  package func finish() throws(Failure) -> Digest {
    change { isFinished = true }
    thread?.join()
    thread = nil
    guard let result else { throw Failure("LX001", "cannot start a thread", help: "close other programs") }
    return try result.get()
  }

  /// Ends the thread.
  package func abandon() {
    change { isAbandoned = true }
    thread?.join()
    thread = nil
  }

  private func change(_ body: () -> Void) {
    unsafe pthread_mutex_lock(mutex)
    body()
    unsafe pthread_cond_signal(condition)
    unsafe pthread_mutex_unlock(mutex)
  }

  /// What comes next.
  private enum Work {
    case piece(Piece)
    /// The file, up to this byte.
    case file(Int64)
    case nothing
    /// Nobody wants the digest.
    case abandoned
  }

  private func wait(after done: Int64) -> Work {
    unsafe pthread_mutex_lock(mutex)
    defer { unsafe pthread_mutex_unlock(mutex) }
    while available <= done, !isFinished, !isAbandoned { unsafe pthread_cond_wait(condition, mutex) }
    if isAbandoned { return .abandoned }
    guard available > done else { return .nothing }
    guard let first = pieces.first else { return .file(available) }
    guard first.offset == done else { return .file(min(available, first.offset)) }
    return .piece(pieces.removeFirst())
  }

  /// Bytes after which the kernel is asked to begin with the disk, so that little is left for the end.
  private static let writeStep: Int64 = 32 << 20

  private func hash(_ path: String, from start: Int64) throws(Failure) -> Digest {
    let file = try FileDescriptor.open(path, O_RDONLY)
    let buffer = unsafe TrailingHasher.makeBuffer()
    defer { unsafe buffer.deallocate() }
    var hasher = SHA256()
    var done: Int64 = 0
    var written: Int64 = 0
    while true {
      switch wait(after: done) {
      case .abandoned, .nothing: return hasher.finish()
      case .piece(let piece):
        unsafe hasher.update(UnsafeRawBufferPointer(rebasing: piece.buffer[..<piece.count]))
        done += Int64(piece.count)
        change { unsafe free.append(piece.buffer) }
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

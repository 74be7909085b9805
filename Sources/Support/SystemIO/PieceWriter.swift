internal import CSystemIO
internal import Glibc

/// Writes pieces of a file on a thread of its own, in the order in which they are given.
///
/// Whole blocks go past the page cache (`O_DIRECT`) where the file system has that: the disk takes them from the memory that
/// they are in, while other pieces are received and hashed. Through the page cache each byte is copied once more, into pages
/// that have to be found first, and the disk begins with most of them when everything is there. Ends of a file, and all of it
/// where the file system has only that way, go through the page cache.
package final class PieceWriter: @unchecked Sendable {
  private let path: String
  private let monitor = Monitor()
  // Below the monitor.
  private var pieces: [Piece] = []
  private var isWriting = false
  private var isEnded = false
  private var failure: Failure?
  // Until it is joined.
  private var thread: BackgroundThread?

  /// Blocks of file systems and disks are of this size or a part of it. Where they are larger, a write is refused, and goes
  /// through the page cache as all that follow.
  private static let block = 4096

  /// - Parameter path: of a file that exists.
  package init(_ path: String) {
    self.path = path
    thread = BackgroundThread { [self] in
      do throws(Failure) { try work() } catch let problem {
        // What is given is given back, for those who wait for memory.
        monitor.change {
          failure = problem
          pieces = []
          isWriting = false
        }
      }
    }
    if thread == nil { failure = Failure("LX001", "cannot start a thread", help: "close other programs") }
  }

  /// Takes a piece; nobody changes it any more.
  ///
  /// - Throws: what went wrong with an earlier one. Nothing is written after that.
  package func write(_ piece: Piece) throws(Failure) {
    monitor.change { if failure == nil { pieces.append(piece) } }
    if let problem = monitor.wait(for: { () -> Failure?? in .some(failure) }) { throw problem }
  }

  /// Waits until everything that was given is written.
  ///
  /// - Throws: what went wrong.
  package func drain() throws(Failure) {
    let problem = monitor.wait { () -> Failure?? in pieces.isEmpty && !isWriting ? .some(failure) : nil }
    if let problem { throw problem }
  }

  /// The same, and ends the thread, which goes on until then. Nothing follows.
  package func finish() throws(Failure) {
    monitor.change { isEnded = true }
    thread?.join()
    thread = nil
    try drain()
  }

  private func work() throws(Failure) {
    let file = try FileDescriptor.open(path, O_WRONLY | O_NOFOLLOW)
    var direct = try? FileDescriptor.open(path, O_WRONLY | O_NOFOLLOW | locara_direct())
    while let piece = next() {
      var written = 0
      if piece.offset % Int64(PieceWriter.block) == 0, let descriptor = direct.take() {
        let whole = piece.count / PieceWriter.block * PieceWriter.block
        do throws(Failure) {
          try unsafe descriptor.write(
            UnsafeRawBufferPointer(rebasing: piece.bytes[..<whole]), at: piece.offset, path: path)
          written = whole
          direct = consume descriptor
        } catch let failure {
          guard failure.errno == EINVAL else { throw failure }
        }
      }
      try unsafe file.write(
        UnsafeRawBufferPointer(rebasing: piece.bytes[written...]), at: piece.offset + Int64(written), path: path)
    }
  }

  /// The piece that comes next, after the last one was written; nil at the end.
  private func next() -> Piece? {
    monitor.change { isWriting = false }
    return monitor.wait { () -> Piece?? in
      guard !pieces.isEmpty else { return isEnded ? .some(nil) : nil }
      isWriting = true
      return pieces.removeFirst()
    }
  }
}

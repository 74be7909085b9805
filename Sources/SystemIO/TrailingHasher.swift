package import Digests
internal import Glibc

/// Hashes a file that is being written, on a thread of its own, as far as it is there without a gap.
///
/// What it reads was just written and is in memory, so the hash is ready when the last byte is. The kernel is asked on the
/// way to begin with the disk, so that little is left for fsync(2).
package final class TrailingHasher: @unchecked Sendable {
  private let frontier = Frontier()
  // Of the thread until it is joined.
  private var result: Result<Digest, Failure>?
  private var thread: BackgroundThread?

  /// - Parameters:
  ///   - path: of the file, which exists and is only written where it has not been said to be there.
  ///   - start: of what is hashed; places are counted from there.
  package init(_ path: String, from start: Int64 = 0) {
    thread = BackgroundThread { [self] in
      do throws(Failure) { result = .success(try hash(path, from: start)) } catch let failure {
        result = .failure(failure)
      }
    }
  }

  /// The file is there up to this byte.
  package func advance(to byte: Int64) { frontier.advance(to: byte) }

  /// The digest of everything that is there. Nothing follows.
  package func finish() throws(Failure) -> Digest {
    frontier.end()
    thread?.join()
    thread = nil
    guard let result else { throw Failure("LX001", "cannot start a thread", help: "close other programs") }
    return try result.get()
  }

  /// Ends the thread. One that was neither finished nor abandoned goes on.
  package func abandon() {
    frontier.abandon()
    thread?.join()
    thread = nil
  }

  /// Bytes after which the kernel is asked to begin with the disk.
  private static let writeStep: Int64 = 32 << 20

  private func hash(_ path: String, from start: Int64) throws(Failure) -> Digest {
    let file = try FileDescriptor.open(path, O_RDONLY)
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 256 << 10, alignment: 4096)
    defer { unsafe buffer.deallocate() }
    var hasher = SHA256()
    var done: Int64 = 0
    var written: Int64 = 0
    while let end = frontier.wait(past: done), end > done {
      while done < end {
        let wanted = Int(min(Int64(buffer.count), end - done))
        let piece = unsafe UnsafeMutableRawBufferPointer(rebasing: buffer[..<wanted])
        let count = try unsafe file.read(into: piece, at: start + done, path: path)
        guard count == wanted else {
          throw Failure("LX001", "cannot read: the file became shorter while it was written", path: path)
        }
        unsafe hasher.update(UnsafeRawBufferPointer(piece))
        done += Int64(count)
        if done - written >= TrailingHasher.writeStep {
          file.startWriting(at: start + written, count: done - written)
          written = done
        }
      }
    }
    return hasher.finish()
  }
}

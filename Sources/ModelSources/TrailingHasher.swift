internal import Digests
internal import Glibc
internal import SystemIO

/// Hashes a file that is being written, on a thread of its own, as far as it is there without a gap.
///
/// What it reads was just written and is in memory, so the hash is ready when the last byte is.
@safe final class TrailingHasher: @unchecked Sendable {
  private let mutex: UnsafeMutablePointer<pthread_mutex_t>
  private let condition: UnsafeMutablePointer<pthread_cond_t>
  // Below the mutex.
  private var available: Int64 = 0
  private var isFinished = false
  private var isAbandoned = false
  // Of the thread until it is joined.
  private var result: Result<Digest, Failure>?
  private var thread: BackgroundThread?

  /// - Parameter path: of the file, which exists and is only written where it has not been said to be there.
  init(_ path: String) {
    unsafe mutex = .allocate(capacity: 1)
    unsafe condition = .allocate(capacity: 1)
    unsafe pthread_mutex_init(mutex, nil)
    unsafe pthread_cond_init(condition, nil)
    thread = BackgroundThread { [self] in
      do throws(Failure) { result = .success(try hash(path)) } catch let failure { result = .failure(failure) }
    }
  }

  deinit {
    unsafe pthread_mutex_destroy(mutex)
    unsafe pthread_cond_destroy(condition)
    unsafe mutex.deallocate()
    unsafe condition.deallocate()
  }

  /// The file is there up to this byte.
  func advance(to byte: Int64) { change { available = max(available, byte) } }

  /// The digest of everything that is there. Nothing follows.
  func finish() throws(Failure) -> Digest {
    change { isFinished = true }
    thread?.join()
    guard let result else { throw Failure("LX001", "cannot start a thread", help: "close other programs") }
    return try result.get()
  }

  /// Ends the thread.
  func abandon() {
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

  /// How far the file may be read, which is more than `done` unless it ends there; nil when nobody wants the digest.
  private func wait(after done: Int64) -> Int64? {
    unsafe pthread_mutex_lock(mutex)
    defer { unsafe pthread_mutex_unlock(mutex) }
    while available <= done, !isFinished, !isAbandoned { unsafe pthread_cond_wait(condition, mutex) }
    return isAbandoned ? nil : available
  }

  /// Bytes after which the kernel is asked to begin with the disk, so that little is left for the end.
  private static let writeStep: Int64 = 32 << 20

  private func hash(_ path: String) throws(Failure) -> Digest {
    let file = try FileDescriptor.open(path, O_RDONLY)
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 256 << 10, alignment: 4096)
    defer { unsafe buffer.deallocate() }
    var hasher = SHA256()
    var done: Int64 = 0
    var written: Int64 = 0
    while let end = wait(after: done), end > done {
      while done < end {
        let wanted = Int(min(Int64(buffer.count), end - done))
        let piece = unsafe UnsafeMutableRawBufferPointer(rebasing: buffer[..<wanted])
        let count = try unsafe file.read(into: piece, at: done, path: path)
        guard count == wanted else {
          throw Failure("LX001", "cannot read: the file became shorter while it was written", path: path)
        }
        unsafe hasher.update(UnsafeRawBufferPointer(piece))
        done += Int64(count)
        if done - written >= TrailingHasher.writeStep {
          file.startWriting(at: written, count: done - written)
          written = done
        }
      }
    }
    return hasher.finish()
  }
}

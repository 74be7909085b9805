package import Glibc

/// An open file descriptor with one owner; closed when the owner goes.
///
/// Written data is made durable by `synchronize()`; an error of close(2) after that carries no news and is not reported.
package struct FileDescriptor: ~Copyable {
  package let number: Int32

  /// Takes ownership of `number`.
  package init(owning number: Int32) { self.number = number }

  deinit { _ = close(number) }

  /// Gives the descriptor up without closing it.
  package consuming func release() -> Int32 {
    let number = self.number
    discard self
    return number
  }

  /// open(2) with `O_CLOEXEC`.
  package static func open(_ path: String, _ flags: Int32, mode: mode_t = 0o600) throws(Failure) -> FileDescriptor {
    while true {
      let number = unsafe path.withCString { unsafe Glibc.open($0, flags | O_CLOEXEC, mode) }
      if number >= 0 { return FileDescriptor(owning: number) }
      if errno == ENOENT, flags & O_CREAT == 0 { throw .missing(path) }
      guard errno == EINTR else {
        throw .system(flags & O_CREAT != 0 ? "create" : "open", path: path, errno: errno)
      }
    }
  }

  /// Reads up to `count` bytes; fewer only at the end of the file.
  package func read(upTo count: Int, path: String) throws(Failure) -> [UInt8] {
    var failure: Int32 = 0
    let bytes = unsafe [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
      filled = 0
      while filled < count {
        let got = unsafe Glibc.read(number, buffer.baseAddress?.advanced(by: filled), count - filled)
        if got > 0 {
          filled += got
        } else if got == 0 {
          return
        } else if errno != EINTR {
          failure = errno
          return
        }
      }
    }
    guard failure == 0 else { throw .system("read", path: path, errno: failure) }
    return bytes
  }

  /// Writes all of `bytes`.
  package func write(_ bytes: [UInt8], path: String) throws(Failure) {
    var failure: Int32 = 0
    unsafe bytes.withUnsafeBytes { buffer in
      var written = 0
      while written < buffer.count {
        let count = unsafe Glibc.write(number, buffer.baseAddress?.advanced(by: written), buffer.count - written)
        if count >= 0 {
          written += count
        } else if errno != EINTR {
          failure = errno
          return
        }
      }
    }
    guard failure == 0 else { throw .system("write", path: path, errno: failure) }
  }

  /// fsync(2).
  package func synchronize(path: String) throws(Failure) {
    guard fsync(number) == 0 else { throw .system("sync", path: path, errno: errno) }
  }

  /// fstat(2).
  package func status(path: String) throws(Failure) -> stat {
    var status = stat()
    guard unsafe fstat(number, &status) == 0 else { throw .system("stat", path: path, errno: errno) }
    return status
  }
}

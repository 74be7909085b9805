internal import CSystemIO
internal import Glibc

/// Reading and writing at a place of a file, without its position, so that several threads can use one descriptor.
extension FileDescriptor {
  /// pread(2) until the buffer is full or the file ends.
  ///
  /// - Returns: how many bytes were read; fewer than the buffer holds only at the end of the file.
  package func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int64, path: String) throws(Failure) -> Int {
    var filled = 0
    while filled < buffer.count {
      let got = unsafe pread(
        number, buffer.baseAddress?.advanced(by: filled), buffer.count - filled, off_t(offset + Int64(filled)))
      if got > 0 {
        filled += got
      } else if got == 0 {
        break
      } else if errno != EINTR {
        throw .system("read", path: path, errno: errno)
      }
    }
    return filled
  }

  /// pwrite(2) of the whole buffer.
  package func write(_ buffer: UnsafeRawBufferPointer, at offset: Int64, path: String) throws(Failure) {
    try unsafe FileDescriptor.write(buffer, to: number, at: offset, path: path)
  }

  /// The same for the number of a descriptor that somebody else owns.
  package static func write(
    _ buffer: UnsafeRawBufferPointer, to number: Int32, at offset: Int64, path: String
  ) throws(Failure) {
    var written = 0
    while written < buffer.count {
      let count = unsafe pwrite(
        number, buffer.baseAddress?.advanced(by: written), buffer.count - written, off_t(offset + Int64(written)))
      if count >= 0 {
        written += count
      } else if errno != EINTR {
        throw .system("write", path: path, errno: errno)
      }
    }
  }

  /// Starts writing a part of the file to the disk, so that less is left for `synchronize`.
  package func startWriting(at offset: Int64, count: Int64) {
    FileDescriptor.startWriting(number, at: offset, count: count)
  }

  /// The same for the number of a descriptor that somebody else owns.
  package static func startWriting(_ number: Int32, at offset: Int64, count: Int64) {
    locara_start_writing(number, offset, count)
  }

  /// Tells the kernel that the file is read once, from its start to its end.
  package func expectSequentialReading() { _ = posix_fadvise(number, 0, 0, POSIX_FADV_SEQUENTIAL) }
}

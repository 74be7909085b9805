package import Glibc

/// What stat(2) says about a file that was verified, so that the next use need not read it again.
///
/// The kernel sets the change time; no system call sets it back. A file with the same identity has therefore not been
/// written, truncated, linked, renamed over or given other rights since, unless the machine's clock was set back or
/// the device was written behind the file system.
package struct FileIdentity: Hashable, Sendable {
  package let device: UInt64
  package let inode: UInt64
  /// Bytes.
  package let size: Int64
  /// Type and permissions, as in `st_mode`.
  package let mode: UInt32
  /// Nanoseconds since 1970.
  package let modified: Int64
  /// Nanoseconds since 1970.
  package let changed: Int64

  package init(_ status: stat) {
    device = UInt64(status.st_dev)
    inode = UInt64(status.st_ino)
    size = Int64(status.st_size)
    mode = UInt32(status.st_mode)
    modified = Int64(status.st_mtim.tv_sec) &* 1_000_000_000 &+ Int64(status.st_mtim.tv_nsec)
    changed = Int64(status.st_ctim.tv_sec) &* 1_000_000_000 &+ Int64(status.st_ctim.tv_nsec)
  }

  /// An identity that was noted down before.
  package init(device: UInt64, inode: UInt64, size: Int64, mode: UInt32, modified: Int64, changed: Int64) {
    self.device = device
    self.inode = inode
    self.size = size
    self.mode = mode
    self.modified = modified
    self.changed = changed
  }

  /// The identity of the file at `path`, a symbolic link not followed.
  package init(of path: String) throws(Failure) {
    var status = stat()
    guard unsafe lstat(path, &status) == 0 else { throw .system("stat", path: path, errno: errno) }
    self.init(status)
  }

  /// The identity of the file that `path` leads to, symbolic links followed.
  package init(following path: String) throws(Failure) {
    var status = stat()
    guard unsafe stat(path, &status) == 0 else { throw .system("stat", path: path, errno: errno) }
    self.init(status)
  }

  /// Nanoseconds since the file was last changed; negative for a change in the future.
  package var age: Int64 {
    var time = timespec()
    _ = unsafe clock_gettime(CLOCK_REALTIME, &time)
    return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec) - max(changed, modified)
  }

  /// Whether a file may be recognized by this from now on. One that was changed just now could be changed once more
  /// within the same tick of its file system's clock, which would not show.
  package var isSettled: Bool { age > 2_000_000_000 }

  /// One line without a newline, the same for the same identity.
  package var text: String { "\(device) \(inode) \(size) \(mode) \(modified) \(changed)" }
}

internal import Glibc

/// flock(2) on a file that exists for that: held until the value goes, also when the process is killed.
package struct FileLock: ~Copyable {
  private let descriptor: FileDescriptor
  /// False on a file system without locks.
  package let isReal: Bool

  private init(_ descriptor: consuming FileDescriptor, isReal: Bool) {
    self.descriptor = descriptor
    self.isReal = isReal
  }

  /// Waits until nobody else has the lock.
  ///
  /// - Parameter onWait: called once when somebody else has it.
  package static func exclusive(_ path: String, onWait: () -> Void = {}) throws(Failure) -> FileLock {
    let descriptor = try FileDescriptor.open(path, O_RDWR | O_CREAT | O_NOFOLLOW)
    var operation = LOCK_EX | LOCK_NB
    while flock(descriptor.number, operation) != 0 {
      switch errno {
      case EINTR: continue
      case EWOULDBLOCK:
        onWait()
        operation = LOCK_EX
      case ENOLCK, EOPNOTSUPP, ENOSYS, EINVAL: return FileLock(descriptor, isReal: false)
      default: throw .system("lock", path: path, errno: errno)
      }
    }
    return FileLock(descriptor, isReal: true)
  }

  /// The lock if nobody has it; nil otherwise.
  package static func ifFree(_ path: String) throws(Failure) -> FileLock? {
    let descriptor = try FileDescriptor.open(path, O_RDWR | O_CREAT | O_NOFOLLOW)
    return flock(descriptor.number, LOCK_EX | LOCK_NB) == 0 ? FileLock(descriptor, isReal: true) : nil
  }
}

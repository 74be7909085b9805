internal import CSystemIO

extension FileDescriptor {
  /// syncfs(2): makes everything durable that was written to the file system of this descriptor. One call where
  /// thousands of files would each need their own fsync(2).
  package func synchronizeFileSystem(path: String) throws(Failure) {
    let number = locara_sync_file_system(number)
    guard number == 0 else { throw .system("sync", path: path, errno: number) }
  }

  /// Gives this empty file the content of `source` without copying, on a file system that can (Btrfs, XFS, bcachefs).
  ///
  /// The two files share blocks and nothing else: a later write to either is not seen in the other.
  /// - Returns: false when the file system cannot; nothing has happened then.
  package func clone(_ source: borrowing FileDescriptor) -> Bool { locara_clone_file(number, source.number) == 0 }
}

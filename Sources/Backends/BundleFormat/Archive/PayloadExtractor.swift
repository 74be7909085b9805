internal import Glibc
internal import SystemIO

/// Accepts every entry and does nothing with it.
struct PayloadChecker: PayloadVisitor {
  mutating func begin(_ entry: PayloadEntry) throws(Failure) {}
  mutating func content(_ piece: UnsafeRawBufferPointer) throws(Failure) {}
  mutating func endFile() throws(Failure) {}
}

/// Writes a payload into a new directory.
///
/// Every name is created in a directory that this extractor created and holds open, one component at a time, and never
/// through a link; no path is resolved. Files are read-only, so that an app that is not sandboxed, or a careless user,
/// does not change what was verified.
struct PayloadExtractor: PayloadVisitor {
  /// The root and the directories that lead to the last entry; closed and made read-only when they are left.
  private var directories: [OpenDirectory] = []
  private var file: FileInWork?
  private let root: String

  private final class OpenDirectory {
    let path: String
    let descriptor: FileDescriptor
    init(path: String, descriptor: consuming FileDescriptor) {
      self.path = path
      self.descriptor = descriptor
    }
  }

  private final class FileInWork {
    let path: String
    let descriptor: FileDescriptor
    let mode: mode_t
    init(path: String, descriptor: consuming FileDescriptor, mode: mode_t) {
      self.path = path
      self.descriptor = descriptor
      self.mode = mode
    }
  }

  /// - Parameter root: a path at which nothing is yet; its parent exists.
  init(root: String) throws(Failure) {
    self.root = root
    guard unsafe mkdir(root, 0o700) == 0 else { throw .system("create the directory", path: root, errno: errno) }
    let descriptor = try FileDescriptor.open(root, O_RDONLY | O_DIRECTORY | O_NOFOLLOW)
    directories = [OpenDirectory(path: "", descriptor: descriptor)]
  }

  mutating func begin(_ entry: PayloadEntry) throws(Failure) {
    let parent = PayloadPath.parent(entry.path)
    while directories.count > 1, let innermost = directories.last, innermost.path != parent { try leave() }
    guard let directory = directories.last else { return }
    let name = Files.name(of: entry.path)
    let shown = "\(root)/\(entry.path)"
    switch entry.kind {
    case .directory:
      guard unsafe mkdirat(directory.descriptor.number, name, 0o700) == 0 else {
        throw .system("create the directory", path: shown, errno: errno)
      }
      let number = unsafe openat(
        directory.descriptor.number, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
      guard number >= 0 else { throw .system("open", path: shown, errno: errno) }
      directories.append(OpenDirectory(path: entry.path, descriptor: FileDescriptor(owning: number)))
    case .symbolicLink(let target):
      guard unsafe symlinkat(target, directory.descriptor.number, name) == 0 else {
        throw .system("create the link", path: shown, errno: errno)
      }
    case .file(_, let executable):
      let flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC
      let number = unsafe openat(directory.descriptor.number, name, flags, 0o600)
      guard number >= 0 else { throw .system("create", path: shown, errno: errno) }
      file = FileInWork(
        path: shown, descriptor: FileDescriptor(owning: number), mode: executable ? 0o555 : 0o444)
    }
  }

  mutating func content(_ piece: UnsafeRawBufferPointer) throws(Failure) {
    guard let file else { return }
    var written = 0
    while written < piece.count {
      let result = unsafe write(
        file.descriptor.number, piece.baseAddress.map { unsafe $0 + written }, piece.count - written)
      if result >= 0 {
        written += result
      } else if errno != EINTR {
        throw .system("write", path: file.path, errno: errno)
      }
    }
  }

  mutating func endFile() throws(Failure) {
    guard let file else { return }
    self.file = nil
    guard fchmod(file.descriptor.number, file.mode) == 0 else { throw .system("chmod", path: file.path, errno: errno) }
  }

  /// Leaves every directory. What was written is durable after `syncfs` of the caller.
  mutating func finish() throws(Failure) {
    while !directories.isEmpty { try leave() }
  }

  private mutating func leave() throws(Failure) {
    guard let directory = directories.popLast() else { return }
    guard fchmod(directory.descriptor.number, 0o555) == 0 else {
      throw .system("chmod", path: "\(root)/\(directory.path)", errno: errno)
    }
  }
}

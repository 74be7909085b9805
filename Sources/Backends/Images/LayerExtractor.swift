internal import CSystemIO
internal import Glibc
internal import SystemIO

/// Puts the layers of an image on top of each other in one directory, image-spec 1.1 "Image Layer Filesystem Changeset".
///
/// Every path is looked up by the kernel as if the directory were the root (openat2(2), RESOLVE_IN_ROOT), so that no link
/// that a layer made leads out; the last component is never followed. What is made belongs to this user, without
/// set-user-ID, and is read-only in the end.
struct LayerExtractor: ~Copyable {
  private let root: FileDescriptor
  private let path: String
  /// What the layer at hand made: whiteouts concern the layers below alone.
  private var made: Set<String> = []

  /// - Parameter root: an empty directory.
  init(root path: String) throws(Failure) {
    root = try FileDescriptor.open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW)
    self.path = path
  }

  mutating func apply(_ archive: inout TarStream) throws(Failure) {
    made = []
    while let entry = try archive.next() {
      guard !entry.path.isEmpty else { continue }
      let name = Files.name(of: entry.path)
      let parentPath = entry.path.contains("/") ? Files.parent(of: entry.path) : ""
      let parent = try directory(parentPath)
      if name.hasPrefix(".wh.") {
        try whiteOut(String(name.dropFirst(4)), in: parent, path: parentPath, archive)
        if case .file(let size) = entry.kind { try archive.content(size) { _ throws(Failure) in } }
        continue
      }
      try make(entry, name, in: parent, archive)
      made.insert(entry.path)
    }
  }

  private func make(
    _ entry: TarEntry, _ name: String, in parent: borrowing FileDescriptor, _ archive: TarStream
  ) throws(Failure) {
    let shown = "\(path)/\(entry.path)"
    switch entry.kind {
    case .directory:
      var status = stat()
      let isThere = unsafe fstatat(parent.number, name, &status, AT_SYMLINK_NOFOLLOW) == 0
      if isThere, status.st_mode & S_IFMT == S_IFDIR { return }
      try clear(name, in: parent, shown)
      guard unsafe mkdirat(parent.number, name, 0o755) == 0 else {
        throw .system("create the directory", path: shown, errno: errno)
      }
    case .file(let size):
      try clear(name, in: parent, shown)
      let flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC
      let number = unsafe openat(parent.number, name, flags, 0o600)
      guard number >= 0 else { throw .system("create", path: shown, errno: errno) }
      let file = FileDescriptor(owning: number)
      try archive.content(size) { (piece) throws(Failure) in try file.write(piece, path: shown) }
      guard fchmod(file.number, entry.mode & 0o111 != 0 ? 0o555 : 0o444) == 0 else {
        throw .system("chmod", path: shown, errno: errno)
      }
    case .symbolicLink(let target):
      try clear(name, in: parent, shown)
      guard unsafe symlinkat(target, parent.number, name) == 0 else {
        throw .system("create the link", path: shown, errno: errno)
      }
    case .hardLink(let target):
      let source = try directory(target.contains("/") ? Files.parent(of: target) : "", creates: false)
      let sourceName = Files.name(of: target)
      var status = stat()
      guard unsafe fstatat(source.number, sourceName, &status, AT_SYMLINK_NOFOLLOW) == 0,
        [S_IFREG, S_IFLNK].contains(status.st_mode & S_IFMT)
      else { throw archive.refused("a hard link to something that is no file of the image: \(target)") }
      if entry.path == target { return }
      try clear(name, in: parent, shown)
      guard unsafe linkat(source.number, sourceName, parent.number, name, 0) == 0 else {
        throw .system("create the link", path: shown, errno: errno)
      }
    case .special: break  // the sandbox has its own /dev
    }
  }

  /// Removes what a lower layer has under `name`, or in the whole directory when `name` is `.wh..opq`.
  private func whiteOut(
    _ name: String, in parent: borrowing FileDescriptor, path parentPath: String, _ archive: TarStream
  ) throws(Failure) {
    // A name for this process that leads where the kernel looked it up, whatever links are on the way.
    let place = "/proc/self/fd/\(parent.number)"
    if name == ".wh..opq" {
      try removeLower(place, parentPath)
      return
    }
    guard !name.isEmpty, name != ".", name != "..", !name.hasPrefix(".wh.") else {
      throw archive.refused("a whiteout of nothing")
    }
    guard !made.contains(parentPath.isEmpty ? name : "\(parentPath)/\(name)") else { return }
    try Directories.removeTree("\(place)/\(name)")
  }

  private func removeLower(_ place: String, _ relative: String) throws(Failure) {
    for name in try Directories.names(in: place) {
      let path = relative.isEmpty ? name : "\(relative)/\(name)"
      if !made.contains(path), !made.contains(where: { $0.hasPrefix(path + "/") }) {
        try Directories.removeTree("\(place)/\(name)")
      } else if try Directories.kind(of: "\(place)/\(name)") == .directory {
        try removeLower("\(place)/\(name)", path)
      }
    }
  }

  /// Takes away what is at a name, whatever it is.
  private func clear(_ name: String, in parent: borrowing FileDescriptor, _ shown: String) throws(Failure) {
    if unsafe unlinkat(parent.number, name, 0) == 0 || errno == ENOENT { return }
    guard errno == EISDIR || errno == EPERM else { throw .system("remove", path: shown, errno: errno) }
    try Directories.removeTree("/proc/self/fd/\(parent.number)/\(name)")
  }

  /// A directory of the image, links followed inside it; what is missing is made.
  private func directory(_ relative: String, creates: Bool = true) throws(Failure) -> FileDescriptor {
    let flags = O_RDONLY | O_DIRECTORY
    func open(_ path: String) -> Int32 { unsafe locara_open_in_root(root.number, path, flags) }
    let number = open(relative.isEmpty ? "." : relative)
    if number >= 0 { return FileDescriptor(owning: number) }
    guard errno == ENOENT, creates else { throw .system("open", path: "\(path)/\(relative)", errno: errno) }
    var reached = ""
    for component in relative.split(separator: "/").map(String.init) {
      let next = reached.isEmpty ? component : "\(reached)/\(component)"
      let there = open(next)
      if there >= 0 {
        close(there)
      } else {
        let parent = open(reached.isEmpty ? "." : reached)
        guard parent >= 0 else { throw .system("open", path: "\(path)/\(reached)", errno: errno) }
        let result = unsafe mkdirat(parent, component, 0o755)
        let number = errno
        close(parent)
        guard result == 0 else { throw .system("create the directory", path: "\(path)/\(next)", errno: number) }
      }
      reached = next
    }
    let made = open(relative)
    guard made >= 0 else { throw .system("open", path: "\(path)/\(relative)", errno: errno) }
    return FileDescriptor(owning: made)
  }
}

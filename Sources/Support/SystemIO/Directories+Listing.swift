internal import CSystemIO
internal import Glibc

extension Directories {
  /// An entry of a directory.
  package typealias Entry = (name: String, isDirectory: Bool)

  /// The names in a directory with whether each is a directory itself, symbolic links not followed; in byte order.
  package static func entries(in path: String) throws(Failure) -> [Entry] {
    try entries(in: path, of: AT_FDCWD, path: path)
  }

  /// The same for several directories in one, whose own path is then looked up once.
  ///
  /// - Parameters:
  ///   - names: of directories in `parent`; symbolic links are not followed.
  ///   - wanted: the only name that is looked for, directories aside: a directory in which there are none may then yield
  ///     nothing else; nil for all names.
  package static func entries(
    in names: some Collection<String>, of parent: String, wanted: String? = nil
  ) throws(Failure) -> [[Entry]] {
    let directory = try FileDescriptor.open(parent, O_RDONLY | O_DIRECTORY)
    let device = wanted == nil ? nil : LinkCounts.device(of: directory.number)
    var found: [[Entry]] = []
    found.reserveCapacity(names.count)
    for name in names {
      if let wanted, let device,
        let leaf = LinkCounts.entries(named: wanted, inLeaf: name, of: directory.number, device: device)
      {
        found.append(leaf)
        continue
      }
      found.append(
        try entries(
          in: name, of: directory.number, path: parent.hasSuffix("/") ? parent + name : "\(parent)/\(name)", O_NOFOLLOW)
      )
    }
    return found
  }

  private static func entries(
    in name: String, of parent: Int32, path: @autoclosure () -> String, _ flags: Int32 = 0
  ) throws(Failure) -> [Entry] {
    let number = unsafe name.withCString {
      unsafe openat(parent, $0, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NONBLOCK | flags)
    }
    let refusal = errno
    guard number >= 0 else { throw .system("list", path: path(), errno: refusal) }
    let directory = FileDescriptor(owning: number)
    var found: [Entry] = []
    let problem = unsafe withUnsafeTemporaryAllocation(byteCount: 32 << 10, alignment: 8) { buffer -> Int32 in
      while true {
        let filled = unsafe Int(locara_entries(directory.number, buffer.baseAddress, UInt64(buffer.count)))
        // A directory that was removed meanwhile has nothing more in it.
        guard filled > 0 else { return filled == 0 || errno == ENOENT ? 0 : errno }
        unsafe take(UnsafeRawBufferPointer(rebasing: buffer[..<filled]), of: directory.number, into: &found)
      }
    }
    guard problem == 0 else { throw .system("list", path: path(), errno: problem) }
    if found.count > 1 { found.sort { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) } }
    return found
  }

  /// Entries as the kernel writes them, `struct linux_dirent64` of getdents64(2).
  private static func take(_ entries: UnsafeRawBufferPointer, of directory: Int32, into found: inout [Entry]) {
    let (lengthOffset, typeOffset, nameOffset) = (16, 18, 19)
    var start = 0
    while start + nameOffset < entries.count {
      let length = Int(unsafe entries.loadUnaligned(fromByteOffset: start + lengthOffset, as: UInt16.self))
      guard length > nameOffset, start + length <= entries.count else { return }
      let name = unsafe UnsafeRawBufferPointer(rebasing: entries[(start + nameOffset)..<(start + length)])
      let end = unsafe name.firstIndex(of: 0) ?? name.count
      let text = unsafe String(decoding: name[..<end], as: UTF8.self)
      if text != ".", text != ".." {
        let type = unsafe Int(entries[start + typeOffset])
        found.append((text, type == DT_UNKNOWN ? isDirectory(text, of: directory) : type == DT_DIR))
      }
      start += length
    }
  }

  /// Some file systems do not say what an entry is.
  private static func isDirectory(_ name: String, of directory: Int32) -> Bool {
    var status = stat()
    return unsafe fstatat(directory, name, &status, AT_SYMLINK_NOFOLLOW) == 0 && status.st_mode & S_IFMT == S_IFDIR
  }
}

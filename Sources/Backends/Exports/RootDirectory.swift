internal import SystemIO

/// The directory tree that a runtime takes as the root: mount points, links and small files. It is never written to.
struct RootDirectory {
  private(set) var files: [ExportedFile] = []

  /// - Parameters:
  ///   - mounts: those of a plan, resolved.
  ///   - prefix: of the tree, in the export.
  init(_ mounts: [ExportSubject.Mount], at prefix: String, kind: (String) -> Directories.Kind?) {
    var directories: Set<String> = [prefix]
    func parents(_ path: String) {
      var parent = Files.parent(of: path)
      while parent.hasPrefix(prefix), directories.insert(parent).inserted { parent = Files.parent(of: parent) }
    }
    for mount in mounts {
      let path = prefix + mount.target
      parents(path)
      switch mount.place {
      case .link(let target): files.append(ExportedFile(path, .symbolicLink(target: target)))
      case .file(let content): files.append(ExportedFile(path, content))
      case .bind(let source):
        if case .file? = kind(source) {
          files.append(ExportedFile(path, [] as [UInt8]))
        } else {
          directories.insert(path)
        }
      case .home, .userDirectory, .temporary, .proc, .devices, .directory: directories.insert(path)
      }
    }
    files = directories.sorted().map { ExportedFile($0, .directory) } + files
  }
}

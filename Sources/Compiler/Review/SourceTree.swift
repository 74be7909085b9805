package import SystemIO

/// Files that manifests are compiled from: of a directory, or of a revision in git.
package protocol SourceTree {
  /// What it is called in a report.
  var name: String { get }
  /// The paths of all regular files, relative to the root, in byte order, and of what has a manifest's name and is none,
  /// such as a symbolic link: to leave that out would look as if the app was gone.
  var paths: [String] { get }
  /// The bytes of a file; nil when there is none at the path.
  ///
  /// - Throws: LP006 when what is there is no regular file.
  func read(_ path: String) throws(Failure) -> [UInt8]?
  /// Gets ready to read the files at `paths`, where reading many at once is cheaper.
  func prefetch(_ paths: [String]) throws(Failure)
  /// A name of a file's content that is the same exactly for the same bytes; nil where there is none at hand.
  func object(_ path: String) -> String?
}

extension SourceTree {
  package func prefetch(_ paths: [String]) throws(Failure) {}
  package func object(_ path: String) -> String? { nil }

  /// The manifests, in byte order.
  package var manifests: [String] { paths.filter(ManifestFiles.isManifest) }
}

/// Names of the files of an app's source.
enum ManifestFiles {
  static let name = "locara.yaml"
  static let lock = "locara.lock.json"
  /// Bytes; the same bound as the reader of manifests has.
  static let limit = 16 << 20

  static func isManifest(_ path: String) -> Bool { path == name || path.hasSuffix("/" + name) }

  /// Paths are told apart by their bytes, as the kernel and git do: Swift's strings know one `ü` where they know two.
  static func isBelow(_ path: String, _ directory: String) -> Bool { path.utf8.starts(with: (directory + "/").utf8) }

  static func noRegularFile(_ path: String) -> Failure {
    Failure(
      "LP006", "a manifest and what lies beside it must be regular files, and this is none", path: path,
      help: "put the file itself there in place of the link")
  }

  static func beside(_ manifest: String, _ name: String) -> String {
    guard let slash = manifest.lastIndex(of: "/") else { return name }
    return manifest[..<slash] + "/" + name
  }
}

/// The files below a directory.
package struct DirectoryTree: SourceTree {
  package let root: String
  package let name: String
  package let paths: [String]
  private let followsLinks: Bool

  /// - Parameters:
  ///   - paths: those that count, when not all of them do.
  ///   - followsLinks: whether a symbolic link stands for its target, as it does for a file that somebody names.
  package init(_ root: String, name: String, paths: [String]? = nil, followsLinks: Bool = false) throws(Failure) {
    self.root = root
    self.name = name
    self.followsLinks = followsLinks
    if let paths {
      self.paths = paths
    } else {
      self.paths = try DirectoryTree.files(root)
    }
  }

  package func read(_ path: String) throws(Failure) -> [UInt8]? {
    let full = "\(root)/\(path)"
    if !followsLinks, isOther(full) { throw ManifestFiles.noRegularFile(full) }
    return Files.exists(full) ? try Files.read(full, limit: ManifestFiles.limit) : nil
  }

  /// Whether something is there that is neither a regular file nor nothing.
  private func isOther(_ full: String) -> Bool {
    guard let kind = try? Directories.kind(of: full) else { return false }
    if case .file = kind { return false }
    return true
  }

  /// Regular files, hidden ones too, as git has them; git's own directory is left out.
  private static func files(_ root: String) throws(Failure) -> [String] {
    var found: [String] = []
    func visit(_ relative: String) throws(Failure) {
      let directory = relative.isEmpty ? root : "\(root)/\(relative)"
      for name in try Directories.names(in: directory) where name != ".git" {
        let path = relative.isEmpty ? name : "\(relative)/\(name)"
        switch try Directories.kind(of: "\(root)/\(path)") {
        case .directory: try visit(path)
        case .file: found.append(path)
        case .symbolicLink, .other: if name == ManifestFiles.name { found.append(path) }
        }
        guard found.count <= 1_000_000 else { throw Failure("LX005", "more than 1000000 files", path: root) }
      }
    }
    try visit("")
    return found
  }
}

package import SystemIO

/// Files that manifests are compiled from: of a directory, or of a revision in git.
package protocol SourceTree {
  /// What it is called in a report.
  var name: String { get }
  /// The paths of all files, relative to the root, in byte order; hidden ones left out.
  var paths: [String] { get }
  /// The bytes of a file; nil when there is none at the path.
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
  package var manifests: [String] {
    paths.filter { $0 == ManifestFiles.name || $0.hasSuffix("/" + ManifestFiles.name) }
  }
}

/// Names of the files of an app's source.
enum ManifestFiles {
  static let name = "locara.yaml"
  static let lock = "locara.lock.json"
  /// Bytes; the same bound as the reader of manifests has.
  static let limit = 16 << 20

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

  /// - Parameter paths: those that count, when not all of them do.
  package init(_ root: String, name: String, paths: [String]? = nil) throws(Failure) {
    self.root = root
    self.name = name
    if let paths {
      self.paths = paths
    } else {
      self.paths = try DirectoryTree.files(root)
    }
  }

  package func read(_ path: String) throws(Failure) -> [UInt8]? {
    let full = "\(root)/\(path)"
    return Files.exists(full) ? try Files.read(full, limit: ManifestFiles.limit) : nil
  }

  /// Regular files, hidden names and symbolic links left out.
  private static func files(_ root: String) throws(Failure) -> [String] {
    var found: [String] = []
    func visit(_ relative: String) throws(Failure) {
      let directory = relative.isEmpty ? root : "\(root)/\(relative)"
      for name in try Directories.names(in: directory) where !name.hasPrefix(".") {
        let path = relative.isEmpty ? name : "\(relative)/\(name)"
        switch try Directories.kind(of: "\(root)/\(path)") {
        case .directory: try visit(path)
        case .file: found.append(path)
        case .symbolicLink, .other: break
        }
        guard found.count <= 1_000_000 else { throw Failure("LX005", "more than 1000000 files", path: root) }
      }
    }
    try visit("")
    return found
  }
}

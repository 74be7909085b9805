package import SystemIO

/// One file, directory or link in a payload, as its archive says.
package struct PayloadEntry: Hashable, Sendable {
  package enum Kind: Hashable, Sendable {
    case directory
    case file(size: Int64, executable: Bool)
    case symbolicLink(target: String)
  }

  /// Relative to the payload, normalized, without a slash at the end.
  package let path: String
  package let kind: Kind

  package init(path: String, kind: Kind) {
    self.path = path
    self.kind = kind
  }

  var header: TarHeader {
    switch kind {
    case .directory: TarHeader(path: path, kind: .directory, size: 0)
    case .file(let size, let executable): TarHeader(path: path, kind: .file(executable: executable), size: size)
    case .symbolicLink(let target): TarHeader(path: path, kind: .symbolicLink(target: target), size: 0)
    }
  }

  var contentSize: Int64 {
    guard case .file(let size, _) = kind else { return 0 }
    return size
  }
}

/// One thing to put into a payload, and where its bytes are now.
package struct PayloadItem: Hashable, Sendable {
  package enum Content: Hashable, Sendable {
    case directory
    /// A regular file of this machine; a symbolic link at `source` is not followed.
    case file(source: String, executable: Bool)
    case bytes([UInt8], executable: Bool)
    case symbolicLink(target: String)
  }

  /// Relative to the payload.
  package var path: String
  package var content: Content

  package init(_ path: String, _ content: Content) {
    self.path = path
    self.content = content
  }

  /// Everything below the directory `root`, placed below `prefix` (empty for the payload itself).
  ///
  /// A file is executable when its owner may execute it; no other right is kept.
  package static func tree(_ root: String, under prefix: String = "") throws(Failure) -> [PayloadItem] {
    var items: [PayloadItem] = []
    for (path, kind) in try Directories.walk(root, limit: BundleLimits.entries) {
      let target = prefix.isEmpty ? path : "\(prefix)/\(path)"
      switch kind {
      case .directory: items.append(PayloadItem(target, .directory))
      case .file(_, let executable):
        items.append(PayloadItem(target, .file(source: "\(root)/\(path)", executable: executable)))
      case .symbolicLink(let link): items.append(PayloadItem(target, .symbolicLink(target: link)))
      case .other:
        throw Failure(
          "LB010", "a device, a pipe or a socket cannot be put into a bundle", path: "\(root)/\(path)",
          help: "leave it out of `files:`")
      }
    }
    return items
  }
}

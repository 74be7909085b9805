package import BundleFormat
package import PolicyIR
internal import Structures
package import SystemIO

/// Which files of a directory the globs of a manifest name.
package enum PayloadSelection {
  /// The files, directories and links below `root` that a pattern matches, as relative paths in byte order.
  ///
  /// What locara itself writes beside a manifest, and what begins with a dot, is matched only by a pattern that names
  /// the dot: nobody wants a `.git` in an app.
  package static func paths(
    matching patterns: [FilePattern], below root: String
  ) throws(Failure) -> [(path: String, kind: Directories.Kind)] {
    guard !patterns.isEmpty else { return [] }
    return try Directories.walk(root, limit: BundleLimits.entries).filter { entry in
      let components = entry.path.split(separator: "/").map(String.init)
      return patterns.contains { matches($0, components) }
    }
  }

  /// Whether `pattern` matches a path given by its components.
  package static func matches(_ pattern: FilePattern, _ path: [String]) -> Bool {
    guard path.count >= pattern.components.count else { return false }
    guard pattern.extent != .exactly || path.count == pattern.components.count else { return false }
    for (component, label) in zip(pattern.components, path) {
      switch component {
      case .literal(let literal): guard literal == label else { return false }
      case .anyLabel: guard !label.hasPrefix(".") else { return false }
      }
    }
    return path.dropFirst(pattern.components.count).allSatisfy { !$0.hasPrefix(".") }
  }

  /// The same as items of a payload.
  package static func items(
    matching patterns: [FilePattern], below root: String
  ) throws(Failure) -> [PayloadItem] {
    var items: [PayloadItem] = []
    for (path, kind) in try paths(matching: patterns, below: root) {
      switch kind {
      case .directory: items.append(PayloadItem(path, .directory))
      case .file(_, let executable):
        items.append(PayloadItem(path, .file(source: "\(root)/\(path)", executable: executable)))
      case .symbolicLink(let target): items.append(PayloadItem(path, .symbolicLink(target: target)))
      case .other:
        throw Failure(
          "LB010", "a device, a pipe or a socket cannot be put into a bundle", path: "\(root)/\(path)",
          help: "leave it out of `files:`")
      }
    }
    return items
  }
}

internal import BundleFormat
internal import CanonicalJSON
internal import Digests
internal import ModelStore
internal import SystemIO

/// The files that a build step sees: by path, with the SHA-256 of each, and where the bytes are now.
struct BuildTree: Sendable {
  enum Content: Hashable, Sendable {
    case directory
    case file(digest: Digest, size: Int64, executable: Bool)
    case symbolicLink(target: String)
  }

  struct Entry: Hashable, Sendable {
    var content: Content
    /// Where a file's bytes are; empty for what has none.
    var place = ""
  }

  private var entries: [String: Entry] = [:]

  /// By path, in byte order.
  var sorted: [(path: String, entry: Entry)] {
    entries.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }.map { ($0.key, $0.value) }
  }

  /// Adds an entry; what was at its path, and below it, is gone.
  mutating func add(_ path: String, _ entry: Entry) {
    if case .directory = entry.content {
      if case .directory? = entries[path]?.content { return }
    }
    entries = entries.filter { $0.key != path && !$0.key.hasPrefix(path + "/") }
    entries[path] = entry
  }

  /// Adds everything that a step made at `path`: first what was there goes.
  mutating func replace(_ path: String, with made: [(path: String, entry: Entry)]) {
    entries = entries.filter { $0.key != path && !$0.key.hasPrefix(path + "/") }
    for (path, entry) in made { entries[path] = entry }
  }

  /// The files, directories and links of a payload selection, measured.
  static func measure(_ items: [PayloadItem]) throws(Failure) -> BuildTree {
    var tree = BuildTree()
    for item in items {
      switch item.content {
      case .directory: tree.entries[item.path] = Entry(content: .directory)
      case .symbolicLink(let target): tree.entries[item.path] = Entry(content: .symbolicLink(target: target))
      case .bytes: throw Failure("LB010", "a build step sees files only", path: item.path)
      case .file(let source, let executable):
        let measured = try ModelStore.measure(source)
        tree.entries[item.path] = Entry(
          content: .file(digest: measured.digest, size: measured.size, executable: executable), place: source)
      }
    }
    return tree
  }

  /// Canonical: equal trees have equal bytes, wherever their files are.
  var json: JSON { .array(sorted.map { BuildTree.json($0.path, $0.entry.content) }) }

  static func json(_ path: String, _ content: Content) -> JSON {
    switch content {
    case .directory: ["path": .string(path), "directory": true]
    case .symbolicLink(let target): ["path": .string(path), "link": .string(target)]
    case .file(let digest, let size, let executable):
      [
        "path": .string(path), "sha256": .string(digest.hexadecimal), "size": .integer(size),
        "executable": .bool(executable),
      ]
    }
  }
}

extension BuildTree.Entry {
  /// The same as an item of a payload.
  func item(_ path: String) -> PayloadItem {
    switch content {
    case .directory: PayloadItem(path, .directory)
    case .symbolicLink(let target): PayloadItem(path, .symbolicLink(target: target))
    case .file(_, _, let executable): PayloadItem(path, .file(source: place, executable: executable))
    }
  }
}

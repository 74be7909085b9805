package import SystemIO

/// Which manifests the words of a command line mean.
package enum ManifestSelection {
  /// The manifest's name in a directory.
  package static let name = "locara.yaml"

  /// Entries that are looked at in one directory tree.
  private static let limit = 1_000_000

  /// The paths of manifests, each once: a file is itself; a directory stands for every `locara.yaml` at or below it; a
  /// word with `*` or `?` for the files that it matches, `**` for any number of directories. What begins with a dot is
  /// found only when it is named.
  ///
  /// - Throws: LX002 for a directory without a manifest, LX007 for a pattern that matches nothing.
  package static func paths(_ words: [String]) throws(Failure) -> [String] {
    var found: [String] = []
    for word in words {
      if Files.isDirectory(word) {
        let below = try manifests(below: word)
        guard !below.isEmpty else {
          throw Failure(
            "LX002", "expected a manifest, found a directory without a `\(name)` in it", path: word,
            help: "name the manifest, or run `locara init`")
        }
        found += below
      } else if Files.exists(word) || !word.contains(where: { $0 == "*" || $0 == "?" }) {
        found.append(word)
      } else {
        let matching = try expand(word)
        guard !matching.isEmpty else {
          throw Failure("LX007", "no file matches the pattern", path: word, help: "check the name and the directory")
        }
        found += matching
      }
    }
    var seen: Set<String> = []
    return found.filter { seen.insert($0).inserted }
  }

  private static func manifests(below directory: String) throws(Failure) -> [String] {
    var found: [String] = []
    let bare = directory.hasSuffix("/") && directory != "/" ? String(directory.dropLast()) : directory
    try visit(bare, count: 0) { path, last in if last == name { found.append(path) } }
    return found
  }

  /// Calls `body` for every file at or below a directory, in byte order, without following links.
  @discardableResult
  private static func visit(
    _ directory: String, count: Int, _ body: (String, String) -> Void
  ) throws(Failure) -> Int {
    var count = count
    for entry in try Directories.entries(in: directory) where !entry.name.hasPrefix(".") {
      count += 1
      guard count <= limit else {
        throw Failure("LX005", "more than \(limit) files and directories", path: directory)
      }
      let path = directory.hasSuffix("/") ? directory + entry.name : "\(directory)/\(entry.name)"
      if entry.isDirectory { count = try visit(path, count: count, body) } else { body(path, entry.name) }
    }
    return count
  }

  private static func expand(_ pattern: String) throws(Failure) -> [String] {
    let components = pattern.split(separator: "/").map(String.init)
    let literal = components.prefix { !$0.contains("*") && !$0.contains("?") }
    let start = (pattern.hasPrefix("/") ? "/" : "") + literal.joined(separator: "/")
    guard start.isEmpty || Files.isDirectory(start) else { return [] }
    var found: [String] = []
    let rest = Array(components.dropFirst(literal.count))
    let prefix = start.isEmpty || start == "/" ? start : start + "/"
    try visit(start.isEmpty ? "." : start, count: 0) { path, _ in
      let bare = start.isEmpty ? String(path.dropFirst(2)) : path
      if matches(rest[...], bare.dropFirst(prefix.count).split(separator: "/").map(String.init)[...]) {
        found.append(bare)
      }
    }
    return found
  }

  private static func matches(_ pattern: ArraySlice<String>, _ path: ArraySlice<String>) -> Bool {
    guard let first = pattern.first else { return path.isEmpty }
    if first == "**" {
      return (path.startIndex...path.endIndex).contains { matches(pattern.dropFirst(), path[$0...]) }
    }
    guard let name = path.first, matches(Array(first.utf8)[...], Array(name.utf8)[...]) else { return false }
    return matches(pattern.dropFirst(), path.dropFirst())
  }

  /// One component: `*` is any characters, `?` one byte.
  private static func matches(_ pattern: ArraySlice<UInt8>, _ name: ArraySlice<UInt8>) -> Bool {
    var (pattern, name) = (pattern, name)
    // Where to go on when what follows the last `*` does not fit.
    var retry: (pattern: ArraySlice<UInt8>, name: ArraySlice<UInt8>)?
    while !name.isEmpty {
      if pattern.first == UInt8(ascii: "*") {
        pattern = pattern.dropFirst()
        retry = (pattern, name)
      } else if let byte = pattern.first, byte == UInt8(ascii: "?") || byte == name.first {
        (pattern, name) = (pattern.dropFirst(), name.dropFirst())
      } else if let again = retry {
        (pattern, name) = (again.pattern, again.name.dropFirst())
        retry = (pattern, name)
      } else {
        return false
      }
    }
    return pattern.allSatisfy { $0 == UInt8(ascii: "*") }
  }
}

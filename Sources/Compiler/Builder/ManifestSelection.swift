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
    seen.reserveCapacity(found.count)
    return found.filter { seen.insert($0).inserted }
  }

  private static func manifests(below directory: String) throws(Failure) -> [String] {
    let bare = directory.hasSuffix("/") && directory != "/" ? String(directory.dropLast()) : directory
    return try files(below: bare, named: name) { _, last in last == name }
  }

  /// The paths of the files at or below a directory that are wanted, in byte order, without following links.
  ///
  /// - Parameters:
  ///   - wanted: the only name that they can have; nil for any.
  ///   - isWanted: by the path and the name; asked on several threads.
  private static func files(
    below directory: String, named wanted: String? = nil, where isWanted: @escaping @Sendable (String, String) -> Bool
  ) throws(Failure) -> [String] {
    let prefix = directory.hasSuffix("/") ? directory : directory + "/"
    var count = 0
    let listing = Listing(try Directories.entries(in: directory), prefix, isWanted)
    return try files(in: [listing], &count, named: wanted, isWanted)[0]
  }

  /// The wanted files in the order of their listings, each directory replaced by what is below it. All directories of one
  /// depth are listed on all processors, and then all that are in them: asking the kernel takes longer than anything else
  /// here.
  private static func files(
    in listings: [Listing], _ count: inout Int, named wanted: String?,
    _ isWanted: @escaping @Sendable (String, String) -> Bool
  ) throws(Failure) -> [[String]] {
    var portions: [Portion] = []
    for listing in listings {
      count += listing.count
      guard count <= limit else {
        throw Failure("LX005", "more than \(limit) files and directories", path: listing.path)
      }
      for start in stride(from: 0, to: listing.directories.count, by: Portion.limit) {
        let end = min(start + Portion.limit, listing.directories.count)
        portions.append(Portion(parent: listing.path, names: listing.directories[start..<end].map(\.name)))
      }
    }
    guard !portions.isEmpty else { return listings.map(\.files) }
    var inner: [Listing] = []
    inner.reserveCapacity(portions.reduce(0) { $0 + $1.names.count })
    let listed = Parallel.map(portions.count) { [portions] in list(portions[$0], named: wanted, isWanted) }
    for listing in listed { inner += try listing.get() }
    var below = try files(in: inner, &count, named: wanted, isWanted)[...]
    return listings.map { listing in
      var found: [String] = []
      var taken = 0
      for directory in listing.directories {
        found += listing.files[taken..<directory.before]
        taken = directory.before
        found += below.popFirst() ?? []
      }
      return found + listing.files[taken...]
    }
  }

  /// What is in one directory. What begins with a dot is found only when it is named.
  private struct Listing: Sendable {
    /// Ends in a slash.
    var path: String
    var count: Int
    /// Paths of wanted files.
    var files: [String] = []
    /// Each with how many of the files are before it.
    var directories: [(name: String, before: Int)] = []

    init(_ entries: [Directories.Entry], _ path: String, _ isWanted: (String, String) -> Bool) {
      self.path = path
      count = entries.count
      for (name, isDirectory) in entries where name.utf8.first != UInt8(ascii: ".") {
        if isDirectory {
          directories.append((name, files.count))
        } else if case let file = path + name, isWanted(file, name) {
          files.append(file)
        }
      }
    }
  }

  /// Some directories in one.
  private struct Portion: Sendable {
    var parent: String
    var names: [String]

    /// Few enough that all processors have some.
    static let limit = 64
  }

  private static func list(
    _ portion: Portion, named wanted: String?, _ isWanted: (String, String) -> Bool
  ) -> Result<[Listing], Failure> {
    Result { () throws(Failure) in
      let listings = try Directories.entries(in: portion.names, of: portion.parent, wanted: wanted)
      return zip(portion.names, listings).map { Listing($1, "\(portion.parent)\($0)/", isWanted) }
    }
  }

  private static func expand(_ pattern: String) throws(Failure) -> [String] {
    let components = pattern.split(separator: "/").map(String.init)
    let literal = components.prefix { !$0.contains("*") && !$0.contains("?") }
    let start = (pattern.hasPrefix("/") ? "/" : "") + literal.joined(separator: "/")
    guard start.isEmpty || Files.isDirectory(start) else { return [] }
    let rest = Array(components.dropFirst(literal.count))
    let prefix = start.isEmpty || start == "/" ? start : start + "/"
    let isRelative = start.isEmpty
    let found = try files(below: isRelative ? "." : start) { path, _ in
      let bare = isRelative ? path.dropFirst(2) : path[...]
      return matches(rest[...], bare.dropFirst(prefix.count).split(separator: "/").map(String.init)[...])
    }
    return isRelative ? found.map { String($0.dropFirst(2)) } : found
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

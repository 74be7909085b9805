package import SystemIO

/// A git repository, read through the `git` program: objects only, never the index, never the work tree.
package struct GitRepository {
  /// Of the work tree.
  package let root: String

  /// The repository that `directory` is in.
  ///
  /// - Throws: LP002 when it is in none.
  package init(containing directory: String = ".") throws(Failure) {
    let outcome = try Git.run(["-C", directory, "rev-parse", "--show-toplevel"])
    guard outcome.status == 0 else {
      throw Failure(
        "LP002", "not a git repository: \(GitRepository.reason(outcome))", path: directory,
        help: "run this inside of a clone")
    }
    root = String(decoding: outcome.output.filter { $0 != 0x0A }, as: UTF8.self)
  }

  /// The commit that a revision names.
  ///
  /// - Throws: LP003 when there is none.
  package func commit(_ revision: String) throws(Failure) -> String {
    let outcome = try git("rev-parse", "--verify", "--quiet", "--end-of-options", "\(revision)^{commit}")
    guard outcome.status == 0 else {
      throw Failure(
        "LP003", "the revision `\(revision)` does not exist here", path: root,
        help: "fetch it first; a shallow clone may not have it (`git fetch --deepen 100`)")
    }
    return String(decoding: outcome.output.filter { $0 != 0x0A }, as: UTF8.self)
  }

  /// The files of a revision.
  package func tree(_ revision: String) throws(Failure) -> GitTree {
    let commit = try commit(revision)
    let outcome = try git("ls-tree", "-r", "-z", "--full-tree", commit)
    guard outcome.status == 0 else { throw failure("list \(revision)", outcome) }
    var blobs: [String: String] = [:]
    // `MODE TYPE OBJECT<TAB>PATH<NUL>`, git-ls-tree(1).
    for entry in outcome.output.split(separator: 0) {
      guard let tab = entry.firstIndex(of: 0x09) else { continue }
      let words = entry[..<tab].split(separator: 0x20).map { String(decoding: $0, as: UTF8.self) }
      guard words.count == 3, words[1] == "blob", words[0].hasPrefix("100") else { continue }
      blobs[String(decoding: entry[entry.index(after: tab)...], as: UTF8.self)] = words[2]
    }
    return GitTree(repository: self, name: revision, blobs: blobs)
  }

  /// The files of the work tree that git does not ignore, tracked or new.
  package func workTree() throws(Failure) -> DirectoryTree {
    let outcome = try git("ls-files", "-z", "--cached", "--others", "--exclude-standard", "--full-name")
    guard outcome.status == 0 else { throw failure("list the work tree", outcome) }
    let paths = Set(outcome.output.split(separator: 0).map { String(decoding: $0, as: UTF8.self) })
    // A file that was removed and not yet committed is still listed.
    let present = paths.filter { Files.exists("\(root)/\($0)") }
    return try DirectoryTree(
      root, name: "work tree", paths: present.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) })
  }

  func git(_ arguments: String..., input: [UInt8] = []) throws(Failure) -> Program.Outcome {
    // Options of the repository could make git start programs; none is needed to read objects.
    try Git.run(["-C", root, "-c", "core.fsmonitor=false", "--no-pager"] + arguments, input: input)
  }

  func failure(_ step: String, _ outcome: Program.Outcome) -> Failure {
    Failure("LP004", "git cannot \(step): \(GitRepository.reason(outcome))", path: root)
  }

  private static func reason(_ outcome: Program.Outcome) -> String {
    outcome.errors.split(separator: "\n").first.map(String.init) ?? "it exited with \(outcome.status)"
  }
}

/// The files of one revision. Blobs are read in batches and kept.
package final class GitTree: SourceTree {
  package let name: String
  package let paths: [String]
  private let repository: GitRepository
  private let blobs: [String: String]
  private var contents: [String: [UInt8]] = [:]

  init(repository: GitRepository, name: String, blobs: [String: String]) {
    self.repository = repository
    self.name = name
    self.blobs = blobs
    paths = blobs.keys.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
  }

  /// The name of a file's object.
  package func object(_ path: String) -> String? { blobs[path] }

  package func read(_ path: String) throws(Failure) -> [UInt8]? {
    guard let object = blobs[path] else { return nil }
    if contents[object] == nil {
      // Whoever reads one file of an app reads the others too.
      let directory = ManifestFiles.beside(path, "")
      let wanted = [ManifestFiles.name, ManifestFiles.lock].compactMap { blobs[directory + $0] } + [object]
      try load(wanted)
    }
    return contents[object]
  }

  /// Reads the files at `paths` at once.
  package func prefetch(_ paths: [String]) throws(Failure) { try load(paths.compactMap { blobs[$0] }) }

  private func load(_ objects: [String]) throws(Failure) {
    let wanted = Set(objects).filter { contents[$0] == nil }.sorted()
    if wanted.isEmpty { return }
    let input = Array(wanted.map { $0 + "\n" }.joined().utf8)
    let outcome = try repository.git("cat-file", "--batch", input: input)
    guard outcome.status == 0 else { throw repository.failure("read objects", outcome) }
    // `OBJECT TYPE SIZE<LF>CONTENT<LF>`, git-cat-file(1).
    var rest: ArraySlice<UInt8> = outcome.output[...]
    for object in wanted {
      guard let end = rest.firstIndex(of: 0x0A) else { throw repository.failure("read \(object)", outcome) }
      let words = rest[..<end].split(separator: 0x20).map { String(decoding: $0, as: UTF8.self) }
      guard words.count == 3, words[0] == object, let size = Int(words[2]), size <= ManifestFiles.limit,
        rest.distance(from: end, to: rest.endIndex) > size + 1
      else { throw Failure("LP004", "git has no file of a reasonable size as object \(object)", path: repository.root) }
      let start = rest.index(after: end)
      contents[object] = Array(rest[start..<start + size])
      rest = rest[(start + size + 1)...]
    }
  }
}

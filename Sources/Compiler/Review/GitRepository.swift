internal import Schemas
internal import Structures
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
    var blobs: [Label: String] = [:]
    var others: Set<Label> = []
    // `MODE TYPE OBJECT<TAB>PATH<NUL>`, git-ls-tree(1).
    for entry in outcome.output.split(separator: 0) {
      guard let tab = entry.firstIndex(of: 0x09) else { continue }
      let words = entry[..<tab].split(separator: 0x20).map { String(decoding: $0, as: UTF8.self) }
      guard words.count == 3, words[1] == "blob" else { continue }
      let path = Label(String(decoding: entry[entry.index(after: tab)...], as: UTF8.self))
      // Symbolic links have the mode 120000.
      if words[0].hasPrefix("100") { blobs[path] = words[2] } else { others.insert(path) }
    }
    return GitTree(repository: self, name: revision, blobs: blobs, others: others)
  }

  /// The files of the work tree that git does not ignore, tracked or new.
  package func workTree() throws(Failure) -> DirectoryTree {
    let outcome = try git("ls-files", "-z", "--cached", "--others", "--exclude-standard", "--full-name")
    guard outcome.status == 0 else { throw failure("list the work tree", outcome) }
    let paths = Set(outcome.output.split(separator: 0).map { Label(String(decoding: $0, as: UTF8.self)) })
    // A file that was removed and not yet committed is still listed; a link without a target is there.
    let present = paths.sorted().map(\.text).filter { path in
      switch try? Directories.kind(of: "\(root)/\(path)") {
      case .file: true
      case .symbolicLink, .other: ManifestFiles.isManifest(path)
      case .directory, nil: false
      }
    }
    return try DirectoryTree(root, name: "work tree", paths: present)
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
  private let blobs: [Label: String]
  /// What is in the tree and no regular file.
  private let others: Set<Label>
  private var contents: [String: [UInt8]] = [:]

  init(repository: GitRepository, name: String, blobs: [Label: String], others: Set<Label>) {
    self.repository = repository
    self.name = name
    self.blobs = blobs
    self.others = others
    paths = (blobs.keys + others.filter { ManifestFiles.isManifest($0.text) }).sorted().map(\.text)
  }

  /// The name of a file's object.
  package func object(_ path: String) -> String? { blobs[Label(path)] }

  /// Whether something that is no directory is there.
  package func has(_ path: String) -> Bool { blobs[Label(path)] != nil || others.contains(Label(path)) }

  package func read(_ path: String) throws(Failure) -> [UInt8]? {
    if others.contains(Label(path)) { throw ManifestFiles.noRegularFile("\(name):\(path)") }
    guard let object = object(path) else { return nil }
    if contents[object] == nil {
      // Whoever reads one file of an app reads the others too.
      let directory = ManifestFiles.beside(path, "")
      let wanted = [ManifestFiles.name, ManifestFiles.lock].compactMap { self.object(directory + $0) } + [object]
      try load(wanted)
    }
    return contents[object]
  }

  /// Reads the files at `paths` at once.
  package func prefetch(_ paths: [String]) throws(Failure) { try load(paths.compactMap(object)) }

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

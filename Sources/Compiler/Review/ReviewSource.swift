internal import BundleFormat
internal import BundleStore
internal import CanonicalJSON
internal import Diagnostics
internal import Digests
internal import Lowering
internal import Manifest
package import PolicyIR
package import SystemIO

/// One side of a review, as the command line names it.
package enum ReviewSource {
  /// Manifests in a directory or a revision.
  case tree(any SourceTree)
  /// One manifest.
  case manifest(path: String, any SourceTree)
  /// One app whose policy is at hand.
  case app(ComparisonSide)

  /// Finds what `name` stands for: `git:REV[:PATH]`, a digest in the store, a directory, a bundle, or a manifest.
  ///
  /// - Parameter directory: where `git:` looks for the repository.
  package init(_ name: String, directory: String = ".") throws(Failure) {
    if name.hasPrefix("git:") {
      self = try ReviewSource.revision(name.dropFirst(4), directory)
    } else if let digest = Digest(name) ?? Digest(hexadecimal: name) {
      guard let installed = try BundleStore.ofUser().find(digest) else {
        throw Failure(
          "LP005", "the store has no bundle \(digest)", help: "run it once, or name the bundle's file instead")
      }
      self = .app(try BundleSide.side(installed.bundle))
    } else if Files.isDirectory(name) {
      self =
        Files.exists("\(name)/oci-layout")
        ? .app(try BundleSide.read(name)) : .tree(try DirectoryTree(name, name: name))
    } else if name.hasSuffix(".yaml") || name.hasSuffix(".yml") || name.hasSuffix(".json") {
      let file = Files.name(of: name)
      self = .manifest(
        path: file, try DirectoryTree(Files.parent(of: name), name: name, paths: [file], followsLinks: true))
    } else {
      self = .app(try BundleSide.read(name))
    }
  }

  /// `REV` or `REV:PATH`; the path is relative to the repository's root, as git has it.
  private static func revision(_ text: Substring, _ directory: String) throws(Failure) -> ReviewSource {
    let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
    let tree = try GitRepository(containing: directory).tree(parts[0])
    guard parts.count == 2, !parts[1].isEmpty else { return .tree(tree) }
    let path = parts[1].hasSuffix("/") ? String(parts[1].dropLast()) : parts[1]
    if tree.has(path) { return .manifest(path: path, tree) }
    guard tree.paths.contains(where: { ManifestFiles.isBelow($0, path) }) else {
      throw Failure(
        "LP005", "`\(path)` does not exist in `\(parts[0])`", help: "paths are relative to the repository's root")
    }
    return .tree(Subtree(tree, below: path))
  }
}

/// A directory of another tree, as a tree of its own.
package struct Subtree: SourceTree {
  private let tree: any SourceTree
  private let directory: String
  package let paths: [String]

  package init(_ tree: any SourceTree, below directory: String) {
    self.tree = tree
    self.directory = directory + "/"
    paths = tree.paths.filter { ManifestFiles.isBelow($0, directory) }
      .map { String(decoding: $0.utf8.dropFirst(directory.utf8.count + 1), as: UTF8.self) }
  }

  package var name: String { "\(tree.name):\(directory.dropLast())" }
  package func read(_ path: String) throws(Failure) -> [UInt8]? { try tree.read(directory + path) }
  package func prefetch(_ paths: [String]) throws(Failure) { try tree.prefetch(paths.map { directory + $0 }) }
  package func object(_ path: String) -> String? { tree.object(directory + path) }
}

/// Policies out of bundles.
enum BundleSide {
  static func read(_ path: String) throws(Failure) -> ComparisonSide { try side(try Bundle.open(path)) }

  static func side(_ bundle: Bundle) throws(Failure) -> ComparisonSide {
    let configuration = bundle.configuration
    let policy = try document(bundle, .policy) { json throws(PolicyFormatError) in try Policy(json: json) }
    var origins = Origins()
    if bundle.contents(of: .origins) != nil {
      origins = try document(bundle, .origins) { json throws(PolicyFormatError) in try Origins(json: json) }
    }
    var tests: [PolicyTest] = []
    if let bytes = bundle.contents(of: .manifest) {
      let source = Source(path: "locara.yaml", bytes: bytes)
      tests = parseManifest(source).0?.statedTests(in: source) ?? []
    }
    let id = AppID(publisher: configuration.publisher, name: configuration.name, version: configuration.version)
    let app = AppPolicy(id: id, policy: policy)
    try BundleAgreement(bundle, app).check()
    return ComparisonSide(app, origins: origins, tests: tests)
  }

  private static func document<Value>(
    _ bundle: Bundle, _ kind: LayerKind, _ read: (JSON) throws(PolicyFormatError) -> Value
  ) throws(Failure) -> Value {
    let bytes = try bundle.layer(kind)
    var problem: String
    do throws(JSONError) {
      let json = try JSON(parsing: bytes)
      do throws(PolicyFormatError) { return try read(json) } catch { problem = error.description }
    } catch { problem = error.description }
    throw Failure("LP007", "the bundle's \(kind.title) is malformed: \(problem)", path: bundle.path)
  }
}

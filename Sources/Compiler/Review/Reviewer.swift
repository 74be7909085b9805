internal import Diagnostics
internal import Manifest
internal import PolicyIR
package import Reports
internal import Schemas
internal import Structures
package import SystemIO

/// Pairs what is on two sides and compares every pair.
package enum Reviewer {
  /// - Parameter isBelow: nil for everything, else which paths of the trees count.
  package static func review(
    _ before: ReviewSource, _ after: ReviewSource, counting isCounted: (String) -> Bool = { _ in true }
  ) throws(Failure) -> [ChangeReport.Entry] {
    switch (before, after) {
    case (.tree(let left), .tree(let right)): return try trees(left, right, isCounted)
    default:
      let (left, leftName) = try single(before, "the first side")
      let (right, rightName) = try single(after, "the second side")
      return [entry(rightName ?? leftName ?? "", try left(), try right(), path: rightName ?? "")]
    }
  }

  /// One side that may have failed to compile.
  private enum Side {
    case compiled(ComparisonSide)
    case failed(String)
    case absent
  }

  private static func entry(
    _ name: String, _ before: Side, _ after: Side, path: String, renamedFrom old: String? = nil
  ) -> ChangeReport.Entry {
    func value(_ side: Side) -> ComparisonSide? { if case .compiled(let value) = side { value } else { nil } }
    let outcome: ChangeReport.Entry.Outcome
    switch (before, after) {
    case (_, .failed(let problem)): outcome = .failed(side: "the second side", problem: problem)
    case (.failed(let problem), _): outcome = .failed(side: "the first side", problem: problem)
    default:
      outcome = .compared(
        PolicyComparison(before: value(before), after: value(after), classifying: SchemaPlanning.effects))
    }
    return ChangeReport.Entry(name: name, outcome: outcome, path: path, renamedFrom: old)
  }

  private static func load(_ path: String, _ tree: any SourceTree) -> Side {
    do throws(LoadProblem) { return .compiled(try ManifestLoader.load(path, from: tree)) } catch {
      return .failed(error.text)
    }
  }

  private static func single(
    _ source: ReviewSource, _ which: String
  ) throws(Failure) -> (load: () throws(Failure) -> Side, name: String?) {
    switch source {
    case .app(let side): return ({ () throws(Failure) in .compiled(side) }, nil)
    case .manifest(let path, let tree):
      guard try tree.read(path) != nil else { throw Failure("LP005", "there is no manifest", path: path) }
      return ({ () throws(Failure) in load(path, tree) }, path)
    case .tree(let tree):
      let manifests = tree.manifests
      guard manifests.count == 1 else {
        throw Failure(
          "LP005", "\(which) has \(manifests.count) manifests, and the other side is one app", path: tree.name,
          help: "name one manifest, or compare two directories")
      }
      return ({ () throws(Failure) in load(manifests[0], tree) }, manifests[0])
    }
  }

  // MARK: Trees

  private static func trees(
    _ before: any SourceTree, _ after: any SourceTree, _ isCounted: (String) -> Bool
  ) throws(Failure) -> [ChangeReport.Entry] {
    let old = before.manifests.filter(isCounted)
    let new = after.manifests.filter(isCounted)
    guard !old.isEmpty || !new.isEmpty else {
      throw Failure(
        "LP005", "there is no manifest on either side", path: "\(before.name), \(after.name)",
        help: "a manifest is called `\(ManifestFiles.name)`; is the path right?")
    }
    let both = Set(old.map(Label.init)).intersection(new.map(Label.init))
    for tree in [before, after] {
      try tree.prefetch(
        (tree.manifests + tree.manifests.map { ManifestFiles.beside($0, ManifestFiles.lock) }).filter(isCounted))
    }
    var entries: [ChangeReport.Entry] = []
    for path in new where both.contains(Label(path)) {
      if isSame(path, before, after) { continue }
      entries.append(entry(path, load(path, before), load(path, after), path: path))
    }
    // A manifest that moved is the same app under another path.
    var gone = old.filter { !both.contains(Label($0)) }.map { ($0, load($0, before)) }
    for path in new where !both.contains(Label(path)) {
      let side = load(path, after)
      if let index = gone.firstIndex(where: { name($0.1) != nil && name($0.1) == name(side) }) {
        let (oldPath, oldSide) = gone.remove(at: index)
        entries.append(entry(path, oldSide, side, path: path, renamedFrom: oldPath))
      } else {
        entries.append(entry(path, .absent, side, path: path))
      }
    }
    entries += gone.map { entry($0.0, $0.1, .absent, path: $0.0) }
    return entries.filter { $0.comparison.map { !$0.isEmpty || isIdentityChange($0) } ?? true }
      .sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
  }

  private static func isIdentityChange(_ comparison: PolicyComparison) -> Bool {
    comparison.before?.app.id != comparison.after?.app.id
  }

  /// The app's name without its version; nil for what did not compile.
  private static func name(_ side: Side) -> String? {
    guard case .compiled(let value) = side else { return nil }
    return "\(value.app.id.publisher)/\(value.app.id.name)"
  }

  /// Whether everything that a manifest is compiled from has the same bytes on both sides: the manifest, the lock and the
  /// schema that it names. Compiling is a function of those, so what is the same need not be compiled. What cannot be
  /// read is not the same: compiling it says why.
  private static func isSame(_ path: String, _ before: any SourceTree, _ after: any SourceTree) -> Bool {
    func isSameFile(_ file: String) throws(Failure) -> Bool {
      if let left = before.object(file), let right = after.object(file) { return left == right }
      return try before.read(file) == after.read(file)
    }
    do throws(Failure) {
      guard try isSameFile(path), try isSameFile(ManifestFiles.beside(path, ManifestFiles.lock)) else { return false }
      guard let bytes = try after.read(path) else { return false }
      // A key can be spelt without its letters only by escapes; without either nothing names a schema.
      guard bytes.contains(UInt8(ascii: "\\")) || bytes.firstRange(of: Array("storage".utf8)) != nil,
        let schema = parseManifest(Source(path: path, bytes: bytes)).0?.storage?.schema?.value
      else { return true }
      return try isSameFile(ManifestFiles.beside(path, schema))
    } catch { return false }
  }
}

internal import Diagnostics
internal import Lowering
internal import Manifest
internal import ModelStore
package import PolicyIR
internal import Reports
internal import SystemIO

/// Why one side of a comparison has no policy, as text for people.
package struct LoadProblem: Error, Hashable, Sendable {
  package var text: String
}

/// Compiles manifests of a source tree.
package enum ManifestLoader {
  /// The policy of the manifest at `path`, with the lock and the schema that lie beside it.
  package static func load(_ path: String, from tree: some SourceTree) throws(LoadProblem) -> ComparisonSide {
    do throws(Failure) {
      guard let bytes = try tree.read(path) else { throw Failure("LP005", "there is no manifest", path: path) }
      let source = Source(path: path, bytes: bytes)
      var input = CompilerInput(manifest: source)
      let manifest = parseManifest(source).0
      let lock = ManifestFiles.beside(path, ManifestFiles.lock)
      if manifest?.models.isEmpty == false, let bytes = try tree.read(lock) {
        let lock = try LockFile(parsing: bytes, path: lock)
        input.lock = lock.models
        input.vectorDimensions = lock.vectorDimensions
      }
      if let schema = manifest?.storage?.schema?.value {
        let place = ManifestFiles.beside(path, schema)
        if let bytes = try tree.read(place) { input.schema = Source(path: place, bytes: bytes) }
      }
      return try side(input)
    } catch { throw LoadProblem(text: error.description) }
  }

  private static func side(_ input: CompilerInput) throws(Failure) -> ComparisonSide {
    let output = compile(input)
    guard let policy = output.policy else {
      let errors = output.diagnostics.filter { $0.severity == .error }
      let shown = Array(errors.prefix(8))
      let text = renderText(
        shown, sources: [input.manifest] + [input.schema].compactMap { $0 }, color: false, width: 100)
      let more = errors.count > shown.count ? "\nand \(errors.count - shown.count) more errors" : ""
      throw Failure("LP006", "the manifest does not compile\n\(text)\(more)")
    }
    return ComparisonSide(
      policy, origins: output.origins, tests: output.manifest?.statedTests(in: input.manifest) ?? [])
  }
}

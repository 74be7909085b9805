package import Diagnostics

/// A manifest as far as it could be read.
package struct ManifestReading: Sendable {
  var syntax: SyntaxTree
  /// Without what is wrong; nil when not even its identity can be read.
  var manifest: Manifest?
  /// Top-level keys below which something is wrong.
  var damaged: Set<String>
  /// Keys that are accepted and not enforced yet.
  var unenforced: [UnenforcedKey] = []
  /// In source order.
  package var diagnostics: [Diagnostic]

  /// Reads a manifest. Pure: no file is opened.
  package init(_ source: Source) {
    syntax = SyntaxTree(parsing: source)
    diagnostics = syntax.diagnostics
    damaged = []
    guard let root = syntax.root ?? syntax.fragment?.root else {
      guard diagnostics.isEmpty else { return }
      diagnostics = [
        Diagnostic(
          "LM041", "the manifest is empty", at: .init(source, Span(0, 0)),
          notes: ["begin with `schema: \(FieldTable.schemaTag)`; `locara explain schema` says more"])
      ]
      return
    }
    if case .null = root.value {
      diagnostics.append(
        Diagnostic(
          "LM041", "the manifest is empty", at: .init(source, root.span),
          notes: ["begin with `schema: \(FieldTable.schemaTag)`; `locara explain schema` says more"]))
      return
    }
    var checker = ShapeChecker(source: source, unfinished: syntax.fragment?.unfinished ?? [])
    checker.check(root: root)
    // What is said about the syntax of a line is what is wrong with it.
    let lines = Set(diagnostics.map { source.line(of: $0.primary.span.start) })
    let found = checker.diagnostics.filter { diagnostic in
      let span = diagnostic.primary.span
      return !lines.contains(source.line(of: span.start)) && !lines.contains(source.line(of: span.end))
    }
    diagnostics = (diagnostics + found.withoutRepetitions).inSourceOrder.bounded(in: source)
    damaged = checker.damaged
    unenforced = checker.unenforced
    if syntax.fragment == nil {
      manifest = ManifestReader(source: source, statements: checker.statements).manifest(root)
    }
  }
}

extension ManifestReading {
  /// The manifest; nil when there is an error.
  package var validManifest: Manifest? {
    diagnostics.contains { $0.severity == .error } ? nil : manifest
  }
}

/// Reads a manifest. Pure: no file is opened.
///
/// - Returns: the manifest, nil when there is an error; and what there is to say, in source order.
package func parseManifest(_ source: Source) -> (Manifest?, [Diagnostic]) {
  let reading = ManifestReading(source)
  return (reading.validManifest, reading.diagnostics)
}

package import Diagnostics
package import Text

/// A manifest as far as it could be read.
///
/// A class, as `Manifest` is: it is handed on and has too many parts to copy.
package final class ManifestReading: Sendable {
  package let syntax: SyntaxTree
  /// Without what is wrong; nil when not even its identity can be read.
  package let manifest: Manifest?
  /// Top-level keys below which something is wrong.
  package let damaged: Set<String>
  /// Keys that are accepted and not enforced yet.
  package let unenforced: [UnenforcedKey]
  /// In source order.
  package let diagnostics: [Diagnostic]

  /// Reads a manifest. Pure: no file is opened.
  package init(_ source: Source) {
    syntax = SyntaxTree(parsing: source)
    let root = syntax.root ?? syntax.fragment?.root
    guard let root, root.value != .null else {
      // What cannot be read at all is not empty.
      var diagnostics = syntax.diagnostics
      if root != nil || diagnostics.isEmpty { diagnostics.append(.emptyManifest(at: root?.span ?? Span(0, 0), source)) }
      (self.diagnostics, damaged, unenforced, manifest) = (diagnostics, [], [], nil)
      return
    }
    var checker = ShapeChecker(source: source, root: root, unfinished: syntax.fragment?.unfinished ?? [])
    checker.check()
    // What is said about the syntax of a line is what is wrong with it.
    let lines = Set(syntax.diagnostics.map { source.line(of: $0.primary.span.start) })
    let found = checker.diagnostics.filter { diagnostic in
      let span = diagnostic.primary.span
      return !lines.contains(source.line(of: span.start)) && !lines.contains(source.line(of: span.end))
    }
    diagnostics = (syntax.diagnostics + found.withoutRepetitions).inSourceOrder.bounded(in: source)
    damaged = checker.damaged
    unenforced = checker.unenforced
    let reader = ManifestReader(source: source, buffer: root.buffer, statements: checker.statements)
    manifest = syntax.fragment == nil ? reader.manifest(root.index) : nil
  }
}

extension Diagnostic {
  fileprivate static func emptyManifest(at span: Span, _ source: Source) -> Diagnostic {
    Diagnostic(
      "LM041", "the manifest is empty", at: .init(source, span),
      notes: ["begin with `schema: \(FieldTable.schemaTag)`; `locara explain schema` says more"])
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

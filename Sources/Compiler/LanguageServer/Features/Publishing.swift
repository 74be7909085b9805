internal import CanonicalJSON
internal import Diagnostics

extension Server {
  /// Compiles a document and tells the client what there is to say about it, and about the files that it names.
  func publish(_ uri: String) {
    guard var document = documents[uri] else { return }
    let analysis =
      document.isManifest
      ? analyze(document.source, document.path != nil) : Analysis(diagnostics: [], sources: [document.source])
    document.analysis = analysis
    send(
      uri, analysis.diagnostics.filter { $0.primary.path == document.source.path }, document.source, document.version)
    var elsewhere: Set<String> = []
    for source in analysis.sources where source.path != document.source.path {
      let found = analysis.diagnostics.filter { $0.primary.path == source.path }
      let other = FileAddress.uri(source.path)
      if found.isEmpty || documents[other] != nil { continue }
      elsewhere.insert(other)
      send(other, found, source, nil)
    }
    for gone in document.publishedElsewhere.subtracting(elsewhere).sorted() { clear(gone) }
    document.publishedElsewhere = elsewhere
    documents[uri] = document
  }

  /// Takes back what was said about a file.
  func clear(_ uri: String) {
    notify("textDocument/publishDiagnostics", ["uri": .string(uri), "diagnostics": []])
  }

  private func send(_ uri: String, _ diagnostics: [Diagnostic], _ source: Source, _ version: Int64?) {
    var parameters: [String: JSON] = [
      "uri": .string(uri), "diagnostics": .array(diagnostics.map { json($0, in: source, uri: uri) }),
    ]
    if let version { parameters["version"] = .integer(version) }
    notify("textDocument/publishDiagnostics", .object(parameters))
  }

  func json(_ diagnostic: Diagnostic, in source: Source, uri: String) -> JSON {
    let label = diagnostic.primary.text.isEmpty ? "" : ": \(diagnostic.primary.text)"
    let lines = [diagnostic.headline + label] + diagnostic.notes
    var json: [String: JSON] = [
      "range": source.json(range: diagnostic.primary.span), "code": .string(diagnostic.code), "source": "locara",
      "severity": diagnostic.severity == .error ? 1 : diagnostic.severity == .warning ? 2 : 3,
      "message": .string(lines.joined(separator: "\n")),
    ]
    let related = diagnostic.secondary.filter { $0.path == source.path }.map { place -> JSON in
      [
        "location": ["uri": .string(uri), "range": source.json(range: place.span)],
        "message": .string(place.text.isEmpty ? "here" : place.text),
      ]
    }
    if !related.isEmpty { json["relatedInformation"] = .array(related) }
    return .object(json)
  }
}

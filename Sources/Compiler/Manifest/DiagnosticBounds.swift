internal import Diagnostics
internal import Text

extension [Diagnostic] {
  /// Without what is said a second time of the same place: an alias stands for what was looked at before.
  var withoutRepetitions: [Diagnostic] {
    guard count > 1 else { return self }
    var said: Set<PlacedCode> = []
    return filter { said.insert(PlacedCode(code: $0.code, label: $0.primary)).inserted }
  }

  /// The first of them when there are more than anyone reads, and how many more there are.
  func bounded(in source: Source, limit: Int = 200) -> [Diagnostic] {
    guard count > limit else { return self }
    let more = self[limit...]
    let severity = more.lazy.map(\.severity).max() ?? .note
    let place = more.first?.primary.span ?? Span(0, 0)
    return prefix(limit) + [
      Diagnostic(
        "LM044", severity, "there is more to say about \(more.count) other places",
        at: .init(source, Span(place.start, place.start), "from here on"),
        notes: ["the first \(limit) are shown: mend them and check again"])
    ]
  }
}

private struct PlacedCode: Hashable {
  var code: String
  var label: Diagnostic.Label
}

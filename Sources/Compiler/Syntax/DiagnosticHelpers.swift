internal import Diagnostics

extension Diagnostic.Label {
  init(_ source: Source, _ span: Span, _ text: String = "") {
    self.init(path: source.path, span: span, text: text)
  }
}

extension [Diagnostic] {
  /// By place, then by code; equal ones keep the order in which they were found.
  var inSourceOrder: [Diagnostic] {
    enumerated().sorted { left, right in
      let (a, b) = (left.element.primary, right.element.primary)
      if a.path != b.path { return a.path < b.path }
      if a.span.start != b.span.start { return a.span.start < b.span.start }
      if left.element.code != right.element.code { return left.element.code < right.element.code }
      return left.offset < right.offset
    }.map(\.element)
  }
}

extension Diagnostic {
  /// An error, the usual severity.
  init(
    _ code: String, _ headline: String, at primary: Label, secondary: [Label] = [], notes: [String] = [],
    fix: Fix? = nil
  ) {
    self.init(code, .error, headline, at: primary, secondary: secondary, notes: notes, fix: fix)
  }
}

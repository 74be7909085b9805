package import Diagnostics

extension Diagnostic.Label {
  package init(_ source: Source, _ span: Span, _ text: String = "") {
    self.init(path: source.path, span: span, text: text)
  }
}

extension [Diagnostic] {
  /// By place, then by code; equal ones keep the order in which they were found.
  package var inSourceOrder: [Diagnostic] {
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
  package init(
    _ code: String, _ headline: String, at primary: Label, secondary: [Label] = [], notes: [String] = [],
    fix: Fix? = nil
  ) {
    self.init(code, .error, headline, at: primary, secondary: secondary, notes: notes, fix: fix)
  }
}

extension String {
  /// For a message: control characters made visible, and cut when it is long.
  package var excerpt: String { excerpt(60) }

  /// - Parameter limit: in characters.
  package func excerpt(_ limit: Int) -> String {
    // Characters are never more than bytes, and counting them takes time.
    guard utf8.count > limit, let cut = index(startIndex, offsetBy: limit + 1, limitedBy: endIndex) else {
      return visible
    }
    return String(self[..<index(cut, offsetBy: -4)]).visible + "…"
  }

  /// With control characters made visible, for a message.
  package var visible: String {
    String(String.UnicodeScalarView(unicodeScalars.map { $0.value < 0x20 || $0.value == 0x7F ? "\u{FFFD}" : $0 }))
  }
}

package import Diagnostics

/// A key that was understood and has no effect yet.
package struct UnenforcedKey: Sendable, Hashable {
  /// `limits.cpu`
  package var key: String
  /// What is so instead, one clause.
  package var meaning: String
  package var span: Span

  package init(key: String, meaning: String, span: Span) {
    self.key = key
    self.meaning = meaning
    self.span = span
  }
}

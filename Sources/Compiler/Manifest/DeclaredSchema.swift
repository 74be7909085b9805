package import Diagnostics
internal import Schemas

/// A schema that a manifest declares, written as SQL, with the place in the manifest of each part.
///
/// Written as SQL it is read by the one reader of schemas, so that a schema is the same value however it was declared.
package struct DeclaredSchema: Hashable, Sendable {
  /// The statements, then the declarations as comments.
  package private(set) var sql: [UInt8] = []
  private var places: [Place] = []

  private struct Place: Hashable {
    /// In `sql`.
    var range: Range<Int>
    /// In the manifest.
    var span: Span
    /// Whether both hold the same bytes.
    var isExact: Bool
  }

  package var isEmpty: Bool { sql.isEmpty }

  mutating func write(_ text: String) { sql += Array(text.utf8) }

  /// Writes what stands at `span` of the manifest.
  mutating func write(_ text: String, at span: Span, isExact: Bool = false) {
    let start = sql.count
    write(text)
    places.append(Place(range: start..<sql.count, span: span, isExact: isExact))
  }

  /// What `body` writes stands at `span`, as far as it does not say it more exactly.
  mutating func scope(_ span: Span, _ body: (inout DeclaredSchema) -> Void) {
    let start = sql.count
    body(&self)
    places.append(Place(range: start..<sql.count, span: span, isExact: false))
  }

  /// Where a range of `sql` was declared: the place of the smallest part around its start.
  package func span(of range: Span) -> Span {
    let around =
      places.filter { $0.range.contains(range.start) }.min { $0.range.count < $1.range.count }
      ?? places.filter { $0.range.lowerBound <= range.start }.max { $0.range.upperBound < $1.range.upperBound }
    guard let around else { return Span(0, 0) }
    guard around.isExact, around.range.contains(range.start) else { return around.span }
    let start = around.span.start + range.start - around.range.lowerBound
    return Span(start, min(start + range.end - range.start, around.span.end))
  }
}

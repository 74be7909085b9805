internal import Diagnostics

/// libyaml's marks are where its scanner stood, not where a node's characters are: the end of a block collection is
/// the start of the next token, that of a block scalar a later line, and a node starts at its anchor or tag.
enum SpanTrimming {
  static func scalar(_ span: Span, style: SyntaxNode.Style, hasProperties: Bool, in bytes: [UInt8]) -> Span {
    var span = span
    if hasProperties { span.start = afterProperties(span, in: bytes) }
    if style == .literal || style == .folded { span.end = trimmed(span, in: bytes) }
    return span
  }

  static func collection(from first: Span, to last: Span, style: SyntaxNode.Style, in bytes: [UInt8]) -> Span {
    guard style == .block else { return Span(first.start, last.end) }
    return Span(first.start, trimmed(Span(first.start, last.start), in: bytes))
  }

  /// A tag's own characters: from the node's start, or after its anchor.
  static func tag(at span: Span, in bytes: [UInt8]) -> Span {
    var start = span.start
    while start < span.end, bytes[start] != UInt8(ascii: "!") { start += 1 }
    var end = start
    while end < bytes.count, !isBlank(bytes[end]) { end += 1 }
    return start < end ? Span(start, end) : span
  }

  /// Skips `&anchor` and `!tag`.
  static func afterProperties(_ span: Span, in bytes: [UInt8]) -> Int {
    var start = span.start
    while start < span.end, bytes[start] == UInt8(ascii: "&") || bytes[start] == UInt8(ascii: "!") {
      while start < span.end, !isBlank(bytes[start]) { start += 1 }
      while start < span.end, isBlank(bytes[start]) { start += 1 }
    }
    return start
  }

  /// The end of the last line in `span` that has content: neither blank nor a comment of its own.
  private static func trimmed(_ span: Span, in bytes: [UInt8]) -> Int {
    unsafe bytes.withUnsafeBufferPointer { bytes in
      var end = span.end
      while end > span.start {
        while unsafe end > span.start && isBlank(bytes[end - 1]) { end -= 1 }
        var lineStart = end
        // Where the last word begins on the way back is where the line's content begins in the end.
        var content = end
        while lineStart > span.start {
          let byte = unsafe bytes[lineStart - 1]
          if byte == UInt8(ascii: "\n") || byte == UInt8(ascii: "\r") { break }
          lineStart -= 1
          if !isBlank(byte) { content = lineStart }
        }
        guard unsafe content < end && bytes[content] == UInt8(ascii: "#") && lineStart > span.start else { break }
        end = lineStart
      }
      return max(end, span.start)
    }
  }

  private static func isBlank(_ byte: UInt8) -> Bool {
    byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\n") || byte == UInt8(ascii: "\r") || byte == UInt8(ascii: "\t")
  }
}

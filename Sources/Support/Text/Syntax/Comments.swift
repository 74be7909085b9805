package import Diagnostics

/// Comments are what the tree does not have: they stand between the scanner's tokens, and on the first line of a block
/// scalar.
package enum Comments {
  /// Where the comments of a text are, each from its `#` to the end of its line; nil when the text is not YAML.
  package static func spans(in source: Source) -> [Span]? {
    guard let stream = TokenStream(source) else { return nil }
    var found: [Span] = []
    var position = 0
    for token in stream.tokens where token.span.end > token.span.start {
      found += spans(in: Span(position, token.span.start), of: source.bytes)
      position = token.span.end
      if case .scalar(let style) = token.kind, style == .literal || style == .folded {
        let header = blockHeader(token.span, in: source.bytes)
        found += spans(in: Span(token.span.start, header), of: source.bytes)
      }
    }
    return found + spans(in: Span(position, source.bytes.count), of: source.bytes)
  }

  /// The comments in what stands between two tokens.
  private static func spans(in gap: Span, of bytes: [UInt8]) -> [Span] {
    var found: [Span] = []
    var offset = gap.start
    while offset < gap.end {
      if bytes[offset] == UInt8(ascii: "#") {
        let end = lineEnd(from: offset, in: bytes)
        found.append(Span(offset, end))
        offset = end
      }
      offset += 1
    }
    return found
  }

  /// The end of the first line of a block scalar, before its line break.
  static func blockHeader(_ span: Span, in bytes: [UInt8]) -> Int { lineEnd(from: span.start, in: bytes) }

  private static func lineEnd(from start: Int, in bytes: [UInt8]) -> Int {
    var end = start
    while end < bytes.count, bytes[end] != UInt8(ascii: "\n"), bytes[end] != UInt8(ascii: "\r") { end += 1 }
    return end
  }
}

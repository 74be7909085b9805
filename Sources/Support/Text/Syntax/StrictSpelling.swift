internal import Diagnostics

/// What libyaml accepts or misreads and YAML 1.2.2 does not: found by running the public YAML test suite.
struct StrictSpelling {
  let source: Source
  /// The collections around what is being read.
  private var around: [Collection] = []

  private struct Collection {
    /// Nil for one in brackets.
    var column: Int?
    /// Where it begins.
    var line: Int
  }

  init(source: Source) {
    self.source = source
    around.reserveCapacity(8)
  }

  private var isInFlow: Bool { around.last.map { $0.column == nil } ?? false }
  private var bytes: [UInt8] { source.bytes }

  mutating func enter(_ style: SyntaxNode.Style, _ event: SyntaxEvent) {
    let start = SpanTrimming.afterProperties(event.span, in: bytes)
    around.append(Collection(column: style == .flow ? nil : column(of: start), line: event.lines.lowerBound))
  }

  /// Leaves a collection that is written at `span`.
  mutating func leave(_ span: Span, _ end: SyntaxEvent) -> Diagnostic? {
    guard let left = around.popLast(), left.column == nil else { return nil }
    let isOneLine = left.line == end.lines.upperBound
    return commentWithoutSpace(at: span.end) ?? (isInFlow || isOneLine ? nil : indentation(of: span))
      ?? flowGaps(in: span)
  }

  func scalar(_ style: SyntaxNode.Style, _ event: SyntaxEvent, _ span: Span, isDash: Bool) -> Diagnostic? {
    if event.hasAnchor, let problem = anchorEnd(event.span) { return problem }
    switch style {
    case .plain:
      guard isInFlow, isDash else { return nil }
      return problem(span, "a `-` in brackets is not a value", "put it in quotes")
    case .singleQuoted, .doubleQuoted:
      let isOneLine = event.lines.count == 1
      return commentWithoutSpace(at: span.end) ?? (isInFlow || isOneLine ? nil : indentation(of: span))
    case .literal, .folded: return blockHeader(span)
    case .block, .flow: return nil
    }
  }

  /// YAML 1.2.2, section 6.6: a comment is separated from what is before it by white space.
  private func commentWithoutSpace(at offset: Int) -> Diagnostic? {
    guard offset < bytes.count, bytes[offset] == UInt8(ascii: "#") else { return nil }
    return problem(Span(offset, offset + 1), "a comment needs a space before its `#`", "directly after a value")
  }

  /// Sections 6.1 and 7.4: lines that go on are indented by spaces, further than the collection around them. A line that
  /// begins with a closing bracket may stand in its column, since that is how people write it.
  private func indentation(of span: Span) -> Diagnostic? {
    guard let column = around.last?.column else { return nil }
    for start in lineStarts(in: span) {
      var content = start
      while content < span.end, bytes[content] == UInt8(ascii: " ") { content += 1 }
      var first = content
      while first < span.end, bytes[first] == UInt8(ascii: "\t") || bytes[first] == UInt8(ascii: " ") { first += 1 }
      guard first < span.end, !"\r\n#".utf8.contains(bytes[first]), content - start <= column else { continue }
      if first == content, content - start == column, "]}".utf8.contains(bytes[first]) { continue }
      return problem(
        Span(start, max(first, start + 1)), "this line is not indented further than what it belongs to",
        first > content ? "a tab does not count as indentation" : "indent it by more than \(column) spaces")
    }
    return nil
  }

  /// Between the parts of a collection in brackets: `,#`, and a `?` that is not followed by a space.
  private func flowGaps(in span: Span) -> Diagnostic? {
    // Both begin with a character that few collections have.
    guard bytes[span.start..<span.end].contains(where: { $0 == UInt8(ascii: "#") || $0 == UInt8(ascii: "?") }) else {
      return nil
    }
    var offset = span.start
    var quote: UInt8?
    while offset + 1 < span.end {
      let (byte, next) = (bytes[offset], bytes[offset + 1])
      if let open = quote {
        if open == UInt8(ascii: "\""), byte == UInt8(ascii: "\\") { offset += 1 }
        if byte == open {
          // A single quote is written twice inside single quotes.
          if open == UInt8(ascii: "'"), next == open { offset += 1 } else { quote = nil }
        }
      } else if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "'"), beginsValue(offset) {
        quote = byte
      } else if byte == UInt8(ascii: ","), next == UInt8(ascii: "#") {
        return commentWithoutSpace(at: offset + 1)
      } else if byte == UInt8(ascii: "?"), beginsValue(offset), !" \t\r\n,]}".utf8.contains(next) {
        return problem(
          Span(offset, offset + 1), "a value that begins with `?` needs quotes", "read as the mark of a key")
      } else if byte == UInt8(ascii: "#"), offset > 0, " \t\n".utf8.contains(bytes[offset - 1]) {
        while offset < span.end, bytes[offset] != UInt8(ascii: "\n") { offset += 1 }
        continue
      }
      offset += 1
    }
    return nil
  }

  /// Whether what is before an offset, white space aside, is the beginning of an entry in brackets.
  private func beginsValue(_ offset: Int) -> Bool {
    var before = offset - 1
    while before >= 0, " \t\r\n".utf8.contains(bytes[before]) { before -= 1 }
    return before >= 0 && "[{,:".utf8.contains(bytes[before])
  }

  /// libyaml ends an anchor's name at a `:`, which YAML 1.2 has as a part of it.
  private func anchorEnd(_ span: Span) -> Diagnostic? {
    var end = span.start
    while end < span.end, !" \t\r\n".utf8.contains(bytes[end]) { end += 1 }
    guard let colon = bytes[span.start..<end].firstIndex(of: UInt8(ascii: ":")), bytes[span.start] == UInt8(ascii: "&")
    else { return nil }
    return problem(
      Span(colon, colon + 1), "the name of an anchor is of letters, digits, `-` and `_`", "not allowed in a name")
  }

  /// Section 8.1: the header of a `|` or `>` text, and the lines before its first.
  private func blockHeader(_ span: Span) -> Diagnostic? {
    var offset = span.start + 1
    while offset < bytes.count, "+-0123456789".utf8.contains(bytes[offset]) { offset += 1 }
    if let comment = commentWithoutSpace(at: offset) { return comment }
    guard !bytes[span.start..<offset].contains(where: \.isDigit) else { return nil }
    let parent = around.last?.column ?? -1
    var deepest = 0
    var line = source.position(of: span.start).line + 1
    while line <= source.lineStarts.count {
      let content = source.line(line)
      let spaces = content.prefix { $0 == UInt8(ascii: " ") }.count
      guard spaces == content.count else {
        guard spaces > parent, deepest > spaces else { return nil }
        let start = content.startIndex
        return problem(
          Span(start, start + spaces), "the first line of this text has fewer spaces than an empty line before it",
          "the text's indentation is not clear")
      }
      deepest = max(deepest, spaces)
      line += 1
    }
    return nil
  }

  private func column(of offset: Int) -> Int {
    var start = offset
    while start > 0, bytes[start - 1] != UInt8(ascii: "\n"), bytes[start - 1] != UInt8(ascii: "\r") { start -= 1 }
    if start == 0, bytes.starts(with: [0xEF, 0xBB, 0xBF]) { start = min(3, offset) }
    return offset - start
  }

  private func lineStarts(in span: Span) -> [Int] {
    var starts: [Int] = []
    for (offset, byte) in zip(span.start..<span.end, bytes[span.start..<span.end]) {
      // A carriage return ends a line by itself, unless a line feed follows it.
      let isReturn =
        byte == UInt8(ascii: "\r") && (offset + 1 == bytes.count || bytes[offset + 1] != UInt8(ascii: "\n"))
      if byte == UInt8(ascii: "\n") || isReturn { starts.append(offset + 1) }
    }
    return starts
  }

  private func problem(_ span: Span, _ headline: String, _ label: String) -> Diagnostic {
    Diagnostic("LY021", headline, at: .init(source, span, label))
  }
}

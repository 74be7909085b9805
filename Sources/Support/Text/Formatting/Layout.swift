internal import Diagnostics

/// Tokens into lines. The collections that are open decide the indentation of what begins a line.
struct Layout {
  /// A collection that is open.
  struct Level {
    enum Kind { case mapping, sequence, flow }
    var kind: Kind
    /// The column in which its entries were written, and that in which they are from now on.
    var old: Int
    var new: Int
    /// A sequence whose dashes stand in the column of the key above: the scanner has no token for its end.
    var isIndentless = false
  }

  /// With line feeds as the only line breaks, and without a byte order mark.
  let bytes: [UInt8]
  private(set) var levels: [Level] = []
  /// As they were after the last token that has characters.
  private(set) var levelsBefore: [Level] = []
  var lines = FormattedLines()
  /// The end of the last token that has characters.
  private var position = 0
  private var previous: SyntaxToken.Kind?
  /// The next token begins a line, although no line break stands before it.
  private var isAtLineStart = true
  /// Empty lines that a block scalar without `+` ended with.
  private var blanksBefore = 0

  init(_ bytes: [UInt8]) { self.bytes = bytes }

  mutating func render(_ tokens: [SyntaxToken]) -> [UInt8] {
    for token in tokens {
      enter(token)
      if token.span.end > token.span.start { write(token) }
      leave(token)
    }
    gap(to: bytes.count, next: nil)
    return lines.bytes
  }

  // MARK: - Collections

  private mutating func enter(_ token: SyntaxToken) {
    // A key and the end of the mapping around it end a sequence without indentation.
    if token.kind == .key || token.kind == .blockEnd, levels.last?.isIndentless == true { levels.removeLast() }
    switch token.kind {
    case .blockMappingStart: open(.mapping, at: token)
    case .blockSequenceStart: open(.sequence, at: token)
    case .blockEntry where levels.last?.kind == .mapping:
      open(.sequence, at: token)
      levels[levels.count - 1].isIndentless = true
    case .blockEnd: _ = levels.popLast()
    case .flowEnd: if levels.last?.kind == .flow { levels.removeLast() }
    default: break
    }
  }

  private mutating func leave(_ token: SyntaxToken) {
    if token.kind == .flowStart { levels.append(Level(kind: .flow, old: 0, new: 0)) }
    if token.span.end > token.span.start { levelsBefore = levels }
  }

  private mutating func open(_ kind: Level.Kind, at token: SyntaxToken) {
    levels.append(Level(kind: kind, old: column(of: token.span.start), new: levels.last.map { $0.new + 2 } ?? 0))
  }

  private func column(of offset: Int) -> Int {
    var start = offset
    while start > 0, bytes[start - 1] != UInt8(ascii: "\n") { start -= 1 }
    return bytes[start..<offset].reduce(0) { $0 + ($1 & 0xC0 == 0x80 ? 0 : 1) }
  }

  /// The column of a line that begins inside brackets, `depth` of them open.
  private func flowColumn(_ levels: [Level], depth: Int) -> Int {
    let block = levels.last { $0.kind != .flow }
    let base = block.map { $0.kind == .sequence ? $0.new + 2 : $0.new } ?? 0
    return base + 2 * depth
  }

  private func flowDepth(_ levels: [Level]) -> Int { levels.reversed().prefix { $0.kind == .flow }.count }

  /// The column in which a token that begins a line stands.
  private func column(of token: SyntaxToken) -> Int {
    switch token.kind {
    case .directive, .documentStart, .documentEnd: return 0
    default: break
    }
    guard let level = levels.last else { return 0 }
    let depth = flowDepth(levels)
    // The bracket that closes has left its own level already.
    if depth > 0 || token.kind == .flowEnd { return flowColumn(levels, depth: depth) }
    let isEntry: Bool =
      switch level.kind {
      case .mapping: token.kind == .key || token.kind == .value || isKey(token, of: level)
      case .sequence: token.kind == .blockEntry
      case .flow: false
      }
    return isEntry ? level.new : level.new + 2
  }

  /// Whether a token is a key, with its anchor: the scanner's mark of a key that has no `?` has no characters.
  private func isKey(_ token: SyntaxToken, of level: Level) -> Bool { column(of: token.span.start) == level.old }

  // MARK: - Tokens

  private mutating func write(_ token: SyntaxToken) {
    gap(to: token.span.start, next: token)
    if isAtLineStart {
      lines.begin(at: column(of: token))
    } else if needsSpace(before: token.kind) {
      lines.append(" ")
    }
    isAtLineStart = false
    position = token.span.end
    previous = token.kind
    switch token.kind {
    case .scalar(.literal), .scalar(.folded): blockScalar(token.span)
    case .scalar(let style): scalar(token.span, style)
    default: lines.append(bytes[token.span.start..<token.span.end])
    }
  }

  private func needsSpace(before next: SyntaxToken.Kind) -> Bool {
    switch (previous, next) {
    case (.value?, _): true
    case (.flowStart?, _): false
    case (_, .flowEntry), (_, .flowEnd): false
    // `*a:` would be a name that ends in a colon.
    case (.alias?, .value), (.anchor?, .value), (.tag?, .value), (.key?, .value): true
    case (_, .value): false
    default: true
    }
  }

  /// A scalar that may go on over lines: how far these are indented means nothing, but that they are.
  private mutating func scalar(_ span: Span, _ style: SyntaxNode.Style) {
    let parts = bytes[span.start..<span.end].split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
    let depth = flowDepth(levels)
    let column = depth > 0 ? flowColumn(levels, depth: depth) : levels.last.map { $0.new + 2 } ?? 0
    for (index, part) in parts.enumerated() {
      var part = part
      if index < parts.count - 1, style != .doubleQuoted {
        while let last = part.last, last == UInt8(ascii: " ") || last == UInt8(ascii: "\t") { part.removeLast() }
      }
      if index > 0 {
        part = part.drop { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") }
        lines.begin(at: part.isEmpty ? 0 : column)
      }
      lines.append(part)
      // A space at the end of a line may be escaped.
      if index < parts.count - 1, style == .doubleQuoted { lines.keepEnd() }
    }
  }

  /// A `|` or `>` text: its lines move together, since what is before the first is no part of it.
  private mutating func blockScalar(_ span: Span) {
    let headerEnd = Comments.blockHeader(span, in: bytes)
    let header = bytes[span.start..<headerEnd]
    let mark = header.prefix { $0 != UInt8(ascii: " ") && $0 != UInt8(ascii: "\t") && $0 != UInt8(ascii: "#") }
    lines.append(mark)
    if let hash = header.firstIndex(of: UInt8(ascii: "#")) {
      lines.comment(bytes[hash..<headerEnd], column: column(of: hash))
    }
    var content: [ArraySlice<UInt8>] = []
    if let lineBreak = bytes[headerEnd..<span.end].firstIndex(of: UInt8(ascii: "\n")) {
      content = bytes[(lineBreak + 1)..<span.end].split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
    }
    // The text's last line break ends its last line, and begins none.
    let isEnded = content.last?.isEmpty ?? true
    if isEnded, !content.isEmpty { content.removeLast() }
    func spaces(_ line: ArraySlice<UInt8>) -> Int { line.prefix { $0 == UInt8(ascii: " ") }.count }
    let block = levels.last { $0.kind != .flow }
    let digit = mark.first { $0 >= UInt8(ascii: "1") && $0 <= UInt8(ascii: "9") }.map { Int($0) - 0x30 }
    let old: Int
    let new: Int
    if let digit {
      (old, new) = ((block?.old ?? 0) + digit, (block?.new ?? 0) + digit)
    } else {
      old = content.first { spaces($0) < $0.count }.map(spaces) ?? content.map(spaces).max() ?? 0
      new = block.map { $0.new + 2 } ?? old
    }
    blanksBefore = 0
    if !mark.contains(UInt8(ascii: "+")) {
      while let last = content.last, spaces(last) == last.count, last.count <= old, isEnded || content.count > 1 {
        content.removeLast()
        blanksBefore += 1
      }
    }
    for line in content {
      let text = line.dropFirst(min(old, spaces(line)))
      lines.begin(at: text.isEmpty ? 0 : new, isVerbatim: true)
      lines.append(text)
    }
    lines.endsOpen = !isEnded && content.last.map { spaces($0) < $0.count } ?? false
    isAtLineStart = true
  }

  // MARK: - Between tokens

  /// Comments and empty lines up to an offset.
  private mutating func gap(to end: Int, next: SyntaxToken?) {
    let parts = bytes[min(position, end)..<end].split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
    var blanks = blanksBefore
    blanksBefore = 0
    for (index, part) in parts.enumerated() {
      let isLast = index == parts.count - 1
      var text = part.drop { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") }.trimmedEnd
      // libyaml passes over a byte order mark at the beginning of any line.
      while text.starts(with: [0xEF, 0xBB, 0xBF]) { text = text.dropFirst(3) }
      if index == 0, !isAtLineStart {
        if !text.isEmpty { lines.comment(text, column: column(of: text.startIndex)) }
      } else if !text.isEmpty {
        lines.blank(blanks)
        blanks = 0
        lines.begin(at: commentColumn(column(of: text.startIndex), next))
        lines.append(text)
      } else if !isLast {
        blanks += 1
      }
    }
    if parts.count > 1 { isAtLineStart = true }
    if next != nil, isAtLineStart { lines.blank(blanks) }
  }

  /// Where a comment of its own line stands: with what it stood with before.
  private func commentColumn(_ old: Int, _ next: SyntaxToken?) -> Int {
    let depth = flowDepth(levelsBefore)
    if depth > 0 { return flowColumn(levelsBefore, depth: depth) }
    let following = next.map { column(of: $0) } ?? 0
    if let next, column(of: next.span.start) == old { return following }
    let known = levelsBefore.first { $0.kind != .flow && $0.old == old } ?? levels.first { $0.old == old }
    return known?.new ?? following
  }
}

extension ArraySlice<UInt8> {
  /// Without white space at the end.
  var trimmedEnd: ArraySlice<UInt8> {
    var text = self
    while let last = text.last, last == 0x20 || last == 0x09 || last == 0x0D { text.removeLast() }
    return text
  }
}

/// Where in a manifest a cursor stands, from the text before it alone: what is being typed is seldom YAML yet.
struct CursorContext {
  /// The keys around the cursor, from the top; those of lists' elements without a component for the list.
  private(set) var path: [String] = []
  /// Whether a key can be typed here, or a value.
  private(set) var isKey = true
  private(set) var isValue = false
  /// What has been typed of the word, and the byte at which it begins.
  private(set) var word = ""
  private(set) var wordStart = 0
  /// The quote that the word stands in; nil when there is none. The word begins after it.
  private(set) var quote: UInt8?
  /// Whether the cursor is in brackets.
  private(set) var isInBrackets = false

  private struct Frame {
    /// Nil in brackets.
    var column: Int?
    var isMapping = true
    var key: String?
  }

  private var frames: [Frame] = []
  /// The column of the key whose `|` text goes on.
  private var textColumn: Int?

  /// Lines that are looked at before the cursor.
  private static let lineLimit = 20_000

  init(_ bytes: ArraySlice<UInt8>) {
    let lines = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).suffix(Self.lineLimit)
    for line in lines.dropLast() { read(line, isLast: false) }
    if let last = lines.last { read(last, isLast: true) }
    path = frames.compactMap(\.key)
    isInBrackets = frames.last?.column == nil && !frames.isEmpty
  }

  private mutating func read(_ line: ArraySlice<UInt8>, isLast: Bool) {
    var offset = line.startIndex
    func skipSpaces() { while offset < line.endIndex, line[offset] == 0x20 { offset += 1 } }
    func column() -> Int { offset - line.startIndex }
    skipSpaces()
    if let text = textColumn {
      if offset == line.endIndex && !isLast || column() > text { return finish(nil, offset, isLast) }
      textColumn = nil
    }
    if !frames.isEmpty, frames.last?.column == nil { return brackets(line, from: offset, isLast) }
    // Dashes are columns of their own.
    var isEntry = false
    while offset < line.endIndex, line[offset] == UInt8(ascii: "-"),
      offset + 1 == line.endIndex || line[offset + 1] == 0x20
    {
      let dash = column()
      frames.removeAll { ($0.column ?? 0) > dash }
      isEntry = true
      offset = min(offset + 1, line.endIndex)
      skipSpaces()
    }
    if offset < line.endIndex, line[offset] == UInt8(ascii: "#") { return finish(nil, offset, isLast) }
    if !isEntry, offset < line.endIndex || isLast { frames.removeAll { ($0.column ?? 0) >= column() } }
    let begin = offset
    guard let colon = Self.colon(in: line, from: offset) else {
      // A bracket may be opened here, as an element of a list.
      if offset < line.endIndex, "[{".utf8.contains(line[offset]) { return brackets(line, from: offset, isLast) }
      return finish(Self.hasComment(line, from: begin) ? nil : (true, isEntry || column() > 0), begin, isLast, line)
    }
    let key = Self.unquoted(line[begin..<colon])
    frames.append(Frame(column: begin - line.startIndex, key: key))
    offset = colon + 1
    skipSpaces()
    if offset < line.endIndex, "|>".utf8.contains(line[offset]) { textColumn = begin - line.startIndex }
    if offset < line.endIndex, "[{".utf8.contains(line[offset]) { return brackets(line, from: offset, isLast) }
    finish(Self.hasComment(line, from: offset) ? nil : (false, true), offset, isLast, line)
  }

  /// What stands in brackets, to the end of the line.
  private mutating func brackets(_ line: ArraySlice<UInt8>, from start: Int, _ isLast: Bool) {
    var offset = start
    var wordBegin = start
    var isAfterColon = false
    while offset < line.endIndex {
      let byte = line[offset]
      switch byte {
      case UInt8(ascii: "\""), UInt8(ascii: "'"):
        offset += 1
        while offset < line.endIndex, line[offset] != byte { offset += line[offset] == UInt8(ascii: "\\") ? 2 : 1 }
      case UInt8(ascii: "{"), UInt8(ascii: "["):
        frames.append(Frame(column: nil, isMapping: byte == UInt8(ascii: "{"), key: nil))
        (wordBegin, isAfterColon) = (offset + 1, false)
      case UInt8(ascii: "}"), UInt8(ascii: "]"):
        if frames.last?.column == nil, !frames.isEmpty { frames.removeLast() }
        if frames.last?.column != nil { return finish(nil, offset, isLast) }
        wordBegin = offset + 1
      case UInt8(ascii: ","):
        if let last = frames.indices.last, frames[last].isMapping { frames[last].key = nil }
        (wordBegin, isAfterColon) = (offset + 1, false)
      case UInt8(ascii: ":")
      where offset + 1 >= line.endIndex || line[offset + 1] == 0x20 || Self.isQuote(line[max(offset - 1, start)]):
        if let last = frames.indices.last, frames[last].isMapping {
          frames[last].key = Self.unquoted(line[min(wordBegin, offset)..<offset])
        }
        (wordBegin, isAfterColon) = (offset + 1, true)
      case UInt8(ascii: "#") where offset > line.startIndex && line[offset - 1] == 0x20:
        return finish(nil, offset, isLast)
      default: break
      }
      offset += 1
    }
    while wordBegin < line.endIndex, line[wordBegin] == 0x20 { wordBegin += 1 }
    let top = frames.last
    let isValueHere = top?.isMapping == false || isAfterColon || top?.key != nil
    finish((!isValueHere, isValueHere), min(wordBegin, line.endIndex), isLast, line)
  }

  /// Notes what can be typed at the end of the last line; nil for nothing.
  private mutating func finish(
    _ kind: (key: Bool, value: Bool)?, _ begin: Int, _ isLast: Bool, _ line: ArraySlice<UInt8> = []
  ) {
    guard isLast else { return }
    (isKey, isValue) = kind ?? (false, false)
    wordStart = begin
    guard begin < line.endIndex else { return }
    if Self.isQuote(line[begin]), !line[(begin + 1)...].contains(line[begin]) {
      quote = line[begin]
      wordStart = begin + 1
    }
    word = Self.unquoted(line[begin...])
  }

  private static func isQuote(_ byte: UInt8) -> Bool { byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "'") }

  /// Whether a comment begins behind a value.
  private static func hasComment(_ line: ArraySlice<UInt8>, from start: Int) -> Bool {
    var offset = start
    if offset < line.endIndex, isQuote(line[offset]) {
      offset = line[(offset + 1)...].firstIndex(of: line[offset]) ?? line.endIndex
    }
    while offset < line.endIndex {
      if line[offset] == UInt8(ascii: "#"), offset > line.startIndex, " \t".utf8.contains(line[offset - 1]) {
        return true
      }
      offset += 1
    }
    return false
  }

  /// The `:` that ends a key at the beginning of a line.
  private static func colon(in line: ArraySlice<UInt8>, from start: Int) -> Int? {
    guard start < line.endIndex, !"[{#".utf8.contains(line[start]) else { return nil }
    var offset = start
    if line[offset] == UInt8(ascii: "\"") || line[offset] == UInt8(ascii: "'") {
      let quote = line[offset]
      offset += 1
      while offset < line.endIndex, line[offset] != quote { offset += 1 }
    }
    while offset < line.endIndex {
      if line[offset] == UInt8(ascii: ":"),
        offset + 1 == line.endIndex || line[offset + 1] == 0x20 || line[offset + 1] == 0x0D
      {
        return offset
      }
      if line[offset] == UInt8(ascii: "#"), offset > start, line[offset - 1] == 0x20 { return nil }
      offset += 1
    }
    return nil
  }

  private static func unquoted(_ bytes: ArraySlice<UInt8>) -> String {
    var text = Substring(decoding: bytes, as: UTF8.self)
    while let last = text.unicodeScalars.last, " \r\t".unicodeScalars.contains(last) {
      text.unicodeScalars.removeLast()
    }
    if let quote = text.first, quote == "\"" || quote == "'" {
      text.removeFirst()
      if text.last == quote { text.removeLast() }
    }
    return String(text)
  }
}

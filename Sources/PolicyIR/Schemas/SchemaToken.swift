/// One token of SQL as SQLite's tokenizer (src/tokenize.c) cuts it, without white space and comments.
package struct SQLToken: Hashable, Sendable {
  package enum Kind: Hashable, Sendable {
    /// A bare word: keyword or name.
    case word
    /// A name in `"…"`, `[…]` or `` `…` ``.
    case quotedName
    /// `'…'`.
    case string
    /// `x'…'`.
    case blob
    case number
    /// `?`, `?1`, `:a`, `@a`, `$a`.
    case variable
    /// An operator or a punctuation mark.
    case symbol
    /// What no token starts with, or a literal that does not end.
    case illegal
  }

  package var kind: Kind
  /// A word as written; a name or a string without quotes and with doubled quotes undone; blob digits in upper case;
  /// a symbol in its one form (`==` is `=`, `<>` is `!=`).
  package var text: String
  /// Offsets in bytes in the text that was tokenized.
  package var range: Range<Int>

  package init(_ kind: Kind, _ text: String, range: Range<Int>) {
    self.kind = kind
    self.text = text
    self.range = range
  }

  /// Whether this is the bare word `word`, given in upper case.
  package func isWord(_ word: String) -> Bool {
    kind == .word && text.utf8.count == word.utf8.count && asciiUppercased(text) == word
  }

  package func isSymbol(_ symbol: String) -> Bool { kind == .symbol && text == symbol }

  /// The name that this token is where the grammar wants a name; SQLite takes strings there too.
  package var name: SQLName? {
    switch kind {
    case .word, .quotedName, .string: SQLName(text)
    default: nil
    }
  }
}

/// A comment in SQL, for what is declared in comments.
package struct SQLComment: Hashable, Sendable {
  /// Without the comment marks, trimmed.
  package var text: String
  /// The comment with its marks.
  package var range: Range<Int>
}

/// Cuts SQL text into tokens; never fails, since what cannot be a token becomes one of kind `illegal`.
package struct SQLTokenizer {
  private let bytes: [UInt8]
  private var position: Int
  private let end: Int
  private(set) var tokens: [SQLToken] = []
  private(set) var comments: [SQLComment] = []

  package static func tokens(of sql: String) -> [SQLToken] { scan(Array(sql.utf8)).tokens }

  /// - Parameter range: the part to look at; offsets in the result count from the start of `bytes`.
  package static func scan(_ bytes: [UInt8], in range: Range<Int>? = nil) -> (
    tokens: [SQLToken], comments: [SQLComment]
  ) {
    var tokenizer = SQLTokenizer(bytes: bytes, range: range ?? 0..<bytes.count)
    while tokenizer.position < tokenizer.end { tokenizer.next() }
    return (tokenizer.tokens, tokenizer.comments)
  }

  private init(bytes: [UInt8], range: Range<Int>) {
    self.bytes = bytes
    self.position = range.lowerBound
    self.end = range.upperBound
  }

  private func byte(_ offset: Int = 0) -> UInt8? { position + offset < end ? bytes[position + offset] : nil }

  private func text(_ range: Range<Int>) -> String { String(decoding: bytes[range], as: UTF8.self) }

  private mutating func emit(_ kind: SQLToken.Kind, _ text: String? = nil, from start: Int) {
    tokens.append(SQLToken(kind, text ?? self.text(start..<position), range: start..<position))
  }

  private mutating func next() {
    let start = position
    let first = bytes[position]
    switch first {
    case 0x20, 0x09, 0x0A, 0x0C, 0x0D: position += 1
    case UInt8(ascii: "-") where byte(1) == UInt8(ascii: "-"): lineComment()
    case UInt8(ascii: "/") where byte(1) == UInt8(ascii: "*"): blockComment()
    case UInt8(ascii: "'"), UInt8(ascii: "\""), UInt8(ascii: "`"): quoted(first)
    case UInt8(ascii: "["): bracketed()
    case UInt8(ascii: "."):
      if let digit = byte(1), isASCIIDigit(digit) { number() } else { symbol(1) }
    case _ where isASCIIDigit(first): number()
    case UInt8(ascii: "x"), UInt8(ascii: "X"):
      if byte(1) == UInt8(ascii: "'") { blob() } else { word() }
    case UInt8(ascii: "?"):
      position += 1
      while let digit = byte(), isASCIIDigit(digit) { position += 1 }
      emit(.variable, from: start)
    case UInt8(ascii: ":"), UInt8(ascii: "@"), UInt8(ascii: "$"), UInt8(ascii: "#"):
      position += 1
      while let next = byte(), isNameByte(next) { position += 1 }
      emit(position > start + 1 ? .variable : .illegal, from: start)
    case _ where isNameByte(first): word()
    default: symbolOrIllegal()
    }
  }

  /// Bytes of names, as SQLite sees them: letters, digits, `_`, `$` and everything beyond ASCII.
  private func isNameByte(_ byte: UInt8) -> Bool {
    isASCIILetter(byte) || isASCIIDigit(byte) || byte == UInt8(ascii: "_") || byte == UInt8(ascii: "$") || byte >= 0x80
  }

  private mutating func word() {
    let start = position
    while let next = byte(), isNameByte(next) { position += 1 }
    emit(.word, from: start)
  }

  private mutating func lineComment() {
    let start = position
    while let next = byte(), next != 0x0A { position += 1 }
    comments.append(SQLComment(text: trimmed(start + 2..<position), range: start..<position))
  }

  private mutating func blockComment() {
    let start = position
    position += 2
    while position < end, !(bytes[position] == UInt8(ascii: "*") && byte(1) == UInt8(ascii: "/")) { position += 1 }
    let contentEnd = position
    position = min(position + 2, end)  // a comment that does not end is ended by the end of the text
    comments.append(SQLComment(text: trimmed(start + 2..<contentEnd), range: start..<position))
  }

  private func trimmed(_ range: Range<Int>) -> String {
    let isSpace = { (byte: UInt8) in byte == 0x20 || (0x09...0x0D).contains(byte) }
    var content = bytes[range].drop(while: isSpace)
    while let last = content.last, isSpace(last) { content.removeLast() }
    return String(decoding: content, as: UTF8.self)
  }

  private mutating func quoted(_ quote: UInt8) {
    let start = position
    var content: [UInt8] = []
    position += 1
    while let next = byte() {
      position += 1
      if next == quote {
        guard byte() == quote else {
          return emit(
            quote == UInt8(ascii: "'") ? .string : .quotedName, String(decoding: content, as: UTF8.self), from: start)
        }
        position += 1
      }
      content.append(next)
    }
    emit(.illegal, from: start)
  }

  private mutating func bracketed() {
    let start = position
    while let next = byte(), next != UInt8(ascii: "]") { position += 1 }
    guard byte() != nil else { return emit(.illegal, from: start) }
    position += 1
    emit(.quotedName, text(start + 1..<position - 1), from: start)
  }

  private mutating func blob() {
    let start = position
    position += 2
    while let next = byte(), Character(Unicode.Scalar(next)).isHexDigit { position += 1 }
    let digits = start + 2..<position
    guard byte() == UInt8(ascii: "'"), digits.count.isMultiple(of: 2) else { return emit(.illegal, from: start) }
    position += 1
    emit(.blob, asciiUppercased(text(digits)), from: start)
  }

  private mutating func number() {
    let start = position
    if byte() == UInt8(ascii: "0"), let mark = byte(1), mark | 0x20 == UInt8(ascii: "x"), let digit = byte(2),
      Character(Unicode.Scalar(digit)).isHexDigit
    {
      position += 2
      while let next = byte(), Character(Unicode.Scalar(next)).isHexDigit { position += 1 }
    } else {
      while let next = byte(), isASCIIDigit(next) { position += 1 }
      if byte() == UInt8(ascii: ".") {
        position += 1
        while let next = byte(), isASCIIDigit(next) { position += 1 }
      }
      exponent()
    }
    // `12ab` is no number and no name.
    guard let next = byte(), isNameByte(next) else {
      return emit(.number, asciiLowercased(text(start..<position)), from: start)
    }
    while let next = byte(), isNameByte(next) { position += 1 }
    emit(.illegal, from: start)
  }

  private mutating func exponent() {
    guard let mark = byte(), mark | 0x20 == UInt8(ascii: "e") else { return }
    let sign = byte(1) == UInt8(ascii: "+") || byte(1) == UInt8(ascii: "-") ? 1 : 0
    guard let digit = byte(1 + sign), isASCIIDigit(digit) else { return }
    position += 1 + sign
    while let next = byte(), isASCIIDigit(next) { position += 1 }
  }

  private mutating func symbol(_ length: Int, _ text: String? = nil) {
    let start = position
    position += length
    emit(.symbol, text, from: start)
  }

  private mutating func symbolOrIllegal() {
    let pairs: [(String, String)] = [
      ("->>", "->>"), ("->", "->"), ("<=", "<="), ("<>", "!="), ("<<", "<<"), (">=", ">="), (">>", ">>"), ("==", "="),
      ("!=", "!="), ("||", "||"),
    ]
    for (spelling, meaning) in pairs where bytes[position..<end].starts(with: spelling.utf8) {
      return symbol(spelling.utf8.count, meaning)
    }
    guard "()+-*/%=<>&|~,;.".utf8.contains(bytes[position]) else {
      let start = position
      position += 1
      return emit(.illegal, from: start)
    }
    symbol(1)
  }
}

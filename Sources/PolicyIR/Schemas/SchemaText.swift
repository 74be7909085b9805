/// A piece of SQL (an expression, a SELECT, the body of a trigger) as its tokens.
///
/// White space, comments, quotes of names and the letter case of bare words are no part of the value.
package struct SQLText: Hashable, Sendable, CustomStringConvertible {
  package let tokens: [SQLToken]
  /// One spelling for all texts that are equal.
  package let folded: String

  package init(_ tokens: some Sequence<SQLToken>) {
    self.tokens = Array(tokens)
    self.folded = SQLText.render(self.tokens, folded: true)
  }

  package init(_ sql: String) { self.init(SQLTokenizer.tokens(of: sql)) }

  /// With the author's spelling of names, one space where white space is needed.
  package var sql: String { SQLText.render(tokens, folded: false) }
  package var description: String { sql }

  package static func == (left: SQLText, right: SQLText) -> Bool { left.folded == right.folded }
  package func hash(into hasher: inout Hasher) { hasher.combine(folded) }

  /// Whether `name` occurs, as a bare word or quoted; true more often than it is meant, never less.
  package func mentions(_ name: SQLName) -> Bool {
    tokens.contains { ($0.kind == .quotedName || $0.kind == .word) && SQLName($0.text) == name }
  }

  /// Without parentheses around the whole.
  package var unwrapped: SQLText {
    var inner = tokens[...]
    while inner.count >= 2, inner.first?.isSymbol("(") == true, SQLText.closing(of: inner) == inner.endIndex - 1 {
      inner = inner.dropFirst().dropLast()
    }
    return inner.count == tokens.count ? self : SQLText(inner)
  }

  /// The index of the parenthesis that closes the one that `tokens` starts with.
  private static func closing(of tokens: ArraySlice<SQLToken>) -> Int? {
    var depth = 0
    for index in tokens.indices {
      if tokens[index].isSymbol("(") { depth += 1 }
      if tokens[index].isSymbol(")") {
        depth -= 1
        if depth == 0 { return index }
      }
    }
    return nil
  }

  private static func render(_ tokens: [SQLToken], folded: Bool) -> String {
    var result = ""
    for (index, token) in tokens.enumerated() {
      if index > 0, needsSpace(between: tokens[index - 1], and: token) { result += " " }
      result += token.rendered(folded: folded)
    }
    return result
  }

  private static func needsSpace(between left: SQLToken, and right: SQLToken) -> Bool {
    if left.isSymbol("(") || left.isSymbol(".") { return false }
    guard right.kind == .symbol else { return true }
    switch right.text {
    case ")", ",", ".", ";": return false
    // A function call, not `IN (…)`.
    case "(": return !(left.kind == .quotedName || left.kind == .word && !SQLKeywords.contains(left.text))
    default: return true
    }
  }
}

extension SQLToken {
  /// As it stands in SQL.
  ///
  /// - Parameter folded: whether keywords are in upper case and other names in lower case.
  func rendered(folded: Bool) -> String {
    switch kind {
    case .word:
      if SQLKeywords.contains(text) { return folded ? asciiUppercased(text) : text }
      return folded ? SQLName(text).foldedSQL : SQLName(text).sql
    case .quotedName: return folded ? SQLName(text).foldedSQL : SQLName(text).sql
    case .string: return sqlLiteral(text)
    case .blob: return "x'\(text)'"
    case .number, .variable, .symbol, .illegal: return text
    }
  }
}

/// `text` as an SQL string literal.
package func sqlLiteral(_ text: String) -> String {
  var literal = "'"
  for scalar in text.unicodeScalars {
    literal.unicodeScalars.append(scalar)
    if scalar == "'" { literal.unicodeScalars.append(scalar) }
  }
  return literal + "'"
}

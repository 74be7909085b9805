internal import Schemas
internal import Text

// Pieces of SQL in a manifest. They are put between words of ours, so each has to be whole in itself: no quote or
// parenthesis that does not close, no semicolon or comment that would end what stands around it.

/// A name in a database.
struct SQLNameText: TextValue {
  package init(parsing text: String) throws(TextProblem) {
    guard !text.isEmpty else { throw TextProblem("it is empty") }
    guard text.utf8.count <= 128 else { throw TextProblem("it has \(text.utf8.count) bytes, 128 are allowed") }
    if let range = text.firstByte(where: { $0 < 0x20 || $0 == 0x7F }) {
      throw TextProblem("a name has no control characters", at: range)
    }
  }
}

/// A name that vec0 can read: its own reader knows no quotes.
struct VectorNameText: TextValue {
  package init(parsing text: String) throws(TextProblem) {
    guard let first = text.utf8.first else { throw TextProblem("it is empty") }
    guard text.utf8.count <= 128 else { throw TextProblem("it has \(text.utf8.count) bytes, 128 are allowed") }
    if let range = text.firstByte(where: { !($0.isLetter || $0.isDigit || $0 == UInt8(ascii: "_")) }) {
      throw TextProblem("only letters, digits and `_` are allowed", at: range, note: "vec0 reads no quoted names")
    }
    guard first.isLetter else { throw TextProblem("a letter has to be first", at: 0..<1) }
  }
}

/// `TABLE.COLUMN` of a vector table.
struct VectorColumnText: TextValue {
  var table: String
  var column: String

  package init(parsing text: String) throws(TextProblem) {
    let parts = text.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
    guard parts.count == 2 else { throw TextProblem("expected a table, `.` and a column") }
    for part in parts { _ = try VectorNameText(parsing: part) }
    table = parts[0]
    column = parts[1]
  }
}

/// A column's type: words, and numbers in parentheses.
struct ColumnTypeText: TextValue {
  package init(parsing text: String) throws(TextProblem) {
    let isAllowed: (UInt8) -> Bool = { $0.isLetter || $0.isDigit || " _(),".utf8.contains($0) }
    if let range = text.firstByte(where: { !isAllowed($0) }) {
      throw TextProblem("a type has letters, digits and numbers in parentheses only", at: range)
    }
    guard text.utf8.first?.isLetter == true else { throw TextProblem("a letter has to be first") }
    // What is a constraint to SQL would be read as one.
    let tokens = SQLTokenizer.tokens(of: text)
    let word = tokens.first { SQLKeywords.contains($0.text) && $0.kind == .word }
    if let word {
      throw TextProblem(
        "`\(word.text)` is no part of a type", at: word.range, note: "constraints are keys of their own, as `not-null`")
    }
    try SQLFragment.checkWhole(tokens)
  }
}

/// A value that stands for itself.
struct SQLValueText: TextValue {
  package init(parsing text: String) throws(TextProblem) {
    guard text.utf8.count <= 65536 else { throw TextProblem("it has \(text.utf8.count) bytes, 65536 are allowed") }
    if let range = text.firstByte(where: { $0 == 0 }) { throw TextProblem("it has a NUL", at: range) }
  }
}

/// An expression, or a SELECT.
struct SQLExpressionText: TextValue {
  package init(parsing text: String) throws(TextProblem) {
    let tokens = try SQLFragment.tokens(of: text)
    if let semicolon = tokens.first(where: { $0.isSymbol(";") }) {
      throw TextProblem("one expression, which has no semicolon", at: semicolon.range)
    }
  }
}

/// One column of a key: a name or an expression, with COLLATE and DESC as needed.
struct SQLKeyText: TextValue {
  package init(parsing text: String) throws(TextProblem) {
    _ = try SQLExpressionText(parsing: text)
    var depth = 0
    for token in SQLTokenizer.tokens(of: text) {
      if token.isSymbol("(") { depth += 1 }
      if token.isSymbol(")") { depth -= 1 }
      if depth == 0, token.isSymbol(",") {
        throw TextProblem("one column; further ones are elements of the list", at: token.range)
      }
    }
  }
}

/// The statements of a trigger.
struct SQLStatementsText: TextValue {
  package init(parsing text: String) throws(TextProblem) {
    let verbs = ["INSERT", "REPLACE", "UPDATE", "DELETE", "SELECT", "WITH"]
    let tokens = try SQLFragment.tokens(of: text)
    var isAtStart = true
    for token in tokens {
      if isAtStart, !verbs.contains(where: { token.isWord($0) }) {
        throw TextProblem("a trigger runs INSERT, UPDATE, DELETE and SELECT", at: token.range)
      }
      isAtStart = token.isSymbol(";")
    }
  }
}

enum SQLFragment {
  static func tokens(of text: String) throws(TextProblem) -> [SQLToken] {
    guard text.utf8.count <= 65536 else { throw TextProblem("it has \(text.utf8.count) bytes, 65536 are allowed") }
    let (tokens, comments) = SQLTokenizer.scan(Array(text.utf8))
    if let comment = comments.first { throw TextProblem("a comment belongs into the manifest", at: comment.range) }
    guard !tokens.isEmpty else { throw TextProblem("it is empty") }
    if let range = text.firstByte(where: { $0 == 0 }) { throw TextProblem("it has a NUL", at: range) }
    try checkWhole(tokens)
    return tokens
  }

  static func checkWhole(_ tokens: [SQLToken]) throws(TextProblem) {
    var open: [SQLToken] = []
    for token in tokens {
      if token.kind == .illegal {
        throw TextProblem("`\(token.text.prefix(20))` is no token of SQL, or does not end", at: token.range)
      }
      if token.kind == .variable { throw TextProblem("a schema has no parameters", at: token.range) }
      if token.isSymbol("(") { open.append(token) }
      if token.isSymbol(")"), open.popLast() == nil {
        throw TextProblem("this parenthesis closes none", at: token.range)
      }
      if token.isSymbol(";"), let first = open.last {
        throw TextProblem("this parenthesis does not close", at: first.range)
      }
    }
    if let first = open.last { throw TextProblem("this parenthesis does not close", at: first.range) }
  }
}

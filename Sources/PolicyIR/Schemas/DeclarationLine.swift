/// One declaration, read from its tokens:
///
///     rename table NEW from OLD, OLDER
///     rename column TABLE.NEW from OLD, OLDER
///     backfill TABLE.COLUMN = EXPRESSION
///     allow drop table NAME          allow drop column TABLE.COLUMN
///     allow drop counter TABLE       allow re-embed TABLE
package struct DeclarationLine {
  private let tokens: [SQLToken]
  /// Where the declaration ends in the source.
  package private(set) var end: Int
  /// Those before, and after reading this one.
  package private(set) var declarations: SchemaDeclarations
  private var position = 0
  /// What was named, and whether the schema should have it.
  package private(set) var names: [(table: SQLName, column: SQLName?, isThere: Bool, token: SQLToken)] = []

  /// - Parameters:
  ///   - comment: one of `bytes`.
  ///   - declarations: what the comments before it declare.
  /// - Returns: nil when the comment declares nothing: it does not start with `locara:`.
  package init?(_ comment: SQLComment, in bytes: [UInt8], after declarations: SchemaDeclarations) {
    // The text after the marker is at the same place in the source: comment marks come before it.
    guard comment.text.lowercased().hasPrefix("locara:"),
      let start = bytes[comment.range].firstIndex(of: UInt8(ascii: ":"))
    else { return nil }
    end = comment.range.upperBound
    if bytes[comment.range].starts(with: "/*".utf8) { end = max(start, end - 2) }
    tokens = SQLTokenizer.scan(bytes, in: start + 1..<max(start + 1, end)).tokens
    self.declarations = declarations
  }

  private var next: SQLToken? { position < tokens.count ? tokens[position] : nil }

  private func unexpected(_ expected: String) -> SchemaSyntaxError {
    guard let next else {
      return SchemaSyntaxError("expected \(expected), found the end of the declaration", at: end..<end)
    }
    return SchemaSyntaxError("expected \(expected), found `\(next.text)`", at: next.range)
  }

  private mutating func takes(_ word: String) -> Bool {
    guard next?.isWord(word) == true else { return false }
    position += 1
    return true
  }

  private mutating func name(_ what: String) throws(SchemaSyntaxError) -> (SQLName, SQLToken) {
    guard let token = next, token.kind == .word || token.kind == .quotedName, let name = token.name else {
      throw unexpected("a name of \(what)")
    }
    position += 1
    return (name, token)
  }

  private mutating func tableAndColumn() throws(SchemaSyntaxError) -> (table: SQLName, column: SQLName, SQLToken) {
    let (table, _) = try name("a table")
    guard next?.isSymbol(".") == true else { throw unexpected("`.` and a column") }
    position += 1
    let (column, token) = try name("a column")
    return (table, column, token)
  }

  package mutating func read() throws(SchemaSyntaxError) {
    if takes("RENAME") {
      try rename()
    } else if takes("BACKFILL") {
      let (table, column, token) = try tableAndColumn()
      names.append((table, column, true, token))
      guard next?.isSymbol("=") == true else { throw unexpected("`=` and an expression") }
      position += 1
      guard position < tokens.count else { throw unexpected("an expression") }
      declarations.backfills.append(
        .init(table: table, column: column, expression: SQLText(tokens[position...]).unwrapped))
      position = tokens.count
    } else if takes("ALLOW") {
      try allow()
    } else {
      throw unexpected("`rename`, `backfill` or `allow`")
    }
    guard next == nil else { throw unexpected("the end of the declaration") }
  }

  private mutating func rename() throws(SchemaSyntaxError) {
    let table: SQLName
    var column: SQLName?
    if takes("TABLE") {
      let (name, token) = try name("a table")
      table = name
      names.append((table, nil, true, token))
    } else if takes("COLUMN") {
      let (name, second, token) = try tableAndColumn()
      table = name
      column = second
      names.append((table, second, true, token))
    } else {
      throw unexpected("`table` or `column`")
    }
    guard takes("FROM") else { throw unexpected("`from`") }
    var former: [SQLName] = []
    while true {
      let (name, token) = try name(column == nil ? "a table" : "a column")
      former.append(name)
      names.append(column == nil ? (name, nil, false, token) : (table, name, false, token))
      guard next?.isSymbol(",") == true else { break }
      position += 1
    }
    declarations.renames.append(.init(table: table, column: column, from: former))
  }

  private mutating func allow() throws(SchemaSyntaxError) {
    if takes("DROP") {
      if takes("TABLE") {
        let (table, token) = try name("a table")
        names.append((table, nil, false, token))
        declarations.allowed.insert("drop table \(table.foldedSQL)")
      } else if takes("COLUMN") {
        let (table, column, token) = try tableAndColumn()
        names.append((table, column, false, token))
        declarations.allowed.insert("drop column \(table.foldedSQL).\(column.foldedSQL)")
      } else if takes("COUNTER") {
        let (table, token) = try name("a table")
        names.append((table, nil, true, token))
        declarations.allowed.insert("drop counter \(table.foldedSQL)")
      } else {
        throw unexpected("`table`, `column` or `counter`")
      }
    } else if takes("RE"), next?.isSymbol("-") == true {
      position += 1
      guard takes("EMBED") else { throw unexpected("`re-embed`") }
      let (table, token) = try name("a vector table")
      names.append((table, nil, true, token))
      declarations.allowed.insert("re-embed \(table.foldedSQL)")
    } else {
      throw unexpected("`drop table`, `drop column` or `re-embed`")
    }
  }
}

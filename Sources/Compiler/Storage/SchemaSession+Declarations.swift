internal import Diagnostics
internal import PolicyIR

// What comments declare. A comment that starts with `locara:` is one of
//   rename table NEW from OLD, OLDER
//   rename column TABLE.NEW from OLD, OLDER
//   backfill TABLE.COLUMN = EXPRESSION
//   allow drop table NAME          allow drop column TABLE.COLUMN
//   allow drop counter TABLE       allow re-embed TABLE

extension SchemaSession {
  static let marker = "locara:"

  mutating func readDeclarations(_ comments: [SQLComment], for schema: Schema?) -> SchemaDeclarations {
    var declarations = SchemaDeclarations()
    for comment in comments where comment.text.lowercased().hasPrefix(SchemaSession.marker) {
      // The text after the marker is at the same place in the source: comment marks come before it.
      guard let start = offset(of: ":", in: comment.range) else { continue }
      var end = comment.range.upperBound
      if source.bytes[comment.range].starts(with: "/*".utf8) { end = max(start, end - 2) }
      var line = DeclarationLine(
        tokens: SQLTokenizer.scan(source.bytes, in: start + 1..<end).tokens, end: end, declarations: declarations)
      do throws(SchemaSyntaxError) {
        try line.read()
        declarations = line.declarations
        if let schema { check(line, against: schema) }
      } catch {
        report(
          "LS020", error.problem, at: Span(error.range.lowerBound, error.range.upperBound),
          notes: [
            "A comment that starts with `locara:` declares `rename table NEW from OLD`, "
              + "`rename column TABLE.NEW from OLD`, `backfill TABLE.COLUMN = EXPRESSION`, `allow drop table NAME`, "
              + "`allow drop column TABLE.COLUMN`, `allow drop counter TABLE` or `allow re-embed TABLE`."
          ])
      }
    }
    return declarations
  }

  private func offset(of character: Character, in range: Range<Int>) -> Int? {
    source.bytes[range].firstIndex { Character(Unicode.Scalar($0)) == character }
  }

  /// New names have to be in the schema, former and dropped ones must not.
  private mutating func check(_ line: DeclarationLine, against schema: Schema) {
    for (table, column, isThere, token) in line.names {
      let found = schema.has(table, column)
      guard found != isThere else { continue }
      let name = column.map { "\(table).\($0)" } ?? table.text
      let candidates =
        column == nil ? schema.objects.map(\.name.text) : (schema.table(table)?.columns ?? []).map(\.name.text)
      let near = isThere ? nearestMatch(to: (column ?? table).text, among: candidates) : nil
      report(
        "LS021", isThere ? "the schema has no `\(name)`" : "the schema still has `\(name)`",
        at: Span(token.range.lowerBound, token.range.upperBound), notes: near.map { ["Is `\($0)` meant?"] } ?? [])
    }
  }
}

extension Schema {
  fileprivate func has(_ table: SQLName, _ column: SQLName?) -> Bool {
    guard let column else {
      return self.table(table) != nil || fullTextTables.contains { $0.name == table }
        || vectorTables.contains { $0.name == table }
    }
    return self.table(table)?.column(column) != nil
      || fullTextTables.contains { $0.name == table && $0.columns.contains { $0.name == column } }
      || vectorTables.contains { $0.name == table && $0.columns.contains { $0.name == column } }
  }
}

private struct DeclarationLine {
  let tokens: [SQLToken]
  let end: Int
  var declarations: SchemaDeclarations
  var position = 0
  /// What was named, and whether the schema should have it.
  var names: [(table: SQLName, column: SQLName?, isThere: Bool, token: SQLToken)] = []

  init(tokens: [SQLToken], end: Int, declarations: SchemaDeclarations) {
    self.tokens = tokens
    self.end = end
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

  mutating func read() throws(SchemaSyntaxError) {
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

/// Why a piece of SQL is no statement of a schema.
package struct SchemaSyntaxError: Error, Hashable, Sendable, CustomStringConvertible {
  /// One clause in lower case without a full stop.
  package let problem: String
  /// Where, as byte offsets in the text that was parsed.
  package let range: Range<Int>

  package init(_ problem: String, at range: Range<Int>) {
    self.problem = problem
    self.range = range
  }

  package var description: String { "\(problem) at byte \(range.lowerBound)" }
}

/// One object of a schema.
package enum SchemaObject: Hashable, Sendable {
  case table(Table)
  case index(Index)
  case view(View)
  case trigger(Trigger)
  case fullText(FullTextTable)
  case vector(VectorTable)

  package var name: SQLName {
    switch self {
    case .table(let object): object.name
    case .index(let object): object.name
    case .view(let object): object.name
    case .trigger(let object): object.name
    case .fullText(let object): object.name
    case .vector(let object): object.name
    }
  }

  /// The statement that creates it, without semicolon.
  package func sql(folded: Bool = false) -> String {
    switch self {
    case .table(let object): object.sql(folded: folded)
    case .index(let object): object.sql(folded: folded)
    case .view(let object): object.sql(folded: folded)
    case .trigger(let object): object.sql(folded: folded)
    case .fullText(let object): object.sql(folded: folded)
    case .vector(let object): object.sql(folded: folded)
    }
  }

  /// The word after CREATE, in lower case; "fts5" and "vec0" for virtual tables.
  package var kind: String {
    switch self {
    case .table: "table"
    case .index: "index"
    case .view: "view"
    case .trigger: "trigger"
    case .fullText: "fts5"
    case .vector: "vec0"
    }
  }
}

/// Reads CREATE statements, by SQLite's grammar (src/parse.y), into values.
///
/// Statements that SQLite has accepted are read completely or refused; what is refused is a way of writing that has no
/// place in a schema that is compiled.
package struct SchemaParser {
  let tokens: [SQLToken]
  var position = 0
  /// Where errors at the end of the text point.
  private let end: Int

  /// Reads one statement.
  package static func parse(_ sql: String) throws(SchemaSyntaxError) -> SchemaObject {
    let bytes = Array(sql.utf8)
    return try parse(SQLTokenizer.scan(bytes).tokens, end: bytes.count)
  }

  /// Reads one statement from its tokens; a semicolon at the end may be there.
  package static func parse(_ tokens: [SQLToken], end: Int) throws(SchemaSyntaxError) -> SchemaObject {
    var parser = SchemaParser(tokens: tokens, end: end)
    let object = try parser.statement()
    if parser.next?.isSymbol(";") == true { parser.position += 1 }
    guard parser.next == nil else { throw parser.unexpected("the end of the statement") }
    return object
  }

  private init(tokens: [SQLToken], end: Int) {
    self.tokens = tokens
    self.end = end
  }

  // MARK: Tokens

  var next: SQLToken? { position < tokens.count ? tokens[position] : nil }

  var here: Range<Int> { next?.range ?? end..<end }

  func unexpected(_ expected: String) -> SchemaSyntaxError {
    guard let next else { return SchemaSyntaxError("expected \(expected), found the end", at: end..<end) }
    if next.kind == .illegal {
      return SchemaSyntaxError("`\(next.text.prefix(20))` is no token of SQL", at: next.range)
    }
    return SchemaSyntaxError("expected \(expected), found `\(next.text.prefix(40))`", at: next.range)
  }

  mutating func takes(_ words: String...) -> Bool {
    for (offset, word) in words.enumerated() {
      guard position + offset < tokens.count, tokens[position + offset].isWord(word) else { return false }
    }
    position += words.count
    return true
  }

  mutating func takesSymbol(_ symbol: String) -> Bool {
    guard next?.isSymbol(symbol) == true else { return false }
    position += 1
    return true
  }

  mutating func expect(_ word: String) throws(SchemaSyntaxError) {
    guard takes(word) else { throw unexpected("`\(word)`") }
  }

  mutating func expectSymbol(_ symbol: String) throws(SchemaSyntaxError) {
    guard takesSymbol(symbol) else { throw unexpected("`\(symbol)`") }
  }

  mutating func name(_ what: String) throws(SchemaSyntaxError) -> SQLName {
    guard let name = next?.name else { throw unexpected("a name of \(what)") }
    guard !name.text.isEmpty else { throw SchemaSyntaxError("a name of \(what) is empty", at: here) }
    position += 1
    return name
  }

  /// The tokens up to the parenthesis that closes one that was just read; that one is consumed and left out.
  mutating func untilClosed() throws(SchemaSyntaxError) -> [SQLToken] {
    let start = position
    var depth = 1
    while let token = next {
      if token.kind == .illegal { throw unexpected("`)`") }
      if token.isSymbol("(") { depth += 1 }
      if token.isSymbol(")") { depth -= 1 }
      position += 1
      if depth == 0 { return Array(tokens[start..<position - 1]) }
    }
    throw unexpected("`)`")
  }

  /// An expression in parentheses, without them.
  mutating func parenthesized() throws(SchemaSyntaxError) -> SQLText {
    try expectSymbol("(")
    let start = here
    let inner = try untilClosed()
    guard !inner.isEmpty else { throw SchemaSyntaxError("expected an expression", at: start) }
    return SQLText(inner).unwrapped
  }

  mutating func names(_ what: String) throws(SchemaSyntaxError) -> [SQLName] {
    var names: [SQLName] = []
    try expectSymbol("(")
    repeat { names.append(try name(what)) } while takesSymbol(",")
    try expectSymbol(")")
    return names
  }

  /// The remaining tokens, or those before `word` outside parentheses.
  mutating func rest(until word: String? = nil) throws(SchemaSyntaxError) -> [SQLToken] {
    let start = position
    var depth = 0
    while let token = next {
      if token.kind == .illegal { throw unexpected("an expression") }
      if depth == 0, let word, token.isWord(word) { break }
      if depth == 0, word == nil, token.isSymbol(";") { break }
      if token.isSymbol("(") { depth += 1 }
      if token.isSymbol(")") { depth -= 1 }
      position += 1
    }
    guard position > start else { throw unexpected("an expression") }
    return Array(tokens[start..<position])
  }

  // MARK: Statements

  private mutating func statement() throws(SchemaSyntaxError) -> SchemaObject {
    try expect("CREATE")
    if next?.isWord("TEMP") == true || next?.isWord("TEMPORARY") == true {
      throw SchemaSyntaxError("a temporary object is no part of a schema", at: here)
    }
    if takes("TABLE") { return .table(try table()) }
    if takes("UNIQUE", "INDEX") { return .index(try index(isUnique: true)) }
    if takes("INDEX") { return .index(try index(isUnique: false)) }
    if takes("VIEW") { return .view(try view()) }
    if takes("TRIGGER") { return .trigger(try trigger()) }
    if takes("VIRTUAL", "TABLE") { return try virtualTable() }
    throw unexpected("TABLE, INDEX, VIEW, TRIGGER or VIRTUAL TABLE")
  }

  /// `[IF NOT EXISTS] [main.]name`
  mutating func objectName(_ what: String) throws(SchemaSyntaxError) -> SQLName {
    _ = takes("IF", "NOT", "EXISTS")
    let range = here
    let first = try name(what)
    guard takesSymbol(".") else { return first }
    guard first == SQLName("main") else {
      throw SchemaSyntaxError("only the database `main` exists, found `\(first)`", at: range)
    }
    return try name(what)
  }

  private mutating func index(isUnique: Bool) throws(SchemaSyntaxError) -> Index {
    let name = try objectName("an index")
    try expect("ON")
    let table = try self.name("a table")
    let columns = try keyColumns()
    let condition = takes("WHERE") ? SQLText(try rest()).unwrapped : nil
    return Index(name: name, table: table, isUnique: isUnique, columns: columns, condition: condition)
  }

  private mutating func view() throws(SchemaSyntaxError) -> View {
    let name = try objectName("a view")
    let columns = next?.isSymbol("(") == true ? try names("a column") : []
    try expect("AS")
    return View(name: name, columns: columns, select: SQLText(try rest()))
  }

  private mutating func trigger() throws(SchemaSyntaxError) -> Trigger {
    let name = try objectName("a trigger")
    var timing = Trigger.Timing.before
    if takes("AFTER") {
      timing = .after
    } else if takes("INSTEAD", "OF") {
      timing = .insteadOf
    } else {
      _ = takes("BEFORE")
    }
    let event: Trigger.Event
    if takes("INSERT") {
      event = .insert
    } else if takes("DELETE") {
      event = .delete
    } else if takes("UPDATE") {
      var columns: [SQLName] = []
      if takes("OF") { repeat { columns.append(try self.name("a column")) } while takesSymbol(",") }
      event = .update(of: columns)
    } else {
      throw unexpected("INSERT, UPDATE or DELETE")
    }
    try expect("ON")
    let table = try self.name("a table")
    _ = takes("FOR", "EACH", "ROW")
    let condition = takes("WHEN") ? SQLText(try rest(until: "BEGIN")).unwrapped : nil
    try expect("BEGIN")
    let start = position
    let last = tokens.lastIndex { !$0.isSymbol(";") } ?? tokens.endIndex
    guard last > start, tokens[last].isWord("END") else {
      position = tokens.count
      throw unexpected("`END`")
    }
    position = last + 1
    return Trigger(
      name: name, timing: timing, event: event, table: table, condition: condition,
      body: SQLText(tokens[start..<last]))
  }

  private mutating func virtualTable() throws(SchemaSyntaxError) -> SchemaObject {
    let name = try objectName("a virtual table")
    try expect("USING")
    let range = here
    switch try self.name("a module").folded {
    case "fts5": return .fullText(try fullTextTable(name))
    case "vec0": return .vector(try vectorTable(name))
    case let module:
      throw SchemaSyntaxError("virtual tables are of module `fts5` or `vec0`, found `\(module)`", at: range)
    }
  }
}

package import Diagnostics
internal import SQLite
internal import SQLiteSchema
package import Schemas
internal import Structures

// From the SQL text of a schema to the schema value.
//
// The text is read twice: by our parser, which knows where everything stands, and by SQLite, in memory and guarded, which
// is the authority on what is valid. The value is taken from what SQLite stored; both readings have to agree.

/// Reads `db/schema.sql`.
package enum SchemaReader {
  /// The longest text that is accepted, in bytes.
  package static let limit = 1 << 20

  /// - Returns: the schema, or nil when a diagnostic is an error.
  package static func read(_ source: Source) -> (schema: Schema?, diagnostics: [Diagnostic]) {
    var reader = SchemaSession(source)
    let schema = reader.read()
    let diagnostics = reader.diagnostics.sorted { $0.primary.span < $1.primary.span }
    return (diagnostics.contains { $0.severity == .error } ? nil : schema, diagnostics)
  }
}

/// One statement of the text with what our parser made of it.
struct SchemaStatement {
  var span: Span
  var tokens: [SQLToken]
  var object: SchemaObject

  /// Where the object's name stands.
  var nameSpan: Span {
    let token = tokens.first { $0.kind != .symbol && $0.name == object.name }
    return token.map { Span($0.range.lowerBound, $0.range.upperBound) } ?? span
  }

  /// Where a name stands in the statement, the last time, since a table's name comes first.
  func span(of name: SQLName) -> Span {
    let token = tokens.last { ($0.kind == .word || $0.kind == .quotedName) && $0.name == name }
    return token.map { Span($0.range.lowerBound, $0.range.upperBound) } ?? nameSpan
  }
}

struct SchemaSession {
  let source: Source
  var diagnostics: [Diagnostic] = []
  var statements: [SchemaStatement] = []
  /// Names of objects whose statement was refused: what follows from that is not reported.
  var failed: Set<SQLName> = []

  init(_ source: Source) { self.source = source }

  mutating func report(
    _ code: String, _ headline: String, severity: Diagnostic.Severity = .error, at span: Span,
    secondary: [Diagnostic.Label] = [], notes: [String] = [], fix: Fix? = nil
  ) {
    diagnostics.append(
      Diagnostic(
        code, severity, headline, at: Diagnostic.Label(path: source.path, span: span),
        secondary: secondary, notes: notes, fix: fix))
  }

  mutating func read() -> Schema? {
    guard isText() else { return nil }
    let (tokens, comments) = SQLTokenizer.scan(source.bytes)
    for tokens in SchemaSession.split(tokens) { parse(tokens) }
    checkNames()
    var schema: Schema?
    do throws(SQLiteError) {
      schema = try runAll()
    } catch {
      report("LS019", "SQLite failed on the schema: \(error)", at: Span(0, 0))
    }
    let declarations = readDeclarations(comments, for: schema)
    schema?.declarations = declarations
    return schema
  }

  private mutating func isText() -> Bool {
    guard source.bytes.count <= SchemaReader.limit else {
      report(
        "LS001", "the schema has \(source.bytes.count) bytes, more than \(SchemaReader.limit)", at: Span(0, 0),
        notes: ["A schema is a list of CREATE statements; data belongs elsewhere."])
      return false
    }
    if let offset = source.bytes.firstIndex(of: 0) {
      report("LS002", "the schema has a NUL byte, so it is no SQL text", at: Span(offset, offset + 1))
      return false
    }
    guard String(validating: source.bytes, as: UTF8.self) != nil else {
      let offset = SchemaSession.firstInvalid(source.bytes)
      report("LS002", "the schema is not valid UTF-8", at: Span(offset, offset + 1))
      return false
    }
    return true
  }

  private static func firstInvalid(_ bytes: [UInt8]) -> Int {
    var low = 0
    var high = bytes.count
    // The longest prefix whose repair changes nothing ends before the first wrong byte, give or take a sequence.
    while high - low > 1 {
      let middle = (low + high) / 2
      let repaired = String(decoding: bytes[..<middle], as: UTF8.self).utf8.prefix(max(0, middle - 4))
      if repaired.elementsEqual(bytes[..<max(0, middle - 4)]) { low = middle } else { high = middle }
    }
    return max(0, low - 4)
  }

  /// The statements: a semicolon ends each, but in a trigger only the one after `END` that follows a semicolon.
  static func split(_ tokens: [SQLToken]) -> [[SQLToken]] {
    var statements: [[SQLToken]] = []
    var current: [SQLToken] = []
    var isTrigger: Bool {
      guard current.count > 2, current[0].isWord("CREATE") else { return false }
      return current[1].isWord("TRIGGER") || current[2].isWord("TRIGGER")
    }
    for token in tokens {
      current.append(token)
      guard token.isSymbol(";") else { continue }
      if isTrigger, current.contains(where: { $0.isWord("BEGIN") }) {
        guard current.count > 3, current[current.count - 2].isWord("END"), current[current.count - 3].isSymbol(";")
        else { continue }
      }
      if current.count > 1 { statements.append(current) }
      current = []
    }
    if !current.isEmpty { statements.append(current) }
    return statements
  }

  private mutating func parse(_ tokens: [SQLToken]) {
    guard let first = tokens.first, let last = tokens.last else { return }
    let span = Span(first.range.lowerBound, last.range.upperBound)
    guard first.isWord("CREATE") else {
      let word = Span(first.range.lowerBound, first.range.upperBound)
      return report(
        "LS003", "a schema consists of CREATE statements, found `\(first.text.prefix(40))`", at: word,
        notes: SchemaSession.advice(for: first))
    }
    do throws(SchemaSyntaxError) {
      let object = try SchemaParser.parse(tokens, end: last.range.upperBound)
      statements.append(SchemaStatement(span: span, tokens: tokens, object: object))
    } catch {
      for token in tokens.dropFirst().prefix(6) { if let name = token.name { failed.insert(name) } }
      report(
        "LS004", error.problem, at: Span(error.range.lowerBound, max(error.range.upperBound, error.range.lowerBound)))
    }
  }

  private static func advice(for token: SQLToken) -> [String] {
    let advice: [(String, String)] = [
      ("PRAGMA", "locara sets what the database needs: WAL, foreign keys and the schema's version."),
      ("ATTACH", "An app has one database."),
      ("INSERT", "Rows are the app's to write, at its first start."),
      ("ALTER", "Write the schema as it is to be; locara plans the way from the earlier one."),
      ("DROP", "Leave the object out of the schema; locara plans the way from the earlier one."),
      ("BEGIN", "locara runs the schema in one transaction."),
    ]
    return advice.filter { token.isWord($0.0) }.map(\.1)
  }

  private mutating func checkNames() {
    var seen: [SQLName: Span] = [:]
    for statement in statements {
      let name = statement.object.name
      let span = statement.nameSpan
      if SchemaNames.isReserved(name.text) {
        failed.insert(name)
        report(
          "LS005", "the name `\(name)` is reserved", at: span,
          notes: ["Names that start with `\(SchemaNames.reservedPrefix)` or `sqlite_` are not the app's to give."])
      }
      if let first = seen[name] {
        report(
          "LS006", "the name `\(name)` is there twice", at: span,
          secondary: [Diagnostic.Label(path: source.path, span: first, text: "first here")])
      } else {
        seen[name] = span
      }
      if case .table(let table) = statement.object, !table.isStrict { warnAboutTypes(of: table, statement) }
    }
  }

  private mutating func warnAboutTypes(of table: Table, _ statement: SchemaStatement) {
    let strict = ["INT", "INTEGER", "REAL", "TEXT", "BLOB", "ANY"]
    let end = (statement.tokens.last.map { $0.isSymbol(";") ? $0.range.lowerBound : $0.range.upperBound }) ?? 0
    let canBeStrict = table.columns.allSatisfy { strict.contains($0.type) }
    report(
      "LS007", "the table `\(table.name)` is not STRICT, so SQLite stores values of any type in it", severity: .warning,
      at: statement.nameSpan,
      notes: canBeStrict ? [] : ["STRICT tables have the types \(strict.joined(separator: ", "))."],
      fix: canBeStrict
        ? Fix(
          "make it STRICT", .unsafe,
          edits: [Fix.Edit(Span(end, end), table.withoutRowid ? ", STRICT" : " STRICT")]) : nil)
  }
}

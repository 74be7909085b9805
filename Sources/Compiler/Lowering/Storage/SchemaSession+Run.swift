internal import Diagnostics
internal import SQLite
internal import SQLiteSchema
internal import Schemas

extension SchemaSession {
  /// Runs the statements in SQLite, then has every view, trigger and foreign key compiled.
  ///
  /// - Returns: the schema as SQLite stored it, or nil after an error.
  mutating func runAll() throws(SQLiteError) -> Schema? {
    let database = try ScratchDatabase.open()
    for statement in statements {
      do throws(SQLiteError) {
        try run(statement, in: database)
      } catch {
        let isConsequence = statement.tokens.contains { token in token.name.map { failed.contains($0) } ?? false }
        failed.insert(statement.object.name)
        if !isConsequence { report(error, in: statement) }
      }
    }
    guard failed.isEmpty, !diagnostics.contains(where: { $0.severity == .error }) else { return nil }
    let parsed = Schema(statements.map(\.object))
    checkReferences(in: parsed)
    // What a trigger gets wrong is its own, not that of every statement which would fire it.
    try database.set(.triggers, false)
    for statement in statements {
      if case .trigger = statement.object { continue }
      check(statement, of: parsed, in: database)
    }
    try database.set(.triggers, true)
    for statement in statements {
      if case .trigger = statement.object { check(statement, of: parsed, in: database) }
    }
    guard !diagnostics.contains(where: { $0.severity == .error }) else { return nil }
    switch try LiveSchema.read(database) {
    case .success(let stored) where stored == parsed: return stored
    case .success(let stored):
      let difference = Set(stored.normalForm).symmetricDifference(parsed.normalForm).sorted().first ?? ""
      report("LS018", "SQLite stored something else than was written: \(difference.prefix(200))", at: Span(0, 0))
    case .failure(let error):
      report("LS018", "what SQLite stored cannot be read: \(error.problem)", at: Span(0, 0))
    }
    return nil
  }

  private func run(_ statement: SchemaStatement, in database: borrowing Database) throws(SQLiteError) {
    let text = Array(source.bytes[statement.span.start..<statement.span.end])
    var first = try database.prepareFirst(of: text, from: 0)
    guard let prepared = first.statement.take() else { return }
    while try prepared.step() {}
  }

  private mutating func report(_ error: SQLiteError, in statement: SchemaStatement) {
    var span = statement.nameSpan
    if let offset = error.offset {
      let start = statement.span.start + offset
      let token = statement.tokens.first { $0.range.contains(start) }
      span = token.map { Span($0.range.lowerBound, $0.range.upperBound) } ?? Span(start, start)
    } else if let place = error.message.split(separator: " ").first(where: { $0.contains(".") }),
      let column = place.split(separator: ".").last
    {
      // "unknown datatype for TABLE.COLUMN"
      span = statement.span(of: SQLName(column.filter { $0 != ":" }))
    }
    if error.isDenied {
      return report("LS009", "a schema may not do this: \(error.message)", at: span)
    }
    if error.isInterrupted {
      return report("LS011", "SQLite needed too long for this statement", at: span)
    }
    report("LS010", "SQLite refuses the statement: \(error.message)", at: span)
  }

  /// Compiles, without running, statements that make SQLite look at the parts that CREATE does not.
  private mutating func check(_ statement: SchemaStatement, of schema: Schema, in database: borrowing Database) {
    switch statement.object {
    case .view(let view):
      tryToPrepare("SELECT * FROM \(view.name.sql)", for: statement, code: "LS012", "view", database)
    case .trigger(let trigger):
      guard let sql = SchemaSession.probe(for: trigger, database) else { return }
      tryToPrepare(sql, for: statement, code: "LS013", "trigger", database)
    case .table(let table):
      checkDefaults(of: table, statement)
      for sql in SchemaSession.probes(for: table) {
        tryToPrepare(sql, for: statement, code: "LS014", "table", database)
      }
    case .fullText(let table): check(table, statement, of: schema)
    case .index, .vector: break
    }
  }

  private mutating func tryToPrepare(
    _ sql: String, for statement: SchemaStatement, code: String, _ what: String, _ database: borrowing Database
  ) {
    do throws(SQLiteError) {
      _ = try database.prepare(sql)
    } catch {
      // SQLite names what it does not find; that name is in the statement.
      let named = error.message.split(separator: " ").last.map { $0.filter { $0 != "\"" } } ?? ""
      let last = named.split(separator: ".").last.map { SQLName(String($0)) } ?? statement.object.name
      // Parents hear of this too; it is told at the child.
      if error.message.hasPrefix("foreign key mismatch"),
        !error.message.contains("\"\(statement.object.name)\" referencing")
      {
        return
      }
      guard !diagnostics.contains(where: { $0.severity == .error && $0.primary.span == statement.span(of: last) })
      else { return }
      report(
        code, "the \(what) `\(statement.object.name)` does not work: \(error.message)", at: statement.span(of: last))
    }
  }

  /// A statement that makes the trigger's program be compiled.
  static func probe(for trigger: Trigger, _ database: borrowing Database) -> String? {
    let table = trigger.table.sql
    switch trigger.event {
    case .delete: return "DELETE FROM \(table)"
    case .insert: return "INSERT INTO \(table) DEFAULT VALUES"
    case .update(let columns):
      let first = try? database.prepare("SELECT * FROM \(table)").columnName(0)
      guard let column = columns.first ?? first.map({ SQLName($0) }) else { return nil }
      return "UPDATE \(table) SET \(column.sql) = NULL"
    }
  }

  /// Statements that make SQLite look for the parents and children of the table's foreign keys.
  static func probes(for table: Table) -> [String] {
    let column = table.columns.first { $0.generated == nil }
    return ["INSERT INTO \(table.name.sql) DEFAULT VALUES", "DELETE FROM \(table.name.sql)"]
      + (column.map { ["UPDATE \(table.name.sql) SET \($0.name.sql) = NULL"] } ?? [])
  }
}

// CREATE TABLE, by the rules `create_table_args`, `carglist` and `conslist` of SQLite's src/parse.y.

extension SchemaParser {
  mutating func table() throws(SchemaSyntaxError) -> Table {
    var table = TableParts(name: try objectName("a table"))
    guard takesSymbol("(") else {
      if next?.isWord("AS") == true {
        throw SchemaSyntaxError("`CREATE TABLE … AS SELECT` has no place in a schema: declare the columns", at: here)
      }
      throw unexpected("`(`")
    }
    repeat {
      if isAtTableConstraint { break }
      try column(into: &table)
    } while takesSymbol(",")
    while !takesSymbol(")") {
      _ = takesSymbol(",")
      try tableConstraint(into: &table)
    }
    var isStrict = false
    var withoutRowid = false
    if let next, !next.isSymbol(";") {
      repeat {
        if takes("STRICT") {
          isStrict = true
        } else if takes("WITHOUT") {
          guard next.kind == .word, let word = self.next, word.isWord("ROWID") else { throw unexpected("`ROWID`") }
          position += 1
          withoutRowid = true
        } else {
          throw unexpected("STRICT or WITHOUT ROWID")
        }
      } while takesSymbol(",")
    }
    return Table(
      name: table.name, columns: table.columns, primaryKey: table.primaryKey, uniques: table.uniques,
      checks: table.checks, foreignKeys: table.foreignKeys, isStrict: isStrict, withoutRowid: withoutRowid)
  }

  private struct TableParts {
    var name: SQLName
    var columns: [Table.Column] = []
    var primaryKey: Table.PrimaryKey?
    var uniques: [Table.Unique] = []
    var checks: [Table.Check] = []
    var foreignKeys: [Table.ForeignKey] = []
  }

  private var isAtTableConstraint: Bool {
    guard let next, next.kind == .word else { return false }
    return ["CONSTRAINT", "PRIMARY", "UNIQUE", "CHECK", "FOREIGN"].contains(asciiUppercased(next.text))
  }

  // MARK: Columns

  private static let columnConstraints: Set<String> = [
    "CONSTRAINT", "PRIMARY", "NOT", "NULL", "UNIQUE", "CHECK", "DEFAULT", "COLLATE", "REFERENCES", "GENERATED", "AS",
    "DEFERRABLE",
  ]

  private mutating func column(into table: inout TableParts) throws(SchemaSyntaxError) {
    let range = here
    let name = try self.name("a column")
    guard !table.columns.contains(where: { $0.name == name }) else {
      throw SchemaSyntaxError("the column `\(name)` is there twice", at: range)
    }
    table.columns.append(Table.Column(name: name, type: try typeName()))
    let index = table.columns.count - 1
    var constraintName: SQLName?
    while let token = next, !token.isSymbol(","), !token.isSymbol(")") {
      if takes("CONSTRAINT") {
        constraintName = try self.name("a constraint")
        continue
      }
      try columnConstraint(named: constraintName, of: index, in: &table)
      constraintName = nil
    }
  }

  /// Words and at most two numbers in parentheses; "" when there is none.
  private mutating func typeName() throws(SchemaSyntaxError) -> String {
    var words: [String] = []
    while let token = next {
      if token.kind == .word {
        guard !SchemaParser.columnConstraints.contains(asciiUppercased(token.text)) else { break }
      } else if token.kind != .quotedName && token.kind != .string {
        break
      }
      words.append(asciiUppercased(token.text))
      position += 1
    }
    guard !words.isEmpty, takesSymbol("(") else { return words.joined(separator: " ") }
    let arguments = try untilClosed()
    return words.joined(separator: " ") + "(" + arguments.map(\.text).joined() + ")"
  }

  private mutating func columnConstraint(
    named name: SQLName?, of index: Int, in table: inout TableParts
  ) throws(SchemaSyntaxError) {
    let column = table.columns[index].name
    let key = Table.KeyColumn(SQLText([SQLToken(.quotedName, column.text, range: 0..<0)]))
    let range = here
    if takes("PRIMARY", "KEY") {
      if takes("DESC") {
        throw SchemaSyntaxError(
          "`PRIMARY KEY DESC` on a column does not do what it says in SQLite: leave DESC out", at: range)
      }
      _ = takes("ASC")
      let conflict = try conflictClause()
      try set(
        .init(name: name, columns: [key], isAutoincrement: takes("AUTOINCREMENT"), onConflict: conflict), at: range,
        in: &table)
    } else if takes("NOT", "NULL") {
      table.columns[index].notNull = Table.NotNull(onConflict: try conflictClause())
    } else if takes("NULL") {
      _ = try conflictClause()
    } else if takes("UNIQUE") {
      table.uniques.append(Table.Unique(name: name, columns: [key], onConflict: try conflictClause()))
    } else if takes("CHECK") {
      table.checks.append(Table.Check(name: name, try parenthesized()))
      _ = try conflictClause()
    } else if takes("DEFAULT") {
      table.columns[index].defaultValue = try defaultValue()
    } else if takes("COLLATE") {
      table.columns[index].collation = try self.name("a collation")
    } else if takes("REFERENCES") {
      table.foreignKeys.append(try references(from: [column]))
    } else if takes("GENERATED", "ALWAYS", "AS") || takes("AS") {
      let expression = try parenthesized()
      let isStored = takes("STORED")
      if !isStored { _ = takes("VIRTUAL") }
      table.columns[index].generated = Table.Generated(expression, isStored: isStored)
    } else if takes("NOT", "DEFERRABLE") || takes("DEFERRABLE") {
      throw SchemaSyntaxError("DEFERRABLE belongs to a REFERENCES clause", at: range)
    } else {
      throw unexpected("a column constraint, `,` or `)`")
    }
  }

  private mutating func set(
    _ key: Table.PrimaryKey, at range: Range<Int>, in table: inout TableParts
  ) throws(SchemaSyntaxError) {
    guard table.primaryKey == nil else {
      throw SchemaSyntaxError("the table `\(table.name)` has a second primary key", at: range)
    }
    table.primaryKey = key
  }

  private mutating func defaultValue() throws(SchemaSyntaxError) -> SQLText {
    if next?.isSymbol("(") == true { return try parenthesized() }
    var tokens: [SQLToken] = []
    if let sign = next, sign.isSymbol("-") || sign.isSymbol("+") {
      if sign.text == "-" { tokens.append(sign) }
      position += 1
    }
    guard var value = next, value.isLiteral || value.kind == .word || value.kind == .quotedName else {
      throw unexpected("a literal or an expression in parentheses")
    }
    // A bare name after DEFAULT is a string (rule `ccons ::= DEFAULT scanpt id`).
    if !value.isLiteral { value.kind = .string }
    tokens.append(value)
    position += 1
    return SQLText(tokens)
  }

  // MARK: Constraints

  private mutating func conflictClause() throws(SchemaSyntaxError) -> Table.Conflict {
    guard takes("ON", "CONFLICT") else { return .abort }
    guard let next, next.kind == .word, let conflict = Table.Conflict(rawValue: asciiUppercased(next.text)) else {
      throw unexpected("ABORT, ROLLBACK, FAIL, IGNORE or REPLACE")
    }
    position += 1
    return conflict
  }

  private mutating func tableConstraint(into table: inout TableParts) throws(SchemaSyntaxError) {
    let name = takes("CONSTRAINT") ? try self.name("a constraint") : nil
    let range = here
    if takes("PRIMARY", "KEY") {
      let columns = try keyColumns(allowsAutoincrement: true)
      try set(
        Table.PrimaryKey(
          name: name, columns: columns.columns, isAutoincrement: columns.isAutoincrement,
          onConflict: try conflictClause()),
        at: range, in: &table)
    } else if takes("UNIQUE") {
      table.uniques.append(Table.Unique(name: name, columns: try keyColumns(), onConflict: try conflictClause()))
    } else if takes("CHECK") {
      table.checks.append(Table.Check(name: name, try parenthesized()))
      _ = try conflictClause()
    } else if takes("FOREIGN", "KEY") {
      let columns = try names("a column")
      try expect("REFERENCES")
      table.foreignKeys.append(try references(from: columns))
    } else {
      throw unexpected("a column or a table constraint")
    }
  }

  /// What follows REFERENCES.
  private mutating func references(from columns: [SQLName]) throws(SchemaSyntaxError) -> Table.ForeignKey {
    var key = Table.ForeignKey(columns: columns, table: try name("a table"))
    if next?.isSymbol("(") == true { key.parentColumns = try names("a column") }
    while true {
      if takes("ON", "DELETE") {
        key.onDelete = try action()
      } else if takes("ON", "UPDATE") {
        key.onUpdate = try action()
      } else if takes("ON", "INSERT") {
        _ = try action()  // in the grammar, without meaning
      } else if takes("MATCH") {
        _ = try name("a match type")  // in the grammar, without meaning
      } else if takes("NOT", "DEFERRABLE") {
        if takes("INITIALLY") { guard takes("DEFERRED") || takes("IMMEDIATE") else { throw unexpected("DEFERRED") } }
        key.isDeferred = false
      } else if takes("DEFERRABLE") {
        if takes("INITIALLY") {
          key.isDeferred = takes("DEFERRED")
          if !key.isDeferred { try expect("IMMEDIATE") }
        }
      } else {
        return key
      }
    }
  }

  private mutating func action() throws(SchemaSyntaxError) -> Table.ForeignKey.Action {
    if takes("SET", "NULL") { return .setNull }
    if takes("SET", "DEFAULT") { return .setDefault }
    if takes("CASCADE") { return .cascade }
    if takes("RESTRICT") { return .restrict }
    if takes("NO", "ACTION") { return .noAction }
    throw unexpected("SET NULL, SET DEFAULT, CASCADE, RESTRICT or NO ACTION")
  }

  mutating func keyColumns() throws(SchemaSyntaxError) -> [Table.KeyColumn] {
    try keyColumns(allowsAutoincrement: false).columns
  }

  private mutating func keyColumns(
    allowsAutoincrement: Bool
  ) throws(SchemaSyntaxError) -> (columns: [Table.KeyColumn], isAutoincrement: Bool) {
    try expectSymbol("(")
    var tokens = try untilClosed()
    let isAutoincrement = allowsAutoincrement && tokens.last?.isWord("AUTOINCREMENT") == true
    if isAutoincrement { tokens.removeLast() }
    var columns: [Table.KeyColumn] = []
    for part in SQLToken.split(tokens, at: ",") { columns.append(try keyColumn(part)) }
    return (columns, isAutoincrement)
  }

  private func keyColumn(_ tokens: ArraySlice<SQLToken>) throws(SchemaSyntaxError) -> Table.KeyColumn {
    var tokens = tokens
    var isDescending = false
    var collation: SQLName?
    if let last = tokens.last, last.isWord("ASC") || last.isWord("DESC") {
      isDescending = last.isWord("DESC")
      tokens.removeLast()
    }
    if tokens.count >= 3, tokens[tokens.endIndex - 2].isWord("COLLATE") {
      collation = tokens.last?.name
      tokens.removeLast(2)
    }
    guard let first = tokens.first else { throw SchemaSyntaxError("expected a column", at: here) }
    if tokens.count == 1, let name = first.name {
      return Table.KeyColumn(
        SQLText([SQLToken(.quotedName, name.text, range: first.range)]), collation: collation,
        isDescending: isDescending)
    }
    return Table.KeyColumn(SQLText(tokens), collation: collation, isDescending: isDescending)
  }
}

extension SQLToken {
  /// The parts between separators outside parentheses.
  static func split(_ tokens: [SQLToken], at separator: String) -> [ArraySlice<SQLToken>] {
    var parts: [ArraySlice<SQLToken>] = []
    var start = 0
    var depth = 0
    for (index, token) in tokens.enumerated() {
      if token.isSymbol("(") { depth += 1 }
      if token.isSymbol(")") { depth -= 1 }
      if depth == 0, token.isSymbol(separator) {
        parts.append(tokens[start..<index])
        start = index + 1
      }
    }
    parts.append(tokens[start...])
    return parts
  }
}

internal import Diagnostics
internal import Schemas

// What SQLite takes without a word and then fails at, row by row, in the app.

extension SchemaSession {
  /// The parents of foreign keys: SQLite looks for them when rows are written, not before.
  mutating func checkReferences(in schema: Schema) {
    for statement in statements {
      guard case .table(let table) = statement.object else { continue }
      for key in table.foreignKeys {
        guard let parent = schema.table(key.table) else {
          let near = nearestMatch(to: key.table.text, among: schema.tables.map(\.name.text))
          report(
            "LS014", "the foreign key refers to the table `\(key.table)`, which does not exist",
            at: statement.span(of: key.table), notes: near.map { ["There is a table `\($0)`."] } ?? [])
          continue
        }
        for column in key.parentColumns where parent.column(column) == nil {
          report(
            "LS014", "the foreign key refers to the column `\(key.table).\(column)`, which does not exist",
            at: statement.span(of: column))
        }
      }
    }
  }

  /// In a STRICT table a default of the wrong type makes every row fail that relies on it.
  mutating func checkDefaults(of table: Table, _ statement: SchemaStatement) {
    guard table.isStrict else { return }
    for column in table.columns {
      guard let value = column.defaultValue, let found = SchemaSession.literalType(of: value),
        !SchemaSession.accepts(column.type, found)
      else {
        continue
      }
      report(
        "LS015", "the default of `\(table.name).\(column.name)` is \(found), which the type \(column.type) refuses",
        at: statement.span(of: column.name))
    }
  }

  /// "an integer", "a real number", "a text" or "a blob"; nil when it is not a literal or NULL.
  static func literalType(of value: SQLText) -> String? {
    guard let last = value.tokens.last, value.tokens.count <= 2 else { return nil }
    switch last.kind {
    case .number:
      return last.text.contains { ".e".contains($0) } && !last.text.hasPrefix("0x") ? "a real number" : "an integer"
    case .string: return "a text"
    case .blob: return "a blob"
    case .word:
      if last.isWord("TRUE") || last.isWord("FALSE") { return "an integer" }
      return last.isWord("CURRENT_DATE") || last.isWord("CURRENT_TIME") || last.isWord("CURRENT_TIMESTAMP")
        ? "a text" : nil
    default: return nil
    }
  }

  /// Whether a STRICT column takes a literal, after the conversions that SQLite makes without loss.
  static func accepts(_ type: String, _ literal: String) -> Bool {
    switch type {
    case "ANY": true
    case "INT", "INTEGER": literal == "an integer"
    case "REAL": literal == "an integer" || literal == "a real number"
    case "TEXT": literal != "a blob"
    case "BLOB": literal == "a blob"
    default: true
    }
  }

  /// A full-text index over the rows of another table needs that table, those columns, and a stable rowid.
  mutating func check(_ index: FullTextTable, _ statement: SchemaStatement, of schema: Schema) {
    guard case .external(let name) = index.content else { return }
    let span =
      statement.tokens.last { $0.kind != .symbol && $0.name == name }
      .map { Span($0.range.lowerBound, $0.range.upperBound) } ?? statement.nameSpan
    if schema.views.contains(where: { $0.name == name }) { return }
    guard let table = schema.table(name) else {
      return report("LS016", "the content of `\(index.name)` is the table `\(name)`, which does not exist", at: span)
    }
    guard !table.withoutRowid else {
      return report(
        "LS016", "the content of `\(index.name)` is the table `\(name)`, which has no rowid", at: span,
        notes: ["fts5 finds the rows of its content by their rowid; leave WITHOUT ROWID out."])
    }
    for column in index.columns where table.column(column.name) == nil {
      report(
        "LS016", "the content of `\(index.name)` has no column `\(column.name)`", at: statement.span(of: column.name))
    }
    if let key = index.options["content_rowid"], SQLName(key) != table.rowidAlias {
      report(
        "LS016", "`content_rowid` is `\(key)`, which is not the INTEGER PRIMARY KEY of `\(name)`", at: span)
    } else if index.options["content_rowid"] == nil, table.rowidAlias == nil {
      report(
        "LS017", "`\(index.name)` finds the rows of `\(name)` by a rowid that VACUUM may change", severity: .warning,
        at: span,
        notes: ["Give `\(name)` an INTEGER PRIMARY KEY and name it in `content_rowid`."])
    }
  }
}

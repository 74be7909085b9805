// How each part of a schema is written as SQL. `folded` gives the one text that equal parts share; without it names
// keep their author's spelling.

extension SQLName {
  func sql(folded: Bool) -> String { folded ? foldedSQL : sql }
}

extension SQLText {
  func sql(folded: Bool) -> String { folded ? self.folded : sql }
}

private func list(_ names: [SQLName], _ folded: Bool) -> String {
  "(" + names.map { $0.sql(folded: folded) }.joined(separator: ", ") + ")"
}

private func list(_ columns: [Table.KeyColumn], _ folded: Bool) -> String {
  "(" + columns.map { $0.sql(folded: folded) }.joined(separator: ", ") + ")"
}

private func constraint(_ name: SQLName?, _ folded: Bool) -> String {
  name.map { "CONSTRAINT \($0.sql(folded: folded)) " } ?? ""
}

extension Table.KeyColumn {
  func sql(folded: Bool) -> String {
    expression.sql(folded: folded) + (collation.map { " COLLATE \($0.sql(folded: folded))" } ?? "")
      + (isDescending ? " DESC" : "")
  }
}

extension Table.Unique {
  func sql(folded: Bool) -> String { constraint(name, folded) + "UNIQUE \(list(columns, folded))\(onConflict.clause)" }
}

extension Table.Check {
  package func sql(folded: Bool) -> String { constraint(name, folded) + "CHECK (\(expression.sql(folded: folded)))" }
}

extension Table.ForeignKey {
  package func sql(folded: Bool) -> String { "FOREIGN KEY \(list(columns, folded)) \(references(folded: folded))" }

  /// The clause that starts with REFERENCES.
  package func references(folded: Bool) -> String {
    "REFERENCES \(table.sql(folded: folded))" + (parentColumns.isEmpty ? "" : " \(list(parentColumns, folded))")
      + (onDelete == .noAction ? "" : " ON DELETE \(onDelete.rawValue)")
      + (onUpdate == .noAction ? "" : " ON UPDATE \(onUpdate.rawValue)")
      + (isDeferred ? " DEFERRABLE INITIALLY DEFERRED" : "")
  }
}

extension Table.Column {
  /// Name, type and what belongs to the column alone.
  package func sql(folded: Bool, primaryKey: String = "") -> String {
    var text = name.sql(folded: folded)
    if !type.isEmpty { text += " \(type)" }
    text += primaryKey
    if let notNull { text += " NOT NULL\(notNull.onConflict.clause)" }
    if let defaultValue {
      text +=
        defaultValue.isPlainDefault
        ? " DEFAULT \(defaultValue.sql(folded: folded))"
        : " DEFAULT (\(defaultValue.sql(folded: folded)))"
    }
    if let collation { text += " COLLATE \(collation.sql(folded: folded))" }
    if let generated {
      text += " GENERATED ALWAYS AS (\(generated.expression.sql(folded: folded)))"
      text += generated.isStored ? " STORED" : " VIRTUAL"
    }
    return text
  }
}

extension SQLText {
  /// Whether this may follow DEFAULT without parentheses: a literal or a signed number.
  var isPlainDefault: Bool {
    guard let last = tokens.last else { return false }
    let isSigned = tokens.count == 2 && (tokens[0].isSymbol("-") || tokens[0].isSymbol("+")) && last.kind == .number
    return isSigned || tokens.count == 1 && last.isLiteral
  }
}

extension SQLToken {
  var isLiteral: Bool {
    switch kind {
    case .number, .string, .blob: true
    case .word:
      ["NULL", "TRUE", "FALSE", "CURRENT_DATE", "CURRENT_TIME", "CURRENT_TIMESTAMP"].contains(asciiUppercased(text))
    default: false
    }
  }
}

extension Table {
  /// - Parameter name: the name to create it under, when that is not its own.
  package func sql(folded: Bool = false, as name: SQLName? = nil) -> String {
    let keyColumn = columnOfPrimaryKey
    var parts: [String] = []
    for column in columns {
      var key = ""
      if let primaryKey, column.name == keyColumn {
        key = primaryKey.name.map { " CONSTRAINT \($0.sql(folded: folded))" } ?? ""
        key += " PRIMARY KEY\(primaryKey.onConflict.clause)" + (primaryKey.isAutoincrement ? " AUTOINCREMENT" : "")
      }
      parts.append(column.sql(folded: folded, primaryKey: key))
    }
    if let primaryKey, keyColumn == nil {
      parts.append(
        constraint(primaryKey.name, folded)
          + "PRIMARY KEY \(list(primaryKey.columns, folded))\(primaryKey.onConflict.clause)")
    }
    parts += uniques.map { $0.sql(folded: folded) }
    parts += checks.map { $0.sql(folded: folded) }
    parts += foreignKeys.map { $0.sql(folded: folded) }
    let options = (isStrict ? ["STRICT"] : []) + (withoutRowid ? ["WITHOUT ROWID"] : [])
    let body = folded ? parts.joined(separator: ", ") : "\n  " + parts.joined(separator: ",\n  ") + "\n"
    return "CREATE TABLE \((name ?? self.name).sql(folded: folded)) (\(body))"
      + (options.isEmpty ? "" : " " + options.joined(separator: ", "))
  }

  /// The column at which the primary key can be declared: a key of one column, ascending and in its own collation.
  private var columnOfPrimaryKey: SQLName? {
    guard let key = primaryKey?.columns, key.count == 1, !key[0].isDescending, key[0].collation == nil else {
      return nil
    }
    return key[0].name
  }
}

extension Index {
  package func sql(folded: Bool = false) -> String {
    "CREATE \(isUnique ? "UNIQUE " : "")INDEX \(name.sql(folded: folded)) ON \(table.sql(folded: folded)) "
      + list(columns, folded) + (condition.map { " WHERE \($0.sql(folded: folded))" } ?? "")
  }
}

extension View {
  package func sql(folded: Bool = false) -> String {
    "CREATE VIEW \(name.sql(folded: folded))" + (columns.isEmpty ? "" : " \(list(columns, folded))")
      + " AS \(select.sql(folded: folded))"
  }
}

extension Trigger {
  package func sql(folded: Bool = false) -> String {
    let event =
      switch self.event {
      case .insert: "INSERT"
      case .delete: "DELETE"
      case .update(let columns):
        columns.isEmpty
          ? "UPDATE" : "UPDATE OF " + columns.map { $0.sql(folded: folded) }.joined(separator: ", ")
      }
    return "CREATE TRIGGER \(name.sql(folded: folded)) \(timing.rawValue) \(event) ON \(table.sql(folded: folded))"
      + " FOR EACH ROW" + (condition.map { " WHEN \($0.sql(folded: folded))" } ?? "")
      + " BEGIN \(body.sql(folded: folded)) END"
  }
}

extension FullTextTable {
  package func sql(folded: Bool = false) -> String {
    var parts = columns.map { $0.name.sql(folded: folded) + ($0.isIndexed ? "" : " UNINDEXED") }
    for (key, value) in options.sorted(by: { $0.key < $1.key }) {
      let isName = key == "content" || key == "content_rowid"
      parts.append("\(key)=\(sqlLiteral(folded && isName ? asciiLowercased(value) : value))")
    }
    return "CREATE VIRTUAL TABLE \(name.sql(folded: folded)) USING fts5(\(parts.joined(separator: ", ")))"
  }
}

extension VectorTable {
  package func sql(folded: Bool = false) -> String {
    var parts = columns.map { column in
      let name = folded ? column.name.folded : column.name.text  // vec0 has no quoted names
      switch column.role {
      case .vector(let element, let dimension, let metric):
        let distance =
          switch metric {
          case .l2, .hamming: ""
          case .l1: " distance_metric=L1"
          case .cosine: " distance_metric=cosine"
          }
        return "\(name) \(element.rawValue)[\(dimension)]\(distance)"
      case .primaryKey(let type): return "\(name) \(type) primary key"
      case .partitionKey(let type): return "\(name) \(type) partition key"
      case .metadata(let type): return "\(name) \(type)"
      case .auxiliary(let type): return "+\(name) \(type)"
      }
    }
    if chunkSize != 1024 { parts.append("chunk_size=\(chunkSize)") }
    return "CREATE VIRTUAL TABLE \(name.sql(folded: folded)) USING vec0(\(parts.joined(separator: ", ")))"
  }
}

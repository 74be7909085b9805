internal import Diagnostics
internal import Schemas
internal import Text

extension SchemaWriter {
  mutating func table(_ member: SyntaxMember) {
    let node = member.value
    renames(node, table: member.name)
    statement(member) { writer in
      writer.declared.write("CREATE TABLE ")
      writer.name(member)
      writer.declared.write(" (")
      for (index, column) in (node["columns"]?.members ?? .empty).enumerated() {
        if index > 0 { writer.declared.write(", ") }
        writer.scope(column.nameSpan) { $0.column(column, of: member.name) }
      }
      if let key = node["primary-key"] { writer.constraint(key, "PRIMARY KEY ") { $0.keys(key, of: node) } }
      for unique in node["unique"]?.elements ?? .empty {
        writer.constraint(unique, "UNIQUE ") { $0.keys(unique, of: node) }
      }
      for check in node["checks"]?.elements ?? .empty { writer.check(check) }
      for key in node["foreign-keys"]?.elements ?? .empty {
        writer.constraint(key, "FOREIGN KEY ") { writer in
          writer.list(key["columns"]?.elements ?? .empty) { $0.name($1) }
          writer.references(key)
        }
      }
      writer.declared.write(")")
      var options: [(String, SyntaxNode?)] = []
      if node["strict"] == nil || SchemaWriter.isOn(node["strict"]) { options.append(("STRICT", node["strict"])) }
      if SchemaWriter.isOn(node["without-rowid"]) { options.append(("WITHOUT ROWID", node["without-rowid"])) }
      for (index, (word, option)) in options.enumerated() {
        writer.declared.write(index == 0 ? " " : ", ")
        writer.declared.write(word, at: option?.span ?? member.nameSpan)
      }
    }
  }

  mutating func indexes(of table: SyntaxMember) {
    for index in table.value["indexes"]?.members ?? .empty {
      let node = index.value
      statement(index) { writer in
        writer.declared.write(SchemaWriter.isOn(node["unique"]) ? "CREATE UNIQUE INDEX " : "CREATE INDEX ")
        writer.name(index)
        writer.declared.write(" ON ")
        writer.name(table)
        writer.declared.write(" ")
        writer.keys(node.elements == nil ? node["on"] : node, of: table.value)
        if let condition = node["where"] {
          writer.declared.write(" WHERE ")
          writer.sql(condition)
        }
      }
    }
  }

  // MARK: Constraints

  private mutating func constraint(_ node: SyntaxNode, _ words: String, _ body: (inout SchemaWriter) -> Void) {
    declared.write(", ")
    scope(node.span) { writer in
      writer.declared.write(words)
      body(&writer)
    }
  }

  /// Names of columns need no quotes; anything else is SQL.
  private mutating func keys(_ node: SyntaxNode?, of table: SyntaxNode) {
    let columns = Set((table["columns"]?.members ?? .empty).map { SQLName($0.name) })
    list(node?.elements ?? .empty) { writer, key in
      if let text = key.string, columns.contains(SQLName(text)) { writer.name(key) } else { writer.sql(key) }
    }
  }

  private mutating func check(_ node: SyntaxNode) {
    declared.write(", ")
    scope(node.span) { writer in
      if let name = node["name"] {
        writer.declared.write("CONSTRAINT ")
        writer.name(name)
        writer.declared.write(" ")
      }
      writer.parenthesized("CHECK", node.string == nil ? node["check"] : node)
    }
  }

  private mutating func parenthesized(_ words: String, _ node: SyntaxNode?) {
    declared.write("\(words) (")
    sql(node)
    declared.write(")")
  }

  /// The clause that starts with REFERENCES, of a mapping or of a table's name.
  private mutating func references(_ node: SyntaxNode) {
    declared.write(" REFERENCES ")
    guard node.string == nil else { return name(node) }
    name(node["table"])
    if let columns = node["to"]?.elements, !columns.isEmpty { list(columns) { $0.name($1) } }
    for (key, words) in [("on-delete", " ON DELETE "), ("on-update", " ON UPDATE ")] {
      guard let action = node[key] else { continue }
      declared.write(words)
      sql(action)
    }
    if SchemaWriter.isOn(node["deferred"]) { declared.write(" DEFERRABLE INITIALLY DEFERRED") }
  }

  // MARK: Columns

  private mutating func column(_ member: SyntaxMember, of table: String) {
    let node = member.value
    name(member)
    let type = node.string == nil ? node["type"] : node
    let condition = self.type(type, of: member.name)
    renames(node, table: table, column: member.name)
    backfill(node, table: table, column: member.name)
    let words = [
      ("primary-key", " PRIMARY KEY"), ("autoincrement", " AUTOINCREMENT"), ("not-null", " NOT NULL"),
      ("unique", " UNIQUE"),
    ]
    for (key, text) in words {
      guard let value = node[key], SchemaWriter.isOn(value) else { continue }
      declared.write(text, at: value.span)
    }
    if let value = node["default"] { declared.write(" DEFAULT \(literal(value))", at: value.span) }
    if let value = node["default-sql"] { parenthesized(" DEFAULT", value) }
    if let check = node["check"] { parenthesized(" CHECK", check) }
    if let condition, let type { declared.write(" CHECK (\(condition))", at: type.span) }
    if let collation = node["collate"] {
      declared.write(" COLLATE ")
      sql(collation)
    }
    if let target = node["references"] { scope(target.span) { $0.references(target) } }
    if let expression = node["generated"] {
      parenthesized(" GENERATED ALWAYS AS", expression)
      declared.write(SchemaWriter.isOn(node["stored"]) ? " STORED" : " VIRTUAL")
    }
  }

  /// Writes a type; ours stand for a type of SQLite and a condition.
  ///
  /// - Returns: the condition.
  private mutating func type(_ node: SyntaxNode?, of column: String) -> String? {
    guard let node, let text = node.string else { return nil }
    let name = SQLName(column).sql
    declared.write(" ")
    switch text.lowercased() {
    case "boolean":
      declared.write("INTEGER", at: node.span)
      return "\(name) IN (0, 1)"
    case "json":
      declared.write("TEXT", at: node.span)
      return "json_valid(\(name))"
    case "timestamp":
      declared.write("TEXT", at: node.span)
      return "strftime('%Y-%m-%dT%H:%M:%fZ', \(name)) IS \(name)"
    default:
      sql(node)
      return nil
    }
  }

  private func literal(_ node: SyntaxNode) -> String {
    switch node.value {
    case .boolean(let isOn): isOn ? "1" : "0"
    case .integer(let number): "\(number)"
    case .number(let digits): digits.contains("n") || digits.contains("i") ? sqlLiteral(digits) : digits
    case .string(let text): sqlLiteral(text)
    case .null, .sequence, .mapping, .unreadable: "NULL"
    }
  }
}

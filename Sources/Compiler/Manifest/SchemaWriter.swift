internal import Diagnostics
internal import Schemas
internal import Text

/// Writes what `storage` declares as SQL. The tree was checked: what did not fit was reported and is skipped here.
package struct SchemaWriter {
  let source: Source
  var declared = DeclaredSchema()
  /// Renames, backfills and allowed losses, which follow the statements.
  private var comments: [(text: Located<String>, prefix: String)] = []
  /// The models that columns of vector tables name.
  var models: [Manifest.VectorModel] = []

  init(source: Source) { self.source = source }

  /// What can be said of a schema here besides naming its file.
  package static let keys = ["tables", "views", "triggers", "fts", "allow"]

  /// Nil when nothing is declared.
  mutating func write(_ storage: SyntaxNode) -> DeclaredSchema? {
    for table in storage["tables"]?.members ?? .empty { self.table(table) }
    for table in storage["fts"]?.members ?? .empty { fullText(table) }
    for table in storage["vector"]?["tables"]?.members ?? .empty { vector(table) }
    for table in storage["tables"]?.members ?? .empty { indexes(of: table) }
    for view in storage["views"]?.members ?? .empty {
      statement(view) { writer in
        writer.declared.write("CREATE VIEW ")
        writer.name(view)
        if let columns = view.value["columns"]?.elements, !columns.isEmpty {
          writer.declared.write(" ")
          writer.list(columns) { $0.name($1) }
        }
        writer.declared.write(" AS ")
        writer.sql(view.value.string == nil ? view.value["select"] : view.value)
      }
    }
    for trigger in storage["triggers"]?.members ?? .empty { self.trigger(trigger) }
    for loss in storage["allow"]?.elements ?? .empty {
      if let text = loss.string { comments.append((Located(text, loss.span), "allow ")) }
    }
    for (text, prefix) in comments {
      // A line break is left in strings only.
      let isOneLine = !text.value.contains("\n")
      declared.write(isOneLine ? "-- locara: " : "/* locara: ")
      declared.scope(text.span) { declared in
        declared.write(prefix)
        declared.write(text.value, at: text.span, isExact: source.text(text.span) == text.value)
      }
      declared.write(isOneLine ? "\n" : " */\n")
    }
    return declared.isEmpty ? nil : declared
  }

  // MARK: Pieces

  mutating func statement(_ member: SyntaxMember, _ body: (inout SchemaWriter) -> Void) {
    scope(member.nameSpan, body)
    declared.write(";\n")
  }

  mutating func scope(_ span: Span, _ body: (inout SchemaWriter) -> Void) {
    var inner = self
    declared.scope(span) { declared in
      inner.declared = declared
      body(&inner)
      declared = inner.declared
    }
    inner.declared = declared
    self = inner
  }

  mutating func name(_ member: SyntaxMember) { declared.write(SQLName(member.name).sql, at: member.nameSpan) }

  mutating func name(_ node: SyntaxNode?) {
    if let node, let text = node.string { declared.write(SQLName(text).sql, at: node.span) }
  }

  /// SQL as it is written, with its place byte for byte where the manifest has the same bytes.
  mutating func sql(_ node: SyntaxNode?) {
    guard let node, let text = node.string else { return }
    let written = source.text(node.span)
    if written == text {
      declared.write(text, at: node.span, isExact: true)
    } else if node.style != .plain, written.dropFirst().dropLast() == text {
      declared.write(text, at: Span(node.span.start + 1, node.span.end - 1), isExact: true)
    } else {
      declared.write(text, at: node.span)
    }
  }

  mutating func list(_ nodes: SyntaxElements, _ write: (inout SchemaWriter, SyntaxNode) -> Void) {
    declared.write("(")
    for (index, node) in nodes.enumerated() {
      if index > 0 { declared.write(", ") }
      write(&self, node)
    }
    declared.write(")")
  }

  /// `true` under a key.
  static func isOn(_ node: SyntaxNode?) -> Bool {
    guard case .boolean(true)? = node?.value else { return false }
    return true
  }

  // MARK: Declarations

  /// `renamed-from` of a table, or of a column of it.
  mutating func renames(_ node: SyntaxNode, table: String, column: String? = nil) {
    guard let former = node["renamed-from"], let names = former.elements, !names.isEmpty else { return }
    let what = column.map { "column \(SQLName(table).sql).\(SQLName($0).sql)" } ?? "table \(SQLName(table).sql)"
    let list = names.compactMap { $0.string.map { SQLName($0).sql } }.joined(separator: ", ")
    comments.append((Located(list, former.span), "rename \(what) from "))
  }

  mutating func backfill(_ node: SyntaxNode, table: String, column: String) {
    guard let expression = node["backfill"], let text = expression.string else { return }
    let line = text.contains("\n") ? SQLText(text).sql : text
    comments.append((Located(line, expression.span), "backfill \(SQLName(table).sql).\(SQLName(column).sql) = "))
  }

  // MARK: Triggers

  private mutating func trigger(_ member: SyntaxMember) {
    let node = member.value
    guard let run = node["run"]?.string else { return }
    statement(member) { writer in
      writer.declared.write("CREATE TRIGGER ")
      writer.name(member)
      writer.declared.write(" ")
      writer.sql(node["timing"])
      writer.declared.write(" ")
      writer.sql(node["event"])
      if let columns = node["of"]?.elements, !columns.isEmpty {
        writer.declared.write(" OF ")
        for (index, column) in columns.enumerated() {
          if index > 0 { writer.declared.write(", ") }
          writer.name(column)
        }
      }
      writer.declared.write(" ON ")
      writer.name(node["on"])
      if let condition = node["when"] {
        writer.declared.write(" WHEN (")
        writer.sql(condition)
        writer.declared.write(")")
      }
      writer.declared.write(" BEGIN ")
      writer.sql(node["run"])
      let isEnded = SQLTokenizer.tokens(of: run).last?.isSymbol(";") == true
      writer.declared.write(isEnded ? " END" : "; END")
    }
  }
}

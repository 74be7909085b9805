internal import Diagnostics
internal import Schemas
internal import Text

extension SchemaWriter {
  mutating func fullText(_ member: SyntaxMember) {
    let node = member.value
    renames(node, table: member.name)
    statement(member) { writer in
      writer.declared.write("CREATE VIRTUAL TABLE ")
      writer.name(member)
      writer.declared.write(" USING fts5(")
      for (index, column) in (node["columns"]?.elements ?? .empty).enumerated() {
        if index > 0 { writer.declared.write(", ") }
        writer.scope(column.span) { writer in
          writer.name(column.string == nil ? column["name"] : column)
          if let indexed = column["indexed"], !SchemaWriter.isOn(indexed) {
            writer.declared.write(" UNINDEXED", at: indexed.span)
          }
        }
      }
      let isKept = node["content"].map { $0.string != nil } ?? true
      if !isKept, let content = node["content"] { writer.declared.write(", content=''", at: content.span) }
      let lengths = (node["prefix"]?.elements ?? .empty).map { writer.source.text($0.span) }.joined(separator: " ")
      let sizes = node["column-sizes"].map { SchemaWriter.isOn($0) ? "1" : "0" }
      let options: [(key: String, node: SyntaxNode?, value: String?)] = [
        ("content", node["content"], node["content"]?.string), ("content_rowid", node["rowid"], node["rowid"]?.string),
        ("tokenize", node["tokenize"], node["tokenize"]?.string),
        ("prefix", node["prefix"], lengths.isEmpty ? nil : lengths),
        ("detail", node["detail"], node["detail"]?.string), ("columnsize", node["column-sizes"], sizes),
      ]
      for (key, option, value) in options {
        guard let option, let value else { continue }
        writer.declared.write(", ")
        writer.declared.write("\(key)=\(sqlLiteral(value))", at: option.span)
      }
      writer.declared.write(")")
    }
  }

  mutating func vector(_ member: SyntaxMember) {
    let node = member.value
    renames(node, table: member.name)
    statement(member) { writer in
      writer.declared.write("CREATE VIRTUAL TABLE ")
      writer.name(member)
      writer.declared.write(" USING vec0(")
      for (index, column) in (node["columns"]?.members ?? .empty).enumerated() {
        if index > 0 { writer.declared.write(", ") }
        writer.scope(column.nameSpan) { $0.vectorColumn(column, of: member.name) }
      }
      if let size = node["chunk-size"] {
        writer.declared.write(", ")
        writer.declared.write("chunk_size=\(writer.source.text(size.span))", at: size.span)
      }
      writer.declared.write(")")
    }
  }

  private mutating func vectorColumn(_ member: SyntaxMember, of table: String) {
    let node = member.value
    let type = node.string == nil ? node["type"] : node
    if SchemaWriter.isOn(node["auxiliary"]) { declared.write("+") }
    declared.write(member.name, at: member.nameSpan)
    declared.write(" ")
    sql(type)
    if let dimension = node["dimension"] {
      declared.write("[\(source.text(dimension.span))]", at: dimension.span)
    }
    if let metric = node["metric"], let word = metric.string {
      declared.write(" ")
      declared.write("distance_metric=\(word)", at: metric.span)
    }
    for (key, words) in [("primary-key", "primary key"), ("partition-key", "partition key")] {
      guard let value = node[key], SchemaWriter.isOn(value) else { continue }
      declared.write(" ")
      declared.write(words, at: value.span)
    }
    if let model = node["model"], let id = model.string {
      models.append(
        Manifest.VectorModel(
          table: table, column: member.name, model: Located(id, model.span), span: member.nameSpan))
    }
  }
}

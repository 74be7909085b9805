internal import Diagnostics
internal import Schemas

// What comments declare: those that start with `locara:`.

extension SchemaSession {
  mutating func readDeclarations(_ comments: [SQLComment], for schema: Schema?) -> SchemaDeclarations {
    var declarations = SchemaDeclarations()
    for comment in comments {
      guard var line = DeclarationLine(comment, in: source.bytes, after: declarations) else { continue }
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

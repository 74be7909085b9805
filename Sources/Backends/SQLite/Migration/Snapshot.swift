internal import PolicyIR
internal import SQLite

/// All rows of a database, for comparing before and after.
struct Snapshot {
  /// Rows by table, each with its values by column; columns in the order of the schema.
  private var rows: [SQLName: [[SQLName: SQLiteValue]]] = [:]
  /// The counters of AUTOINCREMENT tables.
  private var counters: [SQLName: Int64] = [:]

  /// Tables with rows. A full-text index over other tables has what they have.
  private(set) var filled: Set<SQLName> = []

  init(_ database: borrowing Database, _ schema: Schema) throws(SQLiteError) {
    for table in schema.tables {
      try read(table.name, table.columns.map(\.name), database)
      if table.primaryKey?.isAutoincrement == true {
        let counter = try database.value(
          "SELECT seq FROM sqlite_sequence WHERE name = ?1 COLLATE NOCASE", .text(table.name.text))
        counters[table.name] = counter?.integerValue
      }
    }
    for table in schema.fullTextTables where table.content == .own {
      try read(table.name, table.columns.map(\.name), database)
    }
    for table in schema.fullTextTables where table.content != .own {
      if try database.value("SELECT count(*) FROM \(SQLName("\(table.name)_docsize").sql)")?.integerValue ?? 0 > 0 {
        filled.insert(table.name)
      }
    }
    for table in schema.vectorTables { try read(table.name, table.columns.map(\.name), database) }
  }

  private mutating func read(
    _ table: SQLName, _ columns: [SQLName], _ database: borrowing Database
  ) throws(SQLiteError) {
    let names = columns.map(\.sql).joined(separator: ", ")
    defer { if rows[table]?.isEmpty == false { filled.insert(table) } }
    rows[table] = try database.query("SELECT \(names) FROM \(table.sql)").map { values in
      Dictionary(zip(columns, values)) { first, _ in first }
    }
  }

  /// - Returns: how many rows were compared.
  /// - Throws: what was lost, as an error of SQLite's general kind.
  func compare(
    with after: Snapshot, by plan: MigrationPlan, _ from: Schema, _ to: Schema
  ) throws(SQLiteError) -> Int {
    let names = FormerNames(to.declarations)
    let recomputed = Set(plan.changes.filter { $0.kind == .reembed }.compactMap(\.approval))
    let filled = Set(to.declarations.backfills.map { "\($0.table.folded).\($0.column.folded)" })
    var compared = 0
    for (table, newRows) in after.rows {
      guard !recomputed.contains("re-embed \(table.foldedSQL)") else { continue }
      guard let oldName = names.former(of: table).first(where: { rows[$0] != nil }), let oldRows = rows[oldName] else {
        continue
      }
      guard oldRows.count == newRows.count else { throw lost("\(oldRows.count - newRows.count) rows of `\(table)`") }
      let columns = to.columns(of: table).compactMap { column -> (new: SQLName, old: SQLName)? in
        guard to.table(table)?.column(column)?.generated == nil else { return nil }
        guard !filled.contains("\(table.folded).\(column.folded)") else { return nil }
        let old = names.former(of: column, in: table).first { from.columns(of: oldName).contains($0) }
        return old.map { (column, $0) }
      }
      let before = oldRows.map { row in columns.map { Snapshot.text(row[$0.old]) }.joined(separator: "|") }.sorted()
      let now = newRows.map { row in columns.map { Snapshot.text(row[$0.new]) }.joined(separator: "|") }.sorted()
      guard before == now else {
        let first = zip(before, now).first { $0 != $1 }
        throw lost("values of `\(table)`: \(first?.0 ?? "") became \(first?.1 ?? "")")
      }
      compared += newRows.count
      if let counter = counters[oldName], to.table(table)?.primaryKey?.isAutoincrement == true,
        after.counters[table] ?? 0 < counter
      {
        throw lost("the counter of `\(table)`")
      }
    }
    return compared
  }

  private func lost(_ what: String) -> SQLiteError { SQLiteError(code: 1, message: "the plan loses \(what)") }

  /// One text for values that a conversion without loss turns into each other.
  private static func text(_ value: SQLiteValue?) -> String {
    switch value {
    case .integer(let value): "n\(value)"
    case .real(let value): value == value.rounded() && abs(value) < 1e15 ? "n\(Int64(value))" : "n\(value)"
    case .text(let value):
      Int64(value).map { "n\($0)" } ?? Double(value).map {
        $0 == $0.rounded() && abs($0) < 1e15 ? "n\(Int64($0))" : "n\($0)"
      }
        ?? "t\(value)"
    case .blob(let value): "b\(value)"
    case .null, nil: "-"
    }
  }
}

/// Former names of tables and columns, the present one first.
private struct FormerNames {
  let declarations: SchemaDeclarations

  init(_ declarations: SchemaDeclarations) { self.declarations = declarations }

  func former(of table: SQLName) -> [SQLName] {
    [table] + declarations.renames.filter { $0.table == table && $0.column == nil }.flatMap(\.from)
  }

  func former(of column: SQLName, in table: SQLName) -> [SQLName] {
    [column] + declarations.renames.filter { $0.table == table && $0.column == column }.flatMap(\.from)
  }
}

extension Schema {
  fileprivate func columns(of table: SQLName) -> [SQLName] {
    self.table(table)?.columns.map(\.name)
      ?? fullTextTables.first { $0.name == table }?.columns.map(\.name)
      ?? vectorTables.first { $0.name == table }?.columns.map(\.name) ?? []
  }
}

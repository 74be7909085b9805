internal import SQLite
internal import Schemas

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
    var compared = 0
    for (table, newRows) in after.rows {
      guard !recomputed.contains("re-embed \(table.foldedSQL)") else { continue }
      guard let oldName = names.former(of: table).first(where: { rows[$0] != nil }), let oldRows = rows[oldName] else {
        continue
      }
      guard oldRows.count == newRows.count else { throw lost("\(oldRows.count - newRows.count) rows of `\(table)`") }
      let columns = to.columns(of: table).compactMap { column -> (new: SQLName, old: SQLName, isConverted: Bool)? in
        guard to.table(table)?.column(column)?.generated == nil else { return nil }
        guard !plan.computed.contains(MigrationPlan.Column(table, column)) else { return nil }
        let old = names.former(of: column, in: table).first { from.columns(of: oldName).contains($0) }
        guard let old else { return nil }
        let types = (from.table(oldName)?.column(old)?.type, to.table(table)?.column(column)?.type)
        return (column, old, types.0 != types.1)
      }
      let before = oldRows.map { row in
        columns.map { Snapshot.text(row[$0.old], isConverted: $0.isConverted) }.joined(separator: "|")
      }.sorted()
      let now = newRows.map { row in
        columns.map { Snapshot.text(row[$0.new], isConverted: $0.isConverted) }.joined(separator: "|")
      }.sorted()
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

  /// One text for a value and its type; with `isConverted`, for values that a conversion without loss turns into each
  /// other: 7, 7.0, '7' and '7.0' are one, '007' is another.
  private static func text(_ value: SQLiteValue?, isConverted: Bool) -> String {
    switch value {
    case .integer(let value): isConverted ? "n\(value)" : "i\(value)"
    case .real(let value): isConverted ? number(value) : "r\(value)"
    case .text(let value):
      isConverted ? printed(value) ?? "t\(value)" : "t\(value)"
    case .blob(let value): "b\(value)"
    case .null, nil: "-"
    }
  }

  private static func number(_ value: Double) -> String {
    value == value.rounded() && abs(value) < 1e15 ? "n\(Int64(value))" : "n\(value)"
  }

  /// A number, when this is how SQLite prints it.
  private static func printed(_ text: String) -> String? {
    if let value = Int64(text), "\(value)" == text { return "n\(text)" }
    guard let value = Double(text), value.isFinite else { return nil }
    // Powers of ten are spelt `1.0e+20` by SQLite and `1e+20` by Swift.
    return "\(value)" == text || text.contains(".") && text.contains("e") ? number(value) : nil
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

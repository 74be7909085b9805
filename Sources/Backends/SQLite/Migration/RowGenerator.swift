internal import PolicyIR
internal import SQLite

/// Fills a database with rows that its constraints accept, for trying plans on.
///
/// The rows depend on the seed and the schema alone. Values come from a small set on purpose: keys collide, NULLs occur,
/// references are found.
struct RowGenerator {
  private var state: UInt64
  /// Whether columns that may be NULL sometimes are.
  private let hasNulls: Bool

  init(seed: UInt64, hasNulls: Bool) {
    self.state = seed
    self.hasNulls = hasNulls
  }

  /// splitmix64
  private mutating func next(_ bound: Int) -> Int {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return Int((mixed ^ (mixed >> 31)) % UInt64(bound))
  }

  /// Adds up to `rows` rows to every table; a table whose constraints accept nothing stays empty.
  mutating func fill(_ database: borrowing Database, with schema: Schema, rows: Int) throws(SQLiteError) {
    for table in parentsFirst(schema.tables) {
      for _ in 0..<rows {
        for _ in 0..<12 {
          do throws(SQLiteError) {
            try insert(into: table, of: schema, database)
            break
          } catch {
            guard error.isConstraint else { throw error }
          }
        }
      }
      // A gap, so that a counter is beyond the largest id.
      if table.primaryKey?.isAutoincrement == true, let key = table.rowidAlias {
        try? database.execute(
          "DELETE FROM \(table.name.sql) WHERE \(key.sql) = (SELECT max(\(key.sql)) FROM \(table.name.sql))")
      }
    }
    for table in schema.fullTextTables {
      switch table.content {
      case .external:
        try? database.execute("INSERT INTO \(table.name.sql)(\(table.name.sql)) VALUES('rebuild')")
      case .own, .none:
        for index in 0..<rows {
          let names = table.columns.map(\.name.sql).joined(separator: ", ")
          let values = table.columns.map { _ in sqlLiteral("word\(next(9)) text \(index)") }.joined(separator: ", ")
          try database.execute("INSERT INTO \(table.name.sql)(rowid, \(names)) VALUES(\(index * 3 + 1), \(values))")
        }
      }
    }
    for table in schema.vectorTables {
      for index in 0..<rows {
        let names = table.columns.map(\.name.sql).joined(separator: ", ")
        let values = table.columns.map { value(for: $0, index: index) }.joined(separator: ", ")
        try? database.execute("INSERT INTO \(table.name.sql)(\(names)) VALUES(\(values))")
      }
    }
  }

  private mutating func value(for column: VectorTable.Column, index: Int) -> String {
    switch column.role {
    case .vector(let element, let dimension, _):
      switch element {
      case .float: return "x'" + String(repeating: "0000803F", count: dimension) + "'"
      case .int8: return "vec_int8(x'" + String(repeating: "0\(next(9))", count: dimension) + "')"
      case .bit: return "vec_bit(x'" + String(repeating: "5\(next(9))", count: dimension / 8) + "')"
      }
    case .primaryKey(let type): return type == "text" ? sqlLiteral("key\(index)") : "\(index * 2 + 5)"
    case .partitionKey(let type), .metadata(let type), .auxiliary(let type):
      switch type {
      case "text": return sqlLiteral("t\(next(5))")
      case "float": return "\(next(9)).5"
      case "boolean": return "\(next(2))"
      case "blob": return "x'0\(next(9))'"
      default: return "\(next(9))"
      }
    }
  }

  private func parentsFirst(_ tables: [Table]) -> [Table] {
    var placed: Set<SQLName> = []
    var order: [Table] = []
    var rest = tables
    while !rest.isEmpty {
      let ready = rest.filter { table in
        table.foreignKeys.allSatisfy { key in
          key.table == table.name || placed.contains(key.table) || !tables.contains { $0.name == key.table }
        }
      }
      let next = ready.isEmpty ? Array(rest.prefix(1)) : ready  // a cycle is cut anywhere
      order += next
      placed.formUnion(next.map(\.name))
      rest.removeAll { placed.contains($0.name) }
    }
    return order
  }

  private mutating func insert(
    into table: Table, of schema: Schema, _ database: borrowing Database
  ) throws(SQLiteError) {
    var values: [SQLName: String] = [:]
    for key in table.foreignKeys {
      let parents = key.parentColumns.isEmpty ? schema.table(key.table)?.keyNames ?? [] : key.parentColumns
      guard parents.count == key.columns.count else { continue }
      let count = Int(try database.value("SELECT count(*) FROM \(key.table.sql)")?.integerValue ?? 0)
      guard count > 0 else { continue }
      let columns = parents.map { "quote(\($0.sql))" }.joined(separator: ", ")
      let row = try database.query("SELECT \(columns) FROM \(key.table.sql) LIMIT 1 OFFSET \(next(count))").first ?? []
      for (column, value) in zip(key.columns, row) { values[column] = value.textValue }
    }
    var names: [String] = []
    var literals: [String] = []
    for column in table.columns where column.generated == nil {
      if column.name == table.rowidAlias, next(3) > 0 { continue }
      if column.defaultValue != nil, next(4) == 0 { continue }
      let isNull = hasNulls && column.notNull == nil && next(4) == 0
      names.append(column.name.sql)
      literals.append(isNull ? "NULL" : values[column.name] ?? literal(for: column, in: table))
    }
    let into = "INSERT INTO \(table.name.sql)"
    try database.execute(
      names.isEmpty
        ? "\(into) DEFAULT VALUES"
        : "\(into) (\(names.joined(separator: ", "))) VALUES (\(literals.joined(separator: ", ")))")
  }

  private mutating func literal(for column: Table.Column, in table: Table) -> String {
    // Constraints tend to name values that satisfy them.
    let hints = table.checks.filter { $0.expression.mentions(column.name) }.flatMap(\.expression.tokens)
      .filter { $0.kind == .number || $0.kind == .string }
    if !hints.isEmpty, next(2) == 0 {
      let hint = hints[next(hints.count)]
      if fits(hint, column.type) { return hint.kind == .string ? sqlLiteral(hint.text) : hint.text }
    }
    switch column.type {
    case "INT", "INTEGER", "NUMERIC", "BOOLEAN": return "\(next(40) - (next(3) == 0 ? 3 : 0))"
    case "REAL": return "\(next(40)).\(next(10))"
    case "BLOB": return "x'\(next(10))\(next(10))'"
    case "ANY", "": return ["\(next(20))", "'v\(next(20))'", "x'0\(next(10))'"][next(3)]
    default:
      let words = ["a", "Straße", "two words", "it''s", "{\"k\": 1}", "[]", "2026-01-0\(1 + next(9))", "x\(next(60))"]
      return "'\(words[next(words.count)])'"
    }
  }

  private func fits(_ hint: SQLToken, _ type: String) -> Bool {
    switch type {
    case "INT", "INTEGER": hint.kind == .number && !hint.text.contains(".")
    case "REAL": hint.kind == .number
    case "TEXT": hint.kind == .string
    case "BLOB": false
    default: true
    }
  }
}

extension Table {
  /// The columns of the primary key.
  fileprivate var keyNames: [SQLName] { primaryKey?.columns.compactMap(\.name) ?? [] }
}

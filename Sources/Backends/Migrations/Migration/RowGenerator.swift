internal import SQLite
internal import Schemas

/// Fills a database with rows that its constraints accept, for trying plans on.
///
/// The rows depend on the seed and the schema alone. Values come from a small set on purpose: keys collide, NULLs occur,
/// references are found.
struct RowGenerator {
  private var state: UInt64
  /// Whether columns that may be NULL sometimes are.
  private let hasNulls: Bool

  /// The schema whose constraints rows should satisfy as well: a plan that checks rows runs on those only.
  private let targets: [SQLName: Table]
  /// The tables of the schema that is being filled.
  private var tables: [SQLName: Table] = [:]

  /// Rows that are tried before a table is left with those that it has; in the second half, simpler ones.
  private static let attempts = 40

  init(seed: UInt64, hasNulls: Bool, target: Schema? = nil) {
    self.state = seed
    self.hasNulls = hasNulls
    self.targets = target.map(RowGenerator.byName) ?? [:]
  }

  private static func byName(_ schema: Schema) -> [SQLName: Table] {
    Dictionary(schema.tables.map { ($0.name, $0) }) { first, _ in first }
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
    tables = RowGenerator.byName(schema)
    for table in parentsFirst(schema.tables) {
      for _ in 0..<rows {
        for attempt in 0..<RowGenerator.attempts {
          do throws(SQLiteError) {
            try insert(into: table, database, isLate: attempt > RowGenerator.attempts / 2)
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

  /// With those that are coming, where both ends are there already under the same names.
  private func foreignKeys(of table: Table) -> [Table.ForeignKey] {
    let coming = targets[table.name]?.foreignKeys ?? []
    return table.foreignKeys
      + coming.filter { key in
        guard !table.foreignKeys.contains(key), let parent = tables[key.table] else { return false }
        return key.columns.allSatisfy { table.column($0) != nil }
          && key.parentColumns.allSatisfy { parent.column($0) != nil }
      }
  }

  /// Each table after those that it refers to; a cycle is cut anywhere.
  private func parentsFirst(_ tables: [Table]) -> [Table] {
    var seen: Set<SQLName> = []
    var order: [Table] = []
    // A stack of our own: chains of references may be long.
    var stack: [(table: Table, isDone: Bool)] = tables.reversed().map { ($0, false) }
    while let (table, isDone) = stack.popLast() {
      if isDone {
        order.append(table)
        continue
      }
      guard seen.insert(table.name).inserted else { continue }
      stack.append((table, true))
      for key in foreignKeys(of: table) {
        if let parent = self.tables[key.table], !seen.contains(parent.name) { stack.append((parent, false)) }
      }
    }
    return order
  }

  private mutating func insert(
    into table: Table, _ database: borrowing Database, isLate: Bool
  ) throws(SQLiteError) {
    var values: [SQLName: String] = [:]
    for key in foreignKeys(of: table) {
      let parents = key.parentColumns.isEmpty ? tables[key.table]?.keyNames ?? [] : key.parentColumns
      guard parents.count == key.columns.count else { continue }
      let count = Int(try database.value("SELECT count(*) FROM \(key.table.sql)")?.integerValue ?? 0)
      guard count > 0 else {
        // The first row of a table that refers to itself can refer to nothing but itself.
        if key.table == table.name {
          let own = "\(1 + next(40))"
          for column in key.columns + parents { values[column] = own }
        }
        continue
      }
      let columns = parents.map { "quote(\($0.sql))" }.joined(separator: ", ")
      let row = try database.query("SELECT \(columns) FROM \(key.table.sql) LIMIT 1 OFFSET \(next(count))").first ?? []
      for (column, value) in zip(key.columns, row) { values[column] = value.textValue }
    }
    var names: [String] = []
    var literals: [String] = []
    for column in table.columns where column.generated == nil {
      if column.name == table.rowidAlias, values[column.name] == nil, next(3) > 0 { continue }
      if column.defaultValue != nil, next(4) == 0 { continue }
      // Late, what needs no value gets its default or NULL, which most conditions let pass.
      if isLate, values[column.name] == nil, column.notNull == nil || column.defaultValue != nil, next(3) > 0 {
        continue
      }
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
    // Constraints tend to name values that satisfy them, or the ones beside those.
    let coming = targets[table.name]
    let conditions = (table.checks + (coming?.checks ?? [])).filter { $0.expression.mentions(column.name) }
    let hints = conditions.flatMap(\.expression.tokens).filter { $0.kind == .number || $0.kind == .string }
    if !hints.isEmpty, next(2) == 0 {
      let hint = hints[next(hints.count)]
      if fits(hint, column.type) {
        if let number = Int(hint.text), hint.kind == .number { return "\(number + next(5) - 2)" }
        return hint.kind == .string ? sqlLiteral(matching(hint.text)) : hint.text
      }
      // A number in a condition on a text is a length in most cases.
      if hint.kind == .number, let length = Int(hint.text), column.type == "TEXT", length <= 4096 {
        return sqlLiteral(String(repeating: ["a", "7", "Z", "é"][next(4)], count: max(0, length + next(3) - 1)))
      }
    }
    if let type = coming?.column(column.name)?.type, type != column.type, next(8) > 0 {
      // What both types hold.
      let number = "\(next(40))" + (type == "REAL" || column.type == "REAL" && type != "INTEGER" ? ".5" : "")
      return column.type == "TEXT" ? "'\(number)'" : number
    }
    if let value = column.defaultValue, next(5) == 0 { return "(\(value.sql))" }
    switch column.type {
    case "INT", "INTEGER", "NUMERIC", "BOOLEAN": return "\(next(40) - (next(3) == 0 ? 3 : 0))"
    case "REAL": return "\(next(40)).\(next(10))"
    case "BLOB":
      let bytes = String(repeating: "\(next(10))\(next(10))", count: next(3) == 0 ? 16 : 1)
      return "x'\(bytes)'"
    case "ANY", "":
      // Last those that a column with an affinity would convert.
      let values = ["\(next(20))", "'v\(next(20))'", "x'0\(next(10))'", "'00\(next(10))'", "\(next(10)).0"]
      return values[next(hasNulls ? 5 : 3)]
    default:
      let words = [
        "a", "Straße", "two words", "it''s", "{\"k\": 1}", "[]", "2026-01-0\(1 + next(9))", "x\(next(60))",
        "2026-01-02T03:04:05.\(100 + next(900))Z", "12:30:0\(next(10))", "user\(next(60))@example.com",
      ]
      return "'\(words[next(words.count)])'"
    }
  }

  /// A text that the pattern of a LIKE or GLOB accepts, when `hint` is one: what stands for any text becomes one letter.
  private mutating func matching(_ hint: String) -> String {
    guard hint.contains(where: { "%_*?[".contains($0) }), next(2) == 0 else { return hint }
    var text = ""
    var isClass = false
    for character in hint {
      switch character {
      case "[": isClass = true
      case "]" where isClass:
        isClass = false
        text += hint.contains("[0-9]") ? "\(next(10))" : "a"
      case _ where isClass: break
      case "%", "*", "_", "?": text += next(2) == 0 ? "\(next(10))" : "a"
      default: text.append(character)
      }
    }
    return text
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

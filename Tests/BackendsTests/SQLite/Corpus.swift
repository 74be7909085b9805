import Diagnostics
import Exports
import Lowering
import SQLite
import SQLiteSchema
import Schemas
import SystemIO
import TestSupport
import Testing

/// One pair of schemas with rows, from `fixtures/storage/pairs`.
struct MigrationCase: Sendable, CustomTestStringConvertible {
  var group: String
  var name: String
  var from: String
  var rows: String
  var to: String
  /// The gravest class, then `applied`, `unchanged`, `blocked`, `failed`, or `stopped N`.
  var expect: String

  var testDescription: String { "\(group): \(name)" }

  static let groups = ["add-column", "drop", "types", "constraints", "rename", "dependents", "fts5", "vec0"]

  static let all: [MigrationCase] = groups.flatMap { group in
    read(group, String(decoding: contents(of: Locations.fixture("storage/pairs/\(group).sql")) ?? [], as: UTF8.self))
  }

  private static func read(_ group: String, _ text: String) -> [MigrationCase] {
    var cases: [MigrationCase] = []
    var section = ""
    for line in text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init) {
      if line.hasPrefix("=== ") {
        cases.append(
          MigrationCase(group: group, name: String(line.dropFirst(4)), from: "", rows: "", to: "", expect: ""))
      } else if line.hasPrefix("--- ") {
        section = String(line.dropFirst(4))
      } else if !cases.isEmpty {
        let last = cases.count - 1
        switch section {
        case "from": cases[last].from += line + "\n"
        case "rows": cases[last].rows += line + "\n"
        case "to": cases[last].to += line + "\n"
        default: cases[last].expect += line
        }
      }
    }
    return cases
  }
}

func compiled(_ sql: String) throws -> Schema {
  let (schema, diagnostics) = SchemaReader.read(Source(path: "schema.sql", bytes: Array(sql.utf8)))
  return try #require(schema, "\(diagnostics.map { "\($0.code) \($0.headline)" })")
}

/// Every row of every table, view and virtual table of a schema, one line each, in a fixed order.
func dump(_ database: borrowing Database, _ schema: Schema) throws -> [String] {
  var lines: [String] = []
  let names =
    schema.tables.map(\.name) + schema.views.map(\.name)
    + schema.fullTextTables.filter { $0.content == .own }.map(\.name) + schema.vectorTables.map(\.name)
  for name in names.sorted() {
    let rows = try database.query("SELECT * FROM \(name.sql)").map { row in
      "\(name): " + row.map(text).joined(separator: " | ")
    }
    lines += rows.sorted()
  }
  if try database.value("SELECT count(*) FROM sqlite_schema WHERE name = 'sqlite_sequence'") == .integer(1) {
    let counted = Set(schema.tables.map(\.name.text))
    for row in try database.query("SELECT name, seq FROM sqlite_sequence ORDER BY name") {
      guard let name = row[0].textValue, counted.contains(name) else { continue }
      lines.append("counter \(name): \(text(row[1]))")
    }
  }
  return lines
}

private func text(_ value: SQLiteValue) -> String {
  switch value {
  case .null: "NULL"
  case .integer(let value): "\(value)"
  case .real(let value): "\(value)"
  case .text(let value): "'\(value)'"
  case .blob(let value): "x" + value.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
  }
}

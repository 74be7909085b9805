package import CanonicalJSON
internal import Digests

/// Why a JSON value is no schema.
package struct SchemaJSONError: Error, Hashable, Sendable, CustomStringConvertible {
  /// One clause without a full stop.
  package let problem: String

  package var description: String { problem }
}

extension Schema {
  package static let format = "locara/schema/v1"

  /// The schema as it stands in a bundle: every object with its kind, name and SQL, tables and vectors with their
  /// columns too, for readers that have no SQL parser.
  package var json: JSON {
    var members: [String: JSON] = [
      "format": .string(Schema.format), "digest": .string(digest.description),
      "objects": .array(objects.map(\.json)),
    ]
    if !declarations.isEmpty { members["declarations"] = declarations.json }
    return .object(members)
  }

  /// Reads the statements of a normal form; names get the spelling that they have there.
  package init(normalForm: [String]) throws(SchemaJSONError) {
    var objects: [SchemaObject] = []
    for sql in normalForm {
      do throws(SchemaSyntaxError) {
        objects.append(try SchemaParser.parse(sql))
      } catch {
        throw SchemaJSONError(problem: "`\(sql.prefix(60))` is no statement of a schema: \(error)")
      }
    }
    self.init(objects)
    guard self.normalForm == normalForm else { throw SchemaJSONError(problem: "the schema is not in its normal form") }
  }

  /// Reads what `json` wrote, and nothing else: the document has to be the one that its schema is written as.
  package init(json: JSON) throws(SchemaJSONError) {
    guard json["format"]?.stringValue == Schema.format else {
      throw SchemaJSONError(problem: "`format` is not `\(Schema.format)`")
    }
    guard let entries = json["objects"]?.arrayValue else { throw SchemaJSONError(problem: "`objects` is not an array") }
    var objects: [SchemaObject] = []
    for entry in entries {
      guard let sql = entry["sql"]?.stringValue else { throw SchemaJSONError(problem: "an object has no `sql`") }
      do throws(SchemaSyntaxError) {
        objects.append(try SchemaParser.parse(sql))
      } catch {
        throw SchemaJSONError(problem: "an object's `sql` is wrong: \(error)")
      }
    }
    self.init(objects)
    if let declarations = json["declarations"] { self.declarations = try SchemaDeclarations(json: declarations) }
    guard self.json == json else {
      throw SchemaJSONError(problem: "its parts disagree: it was changed after it was written")
    }
  }
}

extension SchemaObject {
  fileprivate var json: JSON {
    var members: [String: JSON] = [
      "kind": .string(kind), "name": .string(name.text), "sql": .string(sql()),
    ]
    switch self {
    case .table(let table):
      members["columns"] = .array(table.columns.map(\.json))
      members["strict"] = .bool(table.isStrict)
      members["withoutRowid"] = .bool(table.withoutRowid)
    case .vector(let table):
      members["vectors"] = .array(
        table.vectors.map {
          [
            "name": .string($0.name.text), "element": .string($0.element.rawValue),
            "dimension": .integer(Int64($0.dimension)),
          ]
        })
    case .fullText(let table): members["columns"] = .array(table.columns.map { .string($0.name.text) })
    case .index(let index): members["table"] = .string(index.table.text)
    case .trigger(let trigger): members["table"] = .string(trigger.table.text)
    case .view: break
    }
    return .object(members)
  }
}

extension Table.Column {
  fileprivate var json: JSON {
    var members: [String: JSON] = ["name": .string(name.text), "type": .string(type)]
    if notNull != nil { members["notNull"] = true }
    if let defaultValue { members["default"] = .string(defaultValue.sql) }
    if let generated { members["generated"] = .string(generated.expression.sql) }
    return .object(members)
  }
}

extension SchemaDeclarations {
  var json: JSON {
    [
      "renames": .array(
        renames.map { rename in
          [
            "table": .string(rename.table.text), "column": rename.column.map { .string($0.text) } ?? .null,
            "from": .array(rename.from.map { .string($0.text) }),
          ]
        }),
      "backfills": .array(
        backfills.map { backfill in
          [
            "table": .string(backfill.table.text), "column": .string(backfill.column.text),
            "expression": .string(backfill.expression.sql),
          ]
        }),
      "allowed": .array(allowed.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }.map(JSON.string)),
    ]
  }

  init(json: JSON) throws(SchemaJSONError) {
    guard let renames = json["renames"]?.arrayValue, let backfills = json["backfills"]?.arrayValue,
      let allowed = json["allowed"]?.arrayValue
    else { throw SchemaJSONError(problem: "`declarations` lacks a list") }
    self.init()
    for entry in renames {
      guard let table = entry["table"]?.stringValue, let from = entry["from"]?.arrayValue else {
        throw SchemaJSONError(problem: "a rename lacks its table or its former names")
      }
      self.renames.append(
        Rename(
          table: SQLName(table), column: entry["column"]?.stringValue.map { SQLName($0) },
          from: from.compactMap { $0.stringValue.map { SQLName($0) } }))
    }
    for entry in backfills {
      guard let table = entry["table"]?.stringValue, let column = entry["column"]?.stringValue,
        let expression = entry["expression"]?.stringValue
      else { throw SchemaJSONError(problem: "a backfill lacks its table, its column or its expression") }
      self.backfills.append(
        Backfill(table: SQLName(table), column: SQLName(column), expression: SQLText(expression)))
    }
    self.allowed = Set(allowed.compactMap(\.stringValue))
  }
}

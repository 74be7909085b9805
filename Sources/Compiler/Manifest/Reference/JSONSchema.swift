package import CanonicalJSON
internal import Diagnostics
internal import Text

/// The manifest language as JSON Schema 2020-12, for editors. It accepts all that the compiler accepts, and more: the
/// compiler alone checks what needs more than a pattern.
package enum ManifestSchema {
  package static var json: JSON {
    guard case .object(var schema) = object(FieldTable.root) else { return .null }
    schema["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    schema["title"] = .string("locara manifest, \(FieldTable.schemaTag)")
    return .object(schema)
  }

  private static func object(_ fields: [Field]) -> JSON {
    var properties: [String: JSON] = [:]
    for field in fields {
      guard case .object(var schema) = schema(of: field.shape) else { continue }
      schema["description"] = .string(field.documentation)
      if let value = field.defaultValue.flatMap(literal) { schema["default"] = value }
      properties[field.name] = .object(schema)
    }
    var schema: [String: JSON] = [
      "type": "object", "properties": .object(properties), "additionalProperties": false,
    ]
    let required = fields.filter(\.isRequired).map { JSON.string($0.name) }
    if !required.isEmpty { schema["required"] = .array(required) }
    return .object(schema)
  }

  private static func literal(_ text: String) -> JSON? {
    let tree = SyntaxTree(parsing: .init(path: "", bytes: Array(text.utf8)))
    return tree.diagnostics.isEmpty ? tree.json : nil
  }

  private static func schema(of shape: Shape) -> JSON {
    switch shape {
    case .boolean: return ["type": "boolean"]
    case .no: return ["const": false]
    case .integer(let range):
      return ["type": "integer", "minimum": .integer(range.lowerBound), "maximum": .integer(range.upperBound)]
    case .text(let form): return text(form, type: "string")
    case .scalar(let form): return text(form, type: ["string", "number"])
    case .choice(let choices): return ["enum": .array(choices.map { .string($0.word) })]
    case .list(let element, let count):
      var schema: [String: JSON] = [
        "type": "array", "items": self.schema(of: element), "maxItems": .integer(Int64(count.upperBound)),
      ]
      if count.lowerBound > 0 { schema["minItems"] = .integer(Int64(count.lowerBound)) }
      return .object(schema)
    case .record(let fields): return object(fields)
    case .map(let keys, let values):
      return [
        "type": "object", "propertyNames": text(keys, type: "string"), "additionalProperties": schema(of: values),
      ]
    case .either(let shapes): return ["anyOf": .array(shapes.map(schema(of:)))]
    case .anything: return [:]
    }
  }

  private static func text(_ form: TextForm, type: JSON) -> JSON {
    var schema: [String: JSON] = ["type": type, "examples": [.string(form.example)]]
    if let pattern = form.pattern { schema["pattern"] = .string(pattern) }
    if let maximum = form.maximumLength { schema["maxLength"] = .integer(Int64(maximum)) }
    return .object(schema)
  }
}

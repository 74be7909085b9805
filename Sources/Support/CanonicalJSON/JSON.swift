// INVARIANT: this module holds the only JSON writer and the only JSON reader in Swift. It imports the standard
// library and nothing else, so that the static launcher can use it.

/// A JSON value in the subset that can be written canonically: ASCII keys and 64-bit integers (RFC 8785 restricted).
package enum JSON: Hashable, Sendable {
  case null
  case bool(Bool)
  /// An integer that fits in 64 bits with sign. Canonical documents use this case for every number.
  case integer(Int64)
  /// Any other number, in the characters of its source: fractions, exponents, integers beyond `Int64`.
  /// Only documents of others have these; locara's own formats refuse them.
  case number(String)
  case string(String)
  case array([JSON])
  case object([String: JSON])
}

extension JSON: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral, ExpressibleByBooleanLiteral,
  ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral
{
  package init(stringLiteral value: String) { self = .string(value) }
  package init(integerLiteral value: Int64) { self = .integer(value) }
  package init(booleanLiteral value: Bool) { self = .bool(value) }
  package init(arrayLiteral elements: JSON...) { self = .array(elements) }

  /// Traps on a repeated key: a literal is written by us.
  package init(dictionaryLiteral elements: (String, JSON)...) {
    self = .object(Dictionary(uniqueKeysWithValues: elements))
  }
}

extension JSON {
  /// The value under `key` when this is an object that has it.
  package subscript(key: String) -> JSON? {
    guard case .object(let members) = self else { return nil }
    return members[key]
  }

  package var stringValue: String? {
    guard case .string(let value) = self else { return nil }
    return value
  }

  package var integerValue: Int64? {
    guard case .integer(let value) = self else { return nil }
    return value
  }

  package var boolValue: Bool? {
    guard case .bool(let value) = self else { return nil }
    return value
  }

  package var arrayValue: [JSON]? {
    guard case .array(let value) = self else { return nil }
    return value
  }

  package var objectValue: [String: JSON]? {
    guard case .object(let value) = self else { return nil }
    return value
  }

  /// What kind of value this is, in the words of RFC 8259, for messages.
  package var kind: String {
    switch self {
    case .null: "null"
    case .bool: "a boolean"
    case .integer: "an integer"
    case .number: "a number"
    case .string: "a string"
    case .array: "an array"
    case .object: "an object"
    }
  }
}

package import Diagnostics

/// One node of a YAML document, with the bytes that it was written in.
package struct SyntaxNode: Sendable, Hashable {
  /// A value by the core schema of YAML 1.2.2, section 10.3.
  package enum Value: Sendable, Hashable {
    case null
    case boolean(Bool)
    /// An integer that fits in 64 bits with sign.
    case integer(Int64)
    /// Any other number, in JSON's characters; infinities and not-a-number as `.inf`, `-.inf` and `.nan`.
    case number(String)
    case string(String)
    case sequence([SyntaxNode])
    /// In source order, keys distinct.
    case mapping([SyntaxMember])
    /// What was meant cannot be known: an alias to nothing. A diagnostic says so.
    case unreadable
  }

  package enum Style: Sendable, Hashable {
    case plain, singleQuoted, doubleQuoted, literal, folded
    /// A collection written by indentation.
    case block
    /// A collection written in brackets.
    case flow
  }

  package var value: Value
  package var style: Style
  /// Where this node is written; for an alias, the alias itself.
  package var span: Span
  /// For an alias, where the node that it stands for is written.
  package var anchored: Span?

  package init(_ value: Value, style: Style, span: Span, anchored: Span? = nil) {
    self.value = value
    self.style = style
    self.span = span
    self.anchored = anchored
  }

  package var members: [SyntaxMember]? {
    guard case .mapping(let members) = value else { return nil }
    return members
  }

  package var elements: [SyntaxNode]? {
    guard case .sequence(let elements) = value else { return nil }
    return elements
  }

  package var string: String? {
    guard case .string(let string) = value else { return nil }
    return string
  }

  /// The value under `key` when this is a mapping that has it.
  package subscript(key: String) -> SyntaxNode? {
    guard case .mapping(let members) = value, let index = members.index(of: key) else { return nil }
    return members[index].value
  }

  /// What kind of value this is, with an article, for messages.
  package var kind: String {
    switch value {
    case .null: "nothing"
    case .boolean: "a boolean"
    case .integer: "an integer"
    case .number: "a number"
    case .string: "a string"
    case .sequence: "a list"
    case .mapping: "a mapping"
    case .unreadable: "unreadable"
    }
  }
}

/// A key and its value.
package struct SyntaxMember: Sendable, Hashable {
  /// The key's characters: every key is a scalar, and a plain `1` and a quoted `"1"` are the same key.
  package var name: String
  package var nameSpan: Span
  package var value: SyntaxNode

  package init(name: String, nameSpan: Span, value: SyntaxNode) {
    self.name = name
    self.nameSpan = nameSpan
    self.value = value
  }
}

extension [SyntaxMember] {
  /// Where a key is.
  func index(of key: String) -> Int? {
    // Comparing lengths first leaves few strings to compare.
    let length = key.utf8.count
    return firstIndex { $0.name.utf8.count == length && $0.name == key }
  }
}

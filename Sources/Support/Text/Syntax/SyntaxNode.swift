package import Diagnostics

/// One node of a YAML document, with the bytes that it was written in: a place in the document's buffer, so that handing
/// it on copies next to nothing.
package struct SyntaxNode: Sendable {
  /// A value by the core schema of YAML 1.2.2, section 10.3.
  package enum Value: Sendable, Equatable {
    case null
    case boolean(Bool)
    /// An integer that fits in 64 bits with sign.
    case integer(Int64)
    /// Any other number, in JSON's characters; infinities and not-a-number as `.inf`, `-.inf` and `.nan`.
    case number(String)
    case string(String)
    case sequence(SyntaxElements)
    /// In source order, keys distinct.
    case mapping(SyntaxMembers)
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

  package let buffer: SyntaxBuffer
  package let index: Int

  package init(_ buffer: SyntaxBuffer, _ index: Int) {
    self.buffer = buffer
    self.index = index
  }

  var record: SyntaxRecord { buffer[index] }

  /// Where what is in a collection is, an alias followed.
  var contents: Range<Int> { buffer.contents(of: index) }

  package var style: Style { record.style }
  /// Where this node is written; for an alias, the alias itself.
  package var span: Span { record.span }
  /// For an alias, where the node that it stands for is written.
  package var anchored: Span? { record.target.map { buffer[$0].span } }

  package var value: Value {
    let record = record
    switch record.kind {
    case .null: return .null
    case .boolean: return .boolean(record.integer != 0)
    case .integer: return .integer(record.integer)
    case .number: return .number(buffer.characters(record))
    case .string: return .string(buffer.characters(record))
    case .sequence: return .sequence(SyntaxElements(self))
    case .mapping: return .mapping(SyntaxMembers(self))
    case .unreadable, .dropped: return .unreadable
    }
  }

  package var members: SyntaxMembers? {
    record.kind == .mapping ? SyntaxMembers(self) : nil
  }

  package var elements: SyntaxElements? {
    record.kind == .sequence ? SyntaxElements(self) : nil
  }

  package var string: String? {
    let record = record
    return record.kind == .string ? buffer.characters(record) : nil
  }

  /// The value under `key` when this is a mapping that has it.
  package subscript(key: String) -> SyntaxNode? {
    guard record.kind == .mapping else { return nil }
    var key = key
    return key.withUTF8 { unsafe buffer.value(of: $0, in: index) }.map { SyntaxNode(buffer, $0) }
  }

  /// What kind of value this is, with an article, for messages.
  package var kind: String { record.kind.name }
}

extension SyntaxNode: Equatable {
  /// Whether two nodes say the same in the same style, at the same places.
  package static func == (left: SyntaxNode, right: SyntaxNode) -> Bool {
    left.style == right.style && left.span == right.span && left.anchored == right.anchored && left.value == right.value
  }
}

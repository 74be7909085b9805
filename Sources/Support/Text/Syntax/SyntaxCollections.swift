package import Diagnostics

/// The elements of a sequence.
package struct SyntaxElements: Collection, Sendable, Equatable {
  let buffer: SyntaxBuffer
  package let startIndex: Int
  package let endIndex: Int
  package let count: Int

  /// - Parameter node: a sequence, or an alias of one.
  package init(_ node: SyntaxNode) {
    buffer = node.buffer
    (startIndex, endIndex) = (node.contents.lowerBound, node.contents.upperBound)
    count = node.record.count
  }

  private init() {
    buffer = .empty
    (startIndex, endIndex, count) = (0, 0, 0)
  }

  package static let empty = SyntaxElements()

  package func index(after index: Int) -> Int { index + buffer[index].extent }
  package subscript(index: Int) -> SyntaxNode { SyntaxNode(buffer, index) }
  package var last: SyntaxNode? { reduce(nil) { $1 } }

  /// Whether two of the elements are the same text. Compares each with all before it: for short lists.
  package func repeatText() -> Bool {
    var position = startIndex
    while position < endIndex {
      let record = buffer[position]
      var other = startIndex
      while record.kind == .string, other < position {
        let before = buffer[other]
        if before.kind == .string, buffer.haveSameText(before, record) { return true }
        other += before.extent
      }
      position += record.extent
    }
    return false
  }

  package static func == (left: SyntaxElements, right: SyntaxElements) -> Bool { left.elementsEqual(right) }
}

/// The members of a mapping, in source order.
package struct SyntaxMembers: Collection, Sendable, Equatable {
  let buffer: SyntaxBuffer
  package let startIndex: Int
  package let endIndex: Int
  package let count: Int

  /// - Parameter node: a mapping, or an alias of one.
  package init(_ node: SyntaxNode) {
    buffer = node.buffer
    endIndex = node.contents.upperBound
    startIndex = SyntaxMembers.counting(node.contents.lowerBound, before: endIndex, in: buffer)
    count = node.record.count
  }

  private init() {
    buffer = .empty
    (startIndex, endIndex, count) = (0, 0, 0)
  }

  package static let empty = SyntaxMembers()

  package func index(after index: Int) -> Int {
    SyntaxMembers.counting(buffer.following(index, buffer[index]), before: endIndex, in: buffer)
  }

  package subscript(index: Int) -> SyntaxMember {
    SyntaxMember(buffer, index)
  }

  package var last: SyntaxMember? { reduce(nil) { $1 } }

  /// The first key at or after a place that counts.
  private static func counting(_ position: Int, before end: Int, in buffer: SyntaxBuffer) -> Int {
    var position = position
    while position < end {
      let record = buffer[position]
      guard record.kind == .dropped else { break }
      position = buffer.following(position, record)
    }
    return position
  }

  package static func == (left: SyntaxMembers, right: SyntaxMembers) -> Bool { left.elementsEqual(right) }
}

/// A key and its value.
package struct SyntaxMember: Sendable, Equatable {
  let buffer: SyntaxBuffer
  /// Where the key is; after it comes the value.
  package let index: Int

  package init(_ buffer: SyntaxBuffer, _ index: Int) {
    self.buffer = buffer
    self.index = index
  }

  package var value: SyntaxNode { SyntaxNode(buffer, index + buffer[index].extent) }
  /// The key's characters: every key is a scalar, and a plain `1` and a quoted `"1"` are the same key.
  package var name: String { buffer.characters(buffer[index]) }
  package var nameSpan: Span { buffer[index].span }

  package static func == (left: SyntaxMember, right: SyntaxMember) -> Bool {
    left.name == right.name && left.nameSpan == right.nameSpan && left.value == right.value
  }
}

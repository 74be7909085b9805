internal import Diagnostics
internal import Text

// Looking at nodes. What is not there, or of another kind, yields nothing.
extension ManifestReader {
  /// Where it is written.
  func span(_ node: Int) -> Span { buffer[node].span }

  /// The value of a key, when the node is a mapping that has it.
  func value(_ node: Int?, _ key: StaticString) -> Int? {
    guard let node, buffer[node].kind == .mapping else { return nil }
    let name = unsafe UnsafeBufferPointer(start: key.utf8Start, count: key.utf8CodeUnitCount)
    return unsafe buffer.value(of: name, in: node)
  }

  /// What is made of each element of a list.
  func elements<Value>(_ node: Int?, _ read: (Int) -> Value?) -> [Value] {
    guard let node, buffer[node].kind == .sequence else { return [] }
    var found: [Value] = []
    found.reserveCapacity(buffer[node].count)
    let contents = buffer.contents(of: node)
    var element = contents.lowerBound
    while element < contents.upperBound {
      if let value = read(element) { found.append(value) }
      element += buffer[element].extent
    }
    return found
  }

  /// What is made of each key of a mapping and its value.
  func members<Value>(_ node: Int?, _ read: (Located<String>, Int) -> Value?) -> [Value] {
    guard let node, buffer[node].kind == .mapping else { return [] }
    var found: [Value] = []
    let contents = buffer.contents(of: node)
    var key = contents.lowerBound
    while key < contents.upperBound {
      let record = buffer[key]
      if record.kind != .dropped, let value = read(Located(buffer.characters(record), record.span), key + record.extent)
      {
        found.append(value)
      }
      key = buffer.following(key, record)
    }
    return found
  }

  func string(_ node: Int) -> Located<String>? {
    let record = buffer[node]
    return record.kind == .string ? Located(buffer.characters(record), record.span) : nil
  }

  /// The text of a key.
  func string(_ node: Int?, _ key: StaticString) -> Located<String>? { value(node, key).flatMap { string($0) } }

  func strings(_ node: Int?, _ key: StaticString) -> [Located<String>] { elements(value(node, key)) { string($0) } }

  /// A text, or a number by its characters.
  func scalar(_ node: Int) -> Located<String>? {
    let record = buffer[node]
    switch record.kind {
    case .string: return Located(buffer.characters(record), record.span)
    case .integer, .number:
      let written = record.target.map { buffer[$0].span } ?? record.span
      return Located(source.text(written), record.span)
    default: return nil
    }
  }

  func boolean(_ node: Int) -> Located<Bool>? {
    let record = buffer[node]
    return record.kind == .boolean ? Located(record.integer != 0, record.span) : nil
  }

  /// A number that is not negative.
  func integer(_ node: Int?, _ key: StaticString) -> Located<Int64>? {
    guard let node = value(node, key), buffer[node].kind == .integer, buffer[node].integer >= 0 else { return nil }
    return Located(buffer[node].integer, span(node))
  }

  /// What is made of a text of a form of its own.
  func parsed<Text: TextValue, Value>(
    _ node: Int?, _ key: StaticString, _ read: (Text) -> Value
  ) -> Located<Value>? {
    guard let text = value(node, key).flatMap({ scalar($0) }), let parsed = try? Text(parsing: text.value) else {
      return nil
    }
    return Located(read(parsed), text.span)
  }
}

/// Why a text is not the JSON that was expected, and at which byte.
package struct JSONError: Error, Hashable, Sendable, CustomStringConvertible {
  /// One clause, no full stop: "expected a value", "duplicate key \"a\"".
  package let problem: String
  /// Offset in bytes from the start of the text.
  package let offset: Int

  package init(problem: String, offset: Int) {
    self.problem = problem
    self.offset = offset
  }

  package var description: String { "\(problem) at byte \(offset)" }
}

/// What a reader accepts at the most. Everything that is read has a bound.
package struct JSONLimits: Sendable {
  /// Bytes of text.
  package var bytes: Int
  /// Nesting of arrays and objects.
  package var depth: Int
  /// Values in the whole document.
  package var values: Int

  package init(bytes: Int = 16 << 20, depth: Int = 64, values: Int = 1_000_000) {
    self.bytes = bytes
    self.depth = depth
    self.values = values
  }
}

extension JSON {
  /// Reads one JSON text (RFC 8259), strictly: valid UTF-8, no duplicate keys, nothing after the value.
  package init(parsing bytes: [UInt8], limits: JSONLimits = JSONLimits()) throws(JSONError) {
    guard bytes.count <= limits.bytes else {
      throw JSONError(problem: "text of \(bytes.count) bytes is longer than \(limits.bytes)", offset: 0)
    }
    var reader = JSONReader(bytes: bytes, limits: limits)
    self = try reader.document()
  }
}

private struct JSONReader {
  let bytes: [UInt8]
  let limits: JSONLimits
  var position = 0
  var values = 0

  init(bytes: [UInt8], limits: JSONLimits) {
    self.bytes = bytes
    self.limits = limits
  }

  mutating func document() throws(JSONError) -> JSON {
    skipWhiteSpace()
    let value = try self.value(depth: 0)
    skipWhiteSpace()
    guard position == bytes.count else { throw error("unexpected data after the value") }
    return value
  }

  private func error(_ problem: String, at offset: Int? = nil) -> JSONError {
    JSONError(problem: problem, offset: offset ?? position)
  }

  private var next: UInt8? { position < bytes.count ? bytes[position] : nil }

  private mutating func skipWhiteSpace() {
    while let byte = next, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 { position += 1 }
  }

  private mutating func value(depth: Int) throws(JSONError) -> JSON {
    values += 1
    guard values <= limits.values else { throw error("more than \(limits.values) values") }
    guard depth <= limits.depth else { throw error("nested deeper than \(limits.depth)") }
    switch next {
    case UInt8(ascii: "{"): return try object(depth: depth)
    case UInt8(ascii: "["): return try array(depth: depth)
    case UInt8(ascii: "\""): return .string(try string())
    case UInt8(ascii: "t"): return try word("true", is: .bool(true))
    case UInt8(ascii: "f"): return try word("false", is: .bool(false))
    case UInt8(ascii: "n"): return try word("null", is: .null)
    case nil: throw error("expected a value, found the end")
    case let byte? where byte == UInt8(ascii: "-") || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte):
      return try number()
    default: throw error("expected a value")
    }
  }

  private mutating func word(_ word: String, is value: JSON) throws(JSONError) -> JSON {
    guard bytes[position...].starts(with: word.utf8) else { throw error("expected `\(word)`") }
    position += word.utf8.count
    return value
  }

  private mutating func object(depth: Int) throws(JSONError) -> JSON {
    position += 1
    var members: [String: JSON] = [:]
    skipWhiteSpace()
    if next == UInt8(ascii: "}") {
      position += 1
      return .object(members)
    }
    while true {
      skipWhiteSpace()
      let start = position
      guard next == UInt8(ascii: "\"") else { throw error("expected a key in quotes") }
      let key = try string()
      skipWhiteSpace()
      guard next == UInt8(ascii: ":") else { throw error("expected `:` after the key") }
      position += 1
      skipWhiteSpace()
      let value = try self.value(depth: depth + 1)
      guard members.updateValue(value, forKey: key) == nil else { throw error("duplicate key \"\(key)\"", at: start) }
      skipWhiteSpace()
      switch next {
      case UInt8(ascii: ","): position += 1
      case UInt8(ascii: "}"):
        position += 1
        return .object(members)
      default: throw error("expected `,` or `}`")
      }
    }
  }

  private mutating func array(depth: Int) throws(JSONError) -> JSON {
    position += 1
    var elements: [JSON] = []
    skipWhiteSpace()
    if next == UInt8(ascii: "]") {
      position += 1
      return .array(elements)
    }
    while true {
      skipWhiteSpace()
      elements.append(try value(depth: depth + 1))
      skipWhiteSpace()
      switch next {
      case UInt8(ascii: ","): position += 1
      case UInt8(ascii: "]"):
        position += 1
        return .array(elements)
      default: throw error("expected `,` or `]`")
      }
    }
  }

  private mutating func number() throws(JSONError) -> JSON {
    let start = position
    if next == UInt8(ascii: "-") { position += 1 }
    let integerStart = position
    try digits()
    if position - integerStart > 1, bytes[integerStart] == UInt8(ascii: "0") {
      throw error("a number may not start with 0", at: start)
    }
    var isInteger = true
    if next == UInt8(ascii: ".") {
      isInteger = false
      position += 1
      try digits()
    }
    if next == UInt8(ascii: "e") || next == UInt8(ascii: "E") {
      isInteger = false
      position += 1
      if next == UInt8(ascii: "+") || next == UInt8(ascii: "-") { position += 1 }
      try digits()
    }
    let source = String(decoding: bytes[start..<position], as: UTF8.self)
    // `-0` is not an integer that can be written back.
    if isInteger, source != "-0", let value = Int64(source) { return .integer(value) }
    return .number(source)
  }

  private mutating func digits() throws(JSONError) {
    let start = position
    while let byte = next, byte >= UInt8(ascii: "0"), byte <= UInt8(ascii: "9") { position += 1 }
    guard position > start else { throw error("expected a digit") }
  }

  private mutating func string() throws(JSONError) -> String {
    let start = position
    position += 1
    var content: [UInt8] = []
    while true {
      guard let byte = next else { throw error("a string that does not end", at: start) }
      position += 1
      switch byte {
      case UInt8(ascii: "\""):
        guard let text = String(validating: content, as: UTF8.self) else {
          throw error("a string that is not valid UTF-8", at: start)
        }
        return text
      case UInt8(ascii: "\\"): try escape(into: &content)
      case 0x00..<0x20: throw error("a control character in a string", at: position - 1)
      default: content.append(byte)
      }
    }
  }

  private mutating func escape(into content: inout [UInt8]) throws(JSONError) {
    guard let byte = next else { throw error("an escape that does not end") }
    position += 1
    switch byte {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): content.append(byte)
    case UInt8(ascii: "b"): content.append(0x08)
    case UInt8(ascii: "f"): content.append(0x0C)
    case UInt8(ascii: "n"): content.append(0x0A)
    case UInt8(ascii: "r"): content.append(0x0D)
    case UInt8(ascii: "t"): content.append(0x09)
    case UInt8(ascii: "u"):
      let start = position - 2
      var scalar = try hexadecimal4()
      if (0xD800..<0xDC00).contains(scalar) {
        guard bytes[position...].starts(with: "\\u".utf8) else { throw error("an unpaired surrogate", at: start) }
        position += 2
        let low = try hexadecimal4()
        guard (0xDC00..<0xE000).contains(low) else { throw error("an unpaired surrogate", at: start) }
        scalar = 0x10000 + (scalar - 0xD800) << 10 + (low - 0xDC00)
      }
      guard let character = Unicode.Scalar(scalar) else { throw error("an unpaired surrogate", at: start) }
      content.append(contentsOf: String(character).utf8)
    default: throw error("an unknown escape", at: position - 2)
    }
  }

  private mutating func hexadecimal4() throws(JSONError) -> UInt32 {
    var value: UInt32 = 0
    for _ in 0..<4 {
      guard let byte = next, let digit = Character(Unicode.Scalar(byte)).hexDigitValue else {
        throw error("expected four hexadecimal digits")
      }
      value = value << 4 | UInt32(digit)
      position += 1
    }
    return value
  }
}

extension JSON {
  /// The one canonical encoding of this value: RFC 8785 (JSON Canonicalization Scheme) over ASCII keys and integers.
  ///
  /// No white space, keys in byte order, the shortest escapes, no trailing newline.
  package var canonicalBytes: [UInt8] {
    var bytes: [UInt8] = []
    write(to: &bytes, layout: nil, depth: 0)
    return bytes
  }

  /// The same members in the same order, two spaces a level and one member a line, ending in a newline: for files
  /// that people read and branches merge.
  package var prettyBytes: [UInt8] {
    var bytes: [UInt8] = []
    write(to: &bytes, layout: Layout(), depth: 0)
    bytes.append(UInt8(ascii: "\n"))
    return bytes
  }

  /// `canonicalBytes` as text.
  package var canonicalText: String { String(decoding: canonicalBytes, as: UTF8.self) }

  private struct Layout {
    func breakLine(_ bytes: inout [UInt8], depth: Int) {
      bytes.append(UInt8(ascii: "\n"))
      bytes.append(contentsOf: repeatElement(UInt8(ascii: " "), count: depth * 2))
    }
  }

  private func write(to bytes: inout [UInt8], layout: Layout?, depth: Int) {
    switch self {
    case .null: bytes.append(contentsOf: "null".utf8)
    case .bool(let value): bytes.append(contentsOf: (value ? "true" : "false").utf8)
    case .integer(let value): bytes.append(contentsOf: String(value).utf8)
    case .number(let source): bytes.append(contentsOf: source.utf8)
    case .string(let value): JSON.write(value, to: &bytes)
    case .array(let elements):
      bytes.append(UInt8(ascii: "["))
      for (index, element) in elements.enumerated() {
        if index > 0 { bytes.append(UInt8(ascii: ",")) }
        layout?.breakLine(&bytes, depth: depth + 1)
        element.write(to: &bytes, layout: layout, depth: depth + 1)
      }
      if !elements.isEmpty { layout?.breakLine(&bytes, depth: depth) }
      bytes.append(UInt8(ascii: "]"))
    case .object(let members):
      bytes.append(UInt8(ascii: "{"))
      let ordered = members.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
      for (index, member) in ordered.enumerated() {
        if index > 0 { bytes.append(UInt8(ascii: ",")) }
        layout?.breakLine(&bytes, depth: depth + 1)
        JSON.write(member.key, to: &bytes)
        bytes.append(UInt8(ascii: ":"))
        if layout != nil { bytes.append(UInt8(ascii: " ")) }
        member.value.write(to: &bytes, layout: layout, depth: depth + 1)
      }
      if !members.isEmpty { layout?.breakLine(&bytes, depth: depth) }
      bytes.append(UInt8(ascii: "}"))
    }
  }

  /// RFC 8785, section 3.2.2.2: two-character escapes where JSON has them, `\u00xx` in lower case for the other
  /// control characters, everything else as it is.
  private static func write(_ string: String, to bytes: inout [UInt8]) {
    let hexadecimal = Array("0123456789abcdef".utf8)
    bytes.append(UInt8(ascii: "\""))
    for byte in string.utf8 {
      switch byte {
      case UInt8(ascii: "\""): bytes.append(contentsOf: "\\\"".utf8)
      case UInt8(ascii: "\\"): bytes.append(contentsOf: "\\\\".utf8)
      case 0x08: bytes.append(contentsOf: "\\b".utf8)
      case 0x09: bytes.append(contentsOf: "\\t".utf8)
      case 0x0A: bytes.append(contentsOf: "\\n".utf8)
      case 0x0C: bytes.append(contentsOf: "\\f".utf8)
      case 0x0D: bytes.append(contentsOf: "\\r".utf8)
      case 0x00..<0x20:
        bytes.append(contentsOf: "\\u00".utf8)
        bytes.append(hexadecimal[Int(byte >> 4)])
        bytes.append(hexadecimal[Int(byte & 15)])
      default: bytes.append(byte)
      }
    }
    bytes.append(UInt8(ascii: "\""))
  }
}

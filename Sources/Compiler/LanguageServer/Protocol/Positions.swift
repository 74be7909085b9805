internal import CanonicalJSON
internal import Diagnostics

// The protocol counts lines from 0 and, in a line, units of UTF-16; sources count bytes.

extension Source {
  func json(position offset: Int) -> JSON {
    let place = position(of: offset)
    let start = lineStarts[place.line - 1]
    let end = min(max(offset, start), bytes.count)
    return ["line": .integer(Int64(place.line - 1)), "character": .integer(Int64(units(bytes[start..<end])))]
  }

  func json(range span: Span) -> JSON {
    ["start": json(position: span.start), "end": json(position: max(span.start, span.end))]
  }

  /// The byte of a position; what lies past the end of a line or of the text is that end. Nil when it is no position.
  func offset(_ position: JSON?) -> Int? {
    guard let line = position?["line"]?.integerValue, let character = position?["character"]?.integerValue, line >= 0,
      character >= 0
    else { return nil }
    guard line < lineStarts.count else { return bytes.count }
    let bytes = self.line(Int(line) + 1)
    var offset = bytes.startIndex
    var left = character
    while offset < bytes.endIndex, left > 0 {
      let length = Source.length(bytes[offset])
      left -= length == 4 ? 2 : 1
      // The middle of a surrogate pair is its beginning.
      guard left >= 0 else { break }
      offset = min(offset + length, bytes.endIndex)
    }
    return offset
  }

  /// Nil when the JSON is no range.
  func span(_ range: JSON?) -> Span? {
    guard let start = offset(range?["start"]), let end = offset(range?["end"]) else { return nil }
    return Span(min(start, end), max(start, end))
  }

  private func units(_ bytes: ArraySlice<UInt8>) -> Int {
    bytes.reduce(0) { $0 + ($1 & 0xC0 == 0x80 ? 0 : $1 >= 0xF0 ? 2 : 1) }
  }

  /// Of the character that begins with a byte of UTF-8.
  private static func length(_ byte: UInt8) -> Int {
    switch byte {
    case 0xF0...: 4
    case 0xE0...: 3
    case 0xC0...: 2
    default: 1
    }
  }
}

/// RFC 8089 `file:` addresses.
enum FileAddress {
  /// Nil for what is no local file.
  static func path(_ uri: String) -> String? {
    guard uri.hasPrefix("file://") else { return nil }
    let rest = uri.dropFirst(7)
    guard let slash = rest.firstIndex(of: "/"), ["", "localhost"].contains(rest[..<slash].lowercased()) else {
      return nil
    }
    var bytes: [UInt8] = []
    var encoded = Array(rest[slash...].utf8)[...]
    while let byte = encoded.popFirst() {
      if byte == UInt8(ascii: "%"), let value = UInt8(String(decoding: encoded.prefix(2), as: UTF8.self), radix: 16) {
        bytes.append(value)
        encoded = encoded.dropFirst(2)
      } else {
        bytes.append(byte)
      }
    }
    return bytes.contains(0) ? nil : String(decoding: bytes, as: UTF8.self)
  }

  static func uri(_ path: String) -> String {
    let digits = Array("0123456789ABCDEF".utf8)
    var bytes = Array("file://".utf8)
    for byte in path.utf8 {
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "/"), UInt8(ascii: "-"), UInt8(ascii: "."),
        UInt8(ascii: "_"), UInt8(ascii: "~"):
        bytes.append(byte)
      default: bytes += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
      }
    }
    return String(decoding: bytes, as: UTF8.self)
  }
}

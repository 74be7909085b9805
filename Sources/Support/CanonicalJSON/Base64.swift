/// RFC 4648, section 4: written with padding, read with or without, in either alphabet.
package enum Base64 {
  private static let digits = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

  package static func encode(_ bytes: [UInt8]) -> String {
    var text: [UInt8] = []
    text.reserveCapacity((bytes.count + 2) / 3 * 4)
    var index = 0
    while index < bytes.count {
      let piece = bytes[index..<min(index + 3, bytes.count)]
      var value = piece.reduce(UInt32(0)) { $0 << 8 | UInt32($1) } << UInt32((3 - piece.count) * 8)
      var group: [UInt8] = []
      for _ in 0..<4 {
        group.append(digits[Int(value >> 18 & 63)])
        value <<= 6
      }
      for position in (piece.count + 1)..<5 where position < 4 { group[position] = UInt8(ascii: "=") }
      text += group
      index += 3
    }
    return String(decoding: text, as: UTF8.self)
  }

  /// Nil for characters outside the alphabets, wrong padding, or bits that mean nothing.
  package static func decode(_ text: some StringProtocol) -> [UInt8]? {
    var characters = Array(text.utf8)
    if characters.count % 4 == 0 {
      for _ in 0..<2 where characters.last == UInt8(ascii: "=") { characters.removeLast() }
    }
    guard characters.count % 4 != 1 else { return nil }
    var bytes: [UInt8] = []
    bytes.reserveCapacity(characters.count * 3 / 4)
    var value: UInt32 = 0
    var bits = 0
    for character in characters {
      guard let digit = digit(character) else { return nil }
      value = value << 6 | digit
      bits += 6
      if bits >= 8 {
        bits -= 8
        bytes.append(UInt8(truncatingIfNeeded: value >> UInt32(bits)))
      }
    }
    return value & (1 << UInt32(bits) - 1) == 0 ? bytes : nil
  }

  private static func digit(_ character: UInt8) -> UInt32? {
    switch character {
    case UInt8(ascii: "A")...UInt8(ascii: "Z"): UInt32(character - UInt8(ascii: "A"))
    case UInt8(ascii: "a")...UInt8(ascii: "z"): UInt32(character - UInt8(ascii: "a")) + 26
    case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt32(character - UInt8(ascii: "0")) + 52
    case UInt8(ascii: "+"), UInt8(ascii: "-"): 62
    case UInt8(ascii: "/"), UInt8(ascii: "_"): 63
    default: nil
    }
  }
}

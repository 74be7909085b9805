internal import Text

/// A text as it is written in a manifest, in brackets or out of them.
enum FlowText {
  /// Plain when every reader of YAML takes it for the same string, in double quotes otherwise.
  static func written(_ text: String) -> String {
    if isPlain(text) { return text }
    var quoted = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": quoted += "\\\""
      case "\\": quoted += "\\\\"
      case "\n": quoted += "\\n"
      case "\t": quoted += "\\t"
      default:
        if scalar.value < 0x20 || (0x7F...0xA0).contains(scalar.value) || (0x2028...0x2029).contains(scalar.value) {
          let digits = String(scalar.value, radix: 16)
          quoted += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
        } else {
          quoted.unicodeScalars.append(scalar)
        }
      }
    }
    return quoted + "\""
  }

  private static func isPlain(_ text: String) -> Bool {
    guard let first = text.utf8.first, let last = text.utf8.last,
      first.isLetter || first.isDigit || "/~._-".utf8.contains(first), last != UInt8(ascii: " "),
      case .string = ScalarSchema.value(of: text), text != "-", text != "---", text != "..."
    else { return false }
    var previous: UInt8 = 0
    for byte in text.utf8 {
      // A `:` is a part of a word when one goes on after it, as in `https://`.
      if previous == UInt8(ascii: ":"), !byte.isLetter, !byte.isDigit, byte != UInt8(ascii: "/") { return false }
      guard byte.isLetter || byte.isDigit || " -_./~+*=@%:".utf8.contains(byte) else { return false }
      if previous == UInt8(ascii: "-"), byte == UInt8(ascii: " ") { return false }
      previous = byte
    }
    return last != UInt8(ascii: ":")
  }
}

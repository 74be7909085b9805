/// The core schema of YAML 1.2.2, section 10.3.2: what a plain scalar is when nothing says so.
package enum ScalarSchema {
  package enum Scalar: Equatable {
    case null
    case boolean(Bool)
    case integer(Int64)
    /// In JSON's characters, as in `SyntaxNode.Value`.
    case number(String)
    /// The characters themselves.
    case string
  }

  package static func value(of text: String) -> Scalar {
    var text = text
    return text.withUTF8 { unsafe value(of: $0) }
  }

  /// The value of a plain scalar with these characters.
  static func value(of bytes: UnsafeBufferPointer<UInt8>) -> Scalar {
    guard let first = unsafe bytes.first else { return .null }
    // Most scalars are words: decide by the first character before comparing.
    switch first {
    case UInt8(ascii: "~") where bytes.count == 1: return .null
    case UInt8(ascii: "n") where bytes.count == 4, UInt8(ascii: "N") where bytes.count == 4:
      let text = unsafe String(decoding: bytes, as: UTF8.self)
      if text == "null" || text == "Null" || text == "NULL" { return .null }
    case UInt8(ascii: "t") where bytes.count == 4, UInt8(ascii: "T") where bytes.count == 4:
      let text = unsafe String(decoding: bytes, as: UTF8.self)
      if text == "true" || text == "True" || text == "TRUE" { return .boolean(true) }
    case UInt8(ascii: "f") where bytes.count == 5, UInt8(ascii: "F") where bytes.count == 5:
      let text = unsafe String(decoding: bytes, as: UTF8.self)
      if text == "false" || text == "False" || text == "FALSE" { return .boolean(false) }
    case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "+"), UInt8(ascii: "-"), UInt8(ascii: "."):
      if let number = unsafe number(bytes) { return number }
    default: break
    }
    return .string
  }

  private static func number(_ bytes: UnsafeBufferPointer<UInt8>) -> Scalar? {
    // What people mostly write: a few digits; or a version, a date or a path, which no number looks like.
    var digitsOnly: Int64? = 0
    var dots = 0
    for index in bytes.indices {
      let byte = unsafe bytes[index]
      switch byte {
      case UInt8(ascii: "0")...UInt8(ascii: "9"):
        digitsOnly = digitsOnly.flatMap { $0 < 1 << 58 ? $0 * 10 + Int64(byte - UInt8(ascii: "0")) : nil }
      case UInt8(ascii: "a")...UInt8(ascii: "f"), UInt8(ascii: "A")...UInt8(ascii: "F"), UInt8(ascii: "i"),
        UInt8(ascii: "I"), UInt8(ascii: "n"), UInt8(ascii: "N"), UInt8(ascii: "o"), UInt8(ascii: "x"),
        UInt8(ascii: "+"), UInt8(ascii: "-"):
        digitsOnly = nil
      case UInt8(ascii: "."):
        digitsOnly = nil
        dots += 1
        guard dots == 1 else { return nil }
      default: return nil
      }
    }
    if let digitsOnly { return .integer(digitsOnly) }
    let text = unsafe String(decoding: bytes, as: UTF8.self)
    var digits = Substring(text)
    if text.hasPrefix("0x") || text.hasPrefix("0o") {
      digits.removeFirst(2)
      return based(digits.utf8, radix: text.hasPrefix("0x") ? 16 : 8)
    }
    let isNegative = digits.first == "-"
    if isNegative || digits.first == "+" { digits.removeFirst() }
    let sign = isNegative ? "-" : ""
    if [".inf", ".Inf", ".INF"].contains(digits) { return .number(sign + ".inf") }
    if [".nan", ".NaN", ".NAN"].contains(text) { return .number(".nan") }
    guard let number = Decimal(digits.utf8) else { return nil }
    if number.isInteger {
      let literal = sign + number.integer
      if let value = Int64(literal) { return .integer(value) }
      return .number(literal)
    }
    return .number(sign + number.json)
  }

  /// Digits in another base; beyond 64 bits they are converted to decimal, which has no bound in JSON.
  private static func based(_ digits: Substring.UTF8View, radix: Int) -> Scalar? {
    guard !digits.isEmpty else { return nil }
    var decimal: [Int] = [0]
    for byte in digits {
      guard let character = Character(UnicodeScalar(byte)).hexDigitValue, character < radix else { return nil }
      var carry = character
      for index in decimal.indices {
        carry += decimal[index] * radix
        decimal[index] = carry % 10
        carry /= 10
      }
      while carry > 0 {
        decimal.append(carry % 10)
        carry /= 10
      }
      // Quadratic in the digits, so bounded: what is longer is no number that anyone meant.
      guard decimal.count <= 400 else { return nil }
    }
    let literal = decimal.reversed().map(String.init).joined()
    return Int64(literal).map { .integer($0) } ?? .number(literal)
  }

  /// `[0-9]+` or `(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?`, taken apart.
  private struct Decimal {
    var whole: Substring
    var fraction: Substring
    var exponent: Substring
    var isInteger: Bool

    init?(_ text: Substring.UTF8View) {
      func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }
      var rest = text
      func take() -> Substring {
        let digits = rest.prefix(while: isDigit)
        rest = rest[digits.endIndex...]
        return Substring(digits)
      }
      whole = take()
      fraction = ""
      exponent = ""
      isInteger = true
      if rest.first == UInt8(ascii: ".") {
        rest.removeFirst()
        isInteger = false
        fraction = take()
      }
      guard !whole.isEmpty || !fraction.isEmpty else { return nil }
      if let mark = rest.first, mark == UInt8(ascii: "e") || mark == UInt8(ascii: "E") {
        rest.removeFirst()
        isInteger = false
        var sign = ""
        if let first = rest.first, first == UInt8(ascii: "+") || first == UInt8(ascii: "-") {
          sign = first == UInt8(ascii: "-") ? "-" : ""
          rest.removeFirst()
        }
        let digits = take()
        guard !digits.isEmpty else { return nil }
        exponent = Substring(sign + digits)
      }
      guard rest.isEmpty else { return nil }
    }

    /// Without leading zeros, which JSON refuses.
    var integer: String {
      let significant = whole.drop { $0 == "0" }
      return significant.isEmpty ? "0" : String(significant)
    }

    var json: String {
      integer + (fraction.isEmpty ? "" : "." + fraction) + (exponent.isEmpty ? "" : "e" + exponent)
    }
  }
}

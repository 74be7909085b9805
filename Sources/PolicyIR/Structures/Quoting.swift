/// How strings are written in the text form: bare when nothing in them could be taken for something else, in quotes
/// otherwise. Characters that do not show (controls, formats such as bidirectional overrides, odd spaces) are always
/// written as escapes, so that two texts that look alike are alike.
package enum Quoting {
  /// - Parameter special: ASCII characters with a meaning where the text is to stand, beside space, quote, backslash and `#`.
  package static func write(_ text: String, special: String = "", isReserved: Bool = false) -> String {
    let isBare =
      !text.isEmpty && !isReserved
      && text.unicodeScalars.allSatisfy {
        shows($0) && !" \"\\#".unicodeScalars.contains($0) && !special.unicodeScalars.contains($0)
      }
    return isBare ? text : quoted(text)
  }

  package static func quoted(_ text: String) -> String {
    var result = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"", "\\": result += "\\\(scalar)"
      case _ where scalar == " " || shows(scalar): result.unicodeScalars.append(scalar)
      default: result += "\\u{\(String(scalar.value, radix: 16))}"
      }
    }
    return result + "\""
  }

  private static func shows(_ scalar: Unicode.Scalar) -> Bool {
    if scalar.isASCII { return scalar.value > 0x20 && scalar.value < 0x7F }
    switch scalar.properties.generalCategory {
    case .control, .format, .surrogate, .privateUse, .unassigned, .lineSeparator, .paragraphSeparator, .spaceSeparator:
      return false
    default: return true
    }
  }

  /// A run of characters between separators: what it says, and whether all of it was bare.
  package struct Piece: Hashable {
    package var text: String
    package var isBare: Bool

    package init(text: String, isBare: Bool) {
      self.text = text
      self.isBare = isBare
    }
  }

  /// Splits at a separator outside of quotes and takes quotes and escapes away; nil when a quote does not end, an escape
  /// is unknown, or quoted and bare characters touch.
  package static func split(_ text: Substring, at separator: Unicode.Scalar) -> [Piece]? {
    if separator.isASCII, !text.utf8.contains(where: { $0 == UInt8(ascii: "\"") || $0 == UInt8(ascii: "\\") }) {
      return text.utf8.split(separator: UInt8(ascii: separator), omittingEmptySubsequences: false)
        .map { Piece(text: String(Substring($0)), isBare: true) }
    }
    var pieces: [Piece] = []
    var rest = text.unicodeScalars[...]
    while true {
      guard let piece = piece(&rest, until: separator) else { return nil }
      pieces.append(piece)
      guard rest.popFirst() != nil else { return pieces }
    }
  }

  /// One piece up to a separator, which is left.
  private static func piece(_ rest: inout Substring.UnicodeScalarView, until separator: Unicode.Scalar) -> Piece? {
    var text = String.UnicodeScalarView()
    guard rest.first == "\"" else {
      while let scalar = rest.first, scalar != separator {
        guard scalar != "\"", scalar != "\\" else { return nil }
        text.append(scalar)
        rest.removeFirst()
      }
      return Piece(text: String(text), isBare: true)
    }
    rest.removeFirst()
    while let scalar = rest.popFirst() {
      switch scalar {
      case "\"":
        guard rest.isEmpty || rest.first == separator else { return nil }
        return Piece(text: String(text), isBare: false)
      case "\\":
        guard let escaped = escape(&rest) else { return nil }
        text.append(escaped)
      default: text.append(scalar)
      }
    }
    return nil
  }

  private static func escape(_ rest: inout Substring.UnicodeScalarView) -> Unicode.Scalar? {
    switch rest.popFirst() {
    case "\"": return "\""
    case "\\": return "\\"
    case "u":
      guard rest.popFirst() == "{", let end = rest.firstIndex(of: "}") else { return nil }
      let digits = String(rest[..<end])
      rest = rest[rest.index(after: end)...]
      guard digits.utf8.count <= 6, let value = UInt32(digits, radix: 16) else { return nil }
      return Unicode.Scalar(value)
    default: return nil
    }
  }

  /// The words of a line, each with its quotes; a `#` that starts a word starts a comment.
  package static func words(_ line: Substring) -> [Substring] {
    var words: [Substring] = []
    var start: String.Index?
    var isQuoted = false
    var isEscaped = false
    let scalars = line.unicodeScalars
    for index in scalars.indices {
      let scalar = scalars[index]
      if isQuoted {
        if isEscaped {
          isEscaped = false
        } else if scalar == "\\" {
          isEscaped = true
        } else if scalar == "\"" {
          isQuoted = false
        }
      } else if scalar == " " || scalar == "\t" || scalar == "\r" {
        if let first = start { words.append(line[first..<index]) }
        start = nil
      } else {
        if start == nil {
          if scalar == "#" { return words }
          start = index
        }
        if scalar == "\"" { isQuoted = true }
      }
    }
    if let first = start { words.append(line[first...]) }
    return words
  }

  /// The text of one word; nil when its quotes are wrong.
  package static func unquoted(_ word: Substring) -> String? {
    guard let pieces = split(word, at: "\u{0}"), pieces.count == 1 else { return nil }
    return pieces[0].text
  }
}

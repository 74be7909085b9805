extension String {
  /// The text as a terminal may be given it, wherever it came from: what does not show, or changes how the rest shows
  /// (controls, formats such as bidirectional overrides, odd spaces), is written as an escape, `\u{1b}`.
  package var visible: String {
    if utf8.allSatisfy({ $0 >= 0x20 && $0 < 0x7F }) { return self }
    return unicodeScalars.map { $0 == " " || $0.isShown ? String($0) : "\\u{\(String($0.value, radix: 16))}" }.joined()
  }
}

extension Unicode.Scalar {
  /// Whether people see something where this is, and nothing else happens.
  package var isShown: Bool {
    if isASCII { return value > 0x20 && value < 0x7F }
    switch properties.generalCategory {
    case .control, .format, .surrogate, .privateUse, .unassigned, .lineSeparator, .paragraphSeparator, .spaceSeparator:
      return false
    default: return true
    }
  }
}

internal import Diagnostics

/// What is refused before libyaml sees a byte.
enum EncodingCheck {
  static func refusal(of source: Source, limits: SyntaxLimits) -> Diagnostic? {
    let bytes = source.bytes
    if bytes.count > limits.bytes {
      return Diagnostic(
        "LY003", "the file has \(bytes.count) bytes, more than the \(limits.bytes) that are read",
        at: .init(source, Span(0, 0)),
        notes: ["a manifest says what an app may do; data belongs in files of the bundle"])
    }
    // Most files are ASCII, and then one look is enough.
    if isPlain(bytes) { return tagDirective(source) }
    if let offset = firstInvalidByte(bytes) {
      let isWide = bytes.starts(with: [0xFF, 0xFE]) || bytes.starts(with: [0xFE, 0xFF])
      return Diagnostic(
        "LY001", isWide ? "the file is UTF-16, not UTF-8" : "the file is not UTF-8 from byte \(offset) on",
        at: .init(source, Span(offset, offset + 1), "byte \(hexadecimal(bytes[offset]))"),
        notes: ["save the file as UTF-8; a binary file is no manifest"])
    }
    if let offset = bytes.firstIndex(where: isControl) {
      return Diagnostic(
        "LY002", "control characters are not allowed in YAML",
        at: .init(source, Span(offset, offset + 1), "byte \(hexadecimal(bytes[offset]))"),
        notes: bytes[offset] == 0
          ? ["a binary file is no manifest"]
          : ["write it as an escape in double quotes: \"\\x\(hexadecimal(bytes[offset]).dropFirst(2))\""])
    }
    return oldLineBreak(source) ?? tagDirective(source)
  }

  /// U+0085, U+2028 and U+2029 end a line for libyaml, as in YAML 1.1, and are characters like any other since 1.2: what
  /// one reader takes for the rest of a comment is a key for the other.
  private static func oldLineBreak(_ source: Source) -> Diagnostic? {
    let bytes = source.bytes
    for offset in bytes.indices.dropLast() where bytes[offset] == 0xC2 || bytes[offset] == 0xE2 {
      let found: (length: Int, name: String, escape: String)
      switch (bytes[offset], bytes[offset + 1], offset + 2 < bytes.count ? bytes[offset + 2] : 0) {
      case (0xC2, 0x85, _): found = (2, "U+0085, next line", "\\N")
      case (0xE2, 0x80, 0xA8): found = (3, "U+2028, line separator", "\\L")
      case (0xE2, 0x80, 0xA9): found = (3, "U+2029, paragraph separator", "\\P")
      default: continue
      }
      return Diagnostic(
        "LY002", "this character ends a line for some readers of YAML and not for others",
        at: .init(source, Span(offset, offset + found.length), found.name),
        notes: ["remove it, or write it as an escape in double quotes: \"\(found.escape)\""])
    }
    return nil
  }

  /// Whether all is printable ASCII, tabs and line breaks. It does not stop early, so that the processor looks at many
  /// bytes at once.
  private static func isPlain(_ bytes: [UInt8]) -> Bool {
    unsafe bytes.withUnsafeBufferPointer { bytes in
      var others: UInt8 = 0
      for index in 0..<bytes.count {
        let byte = unsafe bytes[index]
        let isControl: UInt8 = byte &- 0x20 < 0x5F ? 0 : 1
        let isBreak: UInt8 = (byte == 0x0A ? 1 : 0) | (byte == 0x0D ? 1 : 0) | (byte == 0x09 ? 1 : 0)
        others |= isControl & (isBreak ^ 1)
      }
      return others == 0
    }
  }

  /// `%TAG` serves tags only, and libyaml compares each one with all before it.
  private static func tagDirective(_ source: Source) -> Diagnostic? {
    for start in source.lineStarts {
      guard start < source.bytes.count else { return nil }
      let rest = source.bytes[start...]
      if rest.starts(with: "%TAG".utf8) {
        return Diagnostic(
          "LY007", "tags are not part of the language", at: .init(source, Span(start, start + 4), "a tag directive"),
          notes: ["remove this line: a value's type follows from how it is written"])
      }
      if rest.starts(with: "%YAML".utf8),
        let hash = rest.prefix(while: { $0 != 0x0A }).firstIndex(of: UInt8(ascii: "#")),
        source.bytes[hash - 1].isDigit
      {
        return Diagnostic(
          "LY021", "a comment needs a space before its `#`",
          at: .init(source, Span(hash, hash + 1), "directly after a value"))
      }
      guard rest.first == UInt8(ascii: "%") || rest.first == UInt8(ascii: "#") || rest.first == UInt8(ascii: "\n")
      else { return nil }
    }
    return nil
  }

  private static func isControl(_ byte: UInt8) -> Bool {
    byte < 0x20 && byte != 0x09 && byte != 0x0A && byte != 0x0D || byte == 0x7F
  }

  private static func hexadecimal(_ byte: UInt8) -> String {
    "0x" + (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true)
  }

  /// The Unicode standard, table 3-7: well-formed UTF-8 byte sequences.
  private static func firstInvalidByte(_ bytes: [UInt8]) -> Int? {
    var index = 0
    func isContinuation(_ offset: Int, _ range: ClosedRange<UInt8> = 0x80...0xBF) -> Bool {
      index + offset < bytes.count && range.contains(bytes[index + offset])
    }
    while index < bytes.count {
      let length: Int
      switch bytes[index] {
      case 0x00...0x7F: length = 1
      case 0xC2...0xDF: length = isContinuation(1) ? 2 : 0
      case 0xE0: length = isContinuation(1, 0xA0...0xBF) && isContinuation(2) ? 3 : 0
      case 0xED: length = isContinuation(1, 0x80...0x9F) && isContinuation(2) ? 3 : 0
      case 0xE1...0xEF: length = isContinuation(1) && isContinuation(2) ? 3 : 0
      case 0xF0: length = isContinuation(1, 0x90...0xBF) && isContinuation(2) && isContinuation(3) ? 4 : 0
      case 0xF1...0xF3: length = isContinuation(1) && isContinuation(2) && isContinuation(3) ? 4 : 0
      case 0xF4: length = isContinuation(1, 0x80...0x8F) && isContinuation(2) && isContinuation(3) ? 4 : 0
      default: length = 0
      }
      guard length > 0 else { return index }
      index += length
    }
    return nil
  }
}

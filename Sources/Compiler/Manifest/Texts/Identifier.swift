internal import Text

/// A name of an app, publisher, model or tool: `[a-z0-9]`, with single or repeated `-` inside; at most 64 characters.
struct Identifier: TextValue {
  var text: String

  package init(parsing text: String) throws(TextProblem) {
    guard !text.isEmpty else { throw TextProblem("it is empty") }
    guard text.utf8.count <= 64 else { throw TextProblem("it has \(text.utf8.count) characters, 64 are allowed") }
    if let range = text.firstByte(where: { !($0.isLowercaseLetter || $0.isDigit || $0 == UInt8(ascii: "-")) }) {
      throw TextProblem(
        "only a-z, 0-9 and `-` are allowed", at: range, replacement: Identifier.suggestion(for: text))
    }
    guard text.utf8.first != UInt8(ascii: "-"), text.utf8.last != UInt8(ascii: "-") else {
      throw TextProblem("it cannot begin or end with `-`", replacement: Identifier.suggestion(for: text))
    }
    self.text = text
  }

  private static func suggestion(for text: String) -> String? {
    let mapped = text.lowercased().utf8.map { $0.isLowercaseLetter || $0.isDigit ? $0 : UInt8(ascii: "-") }
    let words = mapped.split(separator: UInt8(ascii: "-")).map { String(decoding: $0, as: UTF8.self) }
    let joined = words.joined(separator: "-")
    return joined.isEmpty || joined.utf8.count > 64 ? nil : joined
  }
}

/// The name of an environment variable, POSIX.1-2017, section 8.1.
struct VariableName: TextValue {
  var text: String

  package init(parsing text: String) throws(TextProblem) {
    guard let first = text.utf8.first else { throw TextProblem("it is empty") }
    if text.utf8.contains(UInt8(ascii: "=")) {
      throw TextProblem(
        "a name only, without a value", note: "variables are passed through from the caller; values cannot be set here",
        replacement: String(text.prefix { $0 != "=" }))
    }
    guard !first.isDigit, text.utf8.allSatisfy({ $0.isLetter || $0.isDigit || $0 == UInt8(ascii: "_") }) else {
      throw TextProblem("only letters, digits and `_` are allowed, and no digit first")
    }
    if text.hasPrefix("LD_") {
      throw TextProblem(
        "the dynamic linker's variables cannot be passed", note: "they would load code that is not in the bundle")
    }
    self.text = text
  }
}

/// One line of text, not empty.
struct OneLine: TextValue {
  var text: String

  package init(parsing text: String) throws(TextProblem) {
    guard text.utf8.contains(where: { $0 != UInt8(ascii: " ") }) else { throw TextProblem("it is empty") }
    let isBreak: (UInt8) -> Bool = { $0 < 0x20 || $0 == 0x7F }
    if let range = text.firstByte(where: isBreak) {
      throw TextProblem("one line without control characters", at: range)
    }
    self.text = text
  }
}

/// A word of a command line: anything that the kernel can pass, execve(2).
struct CommandWord: TextValue {
  var text: String

  package init(parsing text: String) throws(TextProblem) {
    guard !text.utf8.contains(0) else { throw TextProblem("it contains a NUL character, which ends a word") }
    self.text = text
  }
}

/// An SPDX license expression by its characters; `check --strict` looks the ids up.
struct LicenseExpression: TextValue {
  var text: String

  package init(parsing text: String) throws(TextProblem) {
    guard !text.isEmpty else { throw TextProblem("it is empty") }
    let allowed: (UInt8) -> Bool = { byte in byte.isLetter || byte.isDigit || " -.+()".utf8.contains(byte) }
    if let range = text.firstByte(where: { !allowed($0) }) {
      throw TextProblem(
        "this character is in no SPDX id", at: range, note: "for example `Apache-2.0` or `MIT OR Apache-2.0`")
    }
    if text.utf8.contains(UInt8(ascii: " ")), !text.contains(" OR "), !text.contains(" AND "),
      !text.contains(" WITH ")
    {
      throw TextProblem(
        "an SPDX id has no spaces", note: "for example `Apache-2.0`, `MIT`, `GPL-3.0-or-later`",
        replacement: LicenseExpression.common[text.lowercased()])
    }
    self.text = text
  }

  private static let common = [
    "apache 2.0": "Apache-2.0", "apache license 2.0": "Apache-2.0", "mit license": "MIT", "the mit license": "MIT",
    "bsd 3-clause": "BSD-3-Clause", "gpl v3": "GPL-3.0-only", "gnu gpl v3": "GPL-3.0-only",
  ]
}

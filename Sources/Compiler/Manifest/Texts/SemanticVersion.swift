internal import Text

/// A version by semver.org 2.0.0: three numbers, then optionally a pre-release and build metadata.
struct SemanticVersion: TextValue {
  var text: String

  package init(parsing text: String) throws(TextProblem) {
    // Most are three numbers, and seeing that is faster than taking them apart.
    if SemanticVersion.isThreeNumbers(text) {
      self.text = text
      return
    }
    let note = "the form is MAJOR.MINOR.PATCH, for example `1.4.0` or `2.0.0-beta.1`"
    if let first = text.utf8.first, first == UInt8(ascii: "v") || first == UInt8(ascii: "V") {
      throw TextProblem("a version has no `v`", at: 0..<1, note: note, replacement: String(text.dropFirst()))
    }
    let withoutBuild = text.parts(at: "+", maxSplits: 1)
    let core = withoutBuild[0].parts(at: "-", maxSplits: 1)
    let numbers = core[0].parts(at: ".")
    guard numbers.allSatisfy({ !$0.isEmpty && $0.utf8.allSatisfy(\.isDigit) }) else {
      throw TextProblem("expected numbers between the dots", note: note)
    }
    guard numbers.count == 3 else {
      let filled = (numbers.map(String.init) + ["0", "0"]).prefix(3).joined(separator: ".")
      throw TextProblem(
        "expected three numbers, found \(numbers.count)", note: note,
        replacement: numbers.count < 3 && core.count == 1 && withoutBuild.count == 1 ? filled : nil)
    }
    guard numbers.allSatisfy({ $0.utf8.count == 1 || $0.utf8.first != UInt8(ascii: "0") }) else {
      throw TextProblem("a number cannot begin with 0", note: note)
    }
    if core.count == 2 { try SemanticVersion.identifiers(core[1], "pre-release", note: note) }
    if withoutBuild.count == 2 { try SemanticVersion.identifiers(withoutBuild[1], "build metadata", note: note) }
    self.text = text
  }

  /// Digits, three times, none that begin with a zero before others.
  private static func isThreeNumbers(_ text: String) -> Bool {
    var numbers = 1
    var length = 0
    var isZero = false
    for byte in text.utf8 {
      if byte == UInt8(ascii: ".") {
        guard length > 0 else { return false }
        numbers += 1
        length = 0
      } else {
        guard byte.isDigit, length == 0 || !isZero else { return false }
        if length == 0 { isZero = byte == UInt8(ascii: "0") }
        length += 1
      }
    }
    return numbers == 3 && length > 0
  }

  private static func identifiers(_ text: Substring, _ part: String, note: String) throws(TextProblem) {
    for identifier in text.parts(at: ".") {
      guard !identifier.isEmpty, identifier.utf8.allSatisfy({ $0.isLetter || $0.isDigit || $0 == UInt8(ascii: "-") })
      else {
        throw TextProblem("the \(part) has an identifier that is empty or not of letters, digits and `-`", note: note)
      }
      guard
        part != "pre-release" || identifier.utf8.count == 1 || identifier.utf8.first != UInt8(ascii: "0")
          || !identifier.utf8.allSatisfy(\.isDigit)
      else { throw TextProblem("a number of the pre-release cannot begin with 0", note: note) }
    }
  }
}

internal import Diagnostics
internal import Manifest
internal import Text

/// An SPDX license expression (SPDX 2.3, annex D) whose every identifier is in the list.
struct ListedLicense {
  private struct Word {
    var text: String
    var range: Range<Int>
  }

  private var words: [Word] = []
  private var next = 0

  /// What is wrong with an expression; nil when it names licenses that exist.
  static func problem(in text: String) -> TextProblem? {
    var expression = ListedLicense(text)
    do throws(TextProblem) {
      try expression.alternatives()
      if let left = expression.current { throw TextProblem("expected `AND`, `OR` or the end", at: left.range) }
      return nil
    } catch { return error }
  }

  private init(_ text: String) {
    let bytes = Array(text.utf8)
    var offset = 0
    while offset < bytes.count {
      var end = offset + 1
      switch bytes[offset] {
      case UInt8(ascii: " "): break
      case UInt8(ascii: "("), UInt8(ascii: ")"): append(bytes, offset..<end)
      default:
        while end < bytes.count, !" ()".utf8.contains(bytes[end]) { end += 1 }
        append(bytes, offset..<end)
      }
      offset = end
    }
  }

  private mutating func append(_ bytes: [UInt8], _ range: Range<Int>) {
    words.append(Word(text: String(decoding: bytes[range], as: UTF8.self), range: range))
  }

  private var current: Word? { next < words.count ? words[next] : nil }

  private mutating func alternatives() throws(TextProblem) {
    try term()
    while let word = current, word.text == "AND" || word.text == "OR" {
      next += 1
      try term()
    }
  }

  private mutating func term() throws(TextProblem) {
    guard let word = current else { throw TextProblem("a license is missing at the end") }
    next += 1
    if word.text == "(" {
      try alternatives()
      guard current?.text == ")" else { throw TextProblem("this `(` is not closed", at: word.range) }
      next += 1
      return
    }
    try license(word)
    guard current?.text == "WITH" else { return }
    next += 1
    guard let exception = current else { throw TextProblem("an exception is missing after `WITH`") }
    next += 1
    guard !SPDXList.exceptions.contains(exception.text) else { return }
    throw unknown(exception, "exception", among: SPDXList.exceptions)
  }

  private func license(_ word: Word) throws(TextProblem) {
    let id = word.text.hasSuffix("+") ? String(word.text.dropLast()) : word.text
    // What the list does not have is described in the bundle itself.
    if id.hasPrefix("LicenseRef-") || SPDXList.licenses.contains(id) { return }
    if SPDXList.deprecated.contains(word.text) || SPDXList.deprecated.contains(id) {
      let newer = ["-only", "-or-later"].map { id + $0 }.filter(SPDXList.licenses.contains)
      throw TextProblem(
        "this id is deprecated", at: word.range,
        note: newer.isEmpty
          ? "spdx.org/licenses names its successor" : "say which: `" + newer.joined(separator: "` or `") + "`"
      )
    }
    throw unknown(word, "license", among: SPDXList.licenses)
  }

  private func unknown(_ word: Word, _ kind: String, among known: Set<String>) -> TextProblem {
    func bare(_ text: String) -> String { text.lowercased().filter { $0.isLetter || $0.isNumber } }
    // `apache2` is `Apache-2.0`.
    let spelt = [bare(word.text), bare(word.text) + "0"]
    let exact = known.sorted().first { spelt.contains(bare($0)) }
    let nearest = exact ?? nearestMatch(to: word.text, among: known.sorted())
    return TextProblem(
      nearest.map { "did you mean `\($0)`?" } ?? "unknown \(kind)", at: word.range,
      note: "the list is version \(SPDXList.version) of spdx.org/licenses; write `LicenseRef-NAME` for one of your own",
      replacement: nearest)
  }
}

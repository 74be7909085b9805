internal import Diagnostics
internal import Text

// What is said about values.
extension ShapeChecker {
  private static let oldBooleans = [
    "yes": true, "no": false, "on": true, "off": false, "y": true, "n": false,
  ]

  /// The boolean that a plain word was in YAML 1.1.
  private func oldBoolean(_ node: SyntaxNode) -> Bool? {
    guard node.style == .plain, let word = node.string, word.utf8.count <= 3 else { return nil }
    return Self.oldBooleans[word.lowercased()]
  }

  /// A boolean in quotes where one without them could stand.
  private func quotedBoolean(_ node: SyntaxNode, _ shape: Shape) -> Bool? {
    guard node.style != .plain, let word = node.string, word == "true" || word == "false" else { return nil }
    return shape.accepts(boolean: word == "true") ? word == "true" : nil
  }

  /// Whether a word is `no` or `"false"` where a boolean is an alternative to words: no word is misspelt then.
  func isBooleanOfSorts(_ node: SyntaxNode, _ shape: Shape) -> Bool {
    oldBoolean(node) != nil || quotedBoolean(node, shape) != nil
  }

  /// - Parameter shape: the choice, or what it is an alternative of.
  mutating func unknownWord(_ word: String, _ choices: [Choice], _ node: SyntaxNode, of shape: Shape) {
    let known = shape.knownValues
    var notes = [
      known.count == 1 ? "the only value is \(known[0])" : "known values are " + known.joined(separator: ", ")
    ]
    if path == "storage.vector.engine", word == "zvec" {
      notes.append("zvec keeps its own files beside SQLite, so a write could not be one transaction")
    }
    let nearest = nearestMatch(to: word, among: choices.map(\.word))
    report(
      "LM004", "`\(path)` has no value `\(word.excerpt)`", node.span,
      nearest.map { "did you mean `\($0)`?" } ?? "unknown value",
      notes: notes,
      fix: nearest.map {
        Fix("replace it with `\($0)`", .unsafe, edits: [.init(node.span, respelt($0, at: node.span))])
      })
  }

  mutating func mismatch(_ node: SyntaxNode, _ shape: Shape) {
    if case .unreadable = node.value { return skipUnreadable() }
    var notes: [String] = []
    var fix: Fix?
    switch node.value {
    case .string where shape.wantsBoolean && oldBoolean(node) != nil:
      let meant = oldBoolean(node) ?? false
      notes = ["`\(node.string ?? "")` is a word, not a boolean, since YAML 1.2"]
      if shape.accepts(boolean: meant) {
        fix = Fix("write `\(meant)`", .safe, edits: [.init(node.span, "\(meant)")])
      }
    case .integer, .number, .boolean: (notes, fix) = withoutQuotes(node, shape)
    case .string(let text):
      if let meant = quotedBoolean(node, shape) {
        notes = ["in quotes this is a string"]
        fix = Fix("remove the quotes", .safe, edits: [.init(node.span, "\(meant)")])
      } else if case .list(let element, _) = shape, element.textForm?.problem(text) == nil, element.wantsText {
        fix = listFix(node, text, isCommand: element.textForm === TextForm.word)
      } else if case .integer = shape, let number = Int64(text) {
        // The number itself: `010` without quotes would be another mistake.
        fix = Fix("remove the quotes", .safe, edits: [.init(node.span, "\(number)")])
      }
    case .null: notes = ["a key without a value means nothing here: write the value or remove the key"]
    default: break
    }
    report(
      "LM002", "`\(path)` cannot be \(node.kind)", node.span, "expected \(shape.expectation)", notes: notes, fix: fix)
  }

  /// A number or a boolean where a text is expected.
  private func withoutQuotes(_ node: SyntaxNode, _ shape: Shape) -> ([String], Fix?) {
    guard let form = shape.textForm else { return ([], nil) }
    let written = source.text(node.anchored ?? node.span)
    let notes = ["without quotes this is \(node.kind)"]
    guard let problem = form.problem(written) else {
      return (notes, Fix("put it in quotes", .safe, edits: [.init(node.span, "\"\(written)\"")]))
    }
    return (
      notes,
      problem.replacement.map {
        Fix("replace it with `\($0.excerpt(120))`", .unsafe, edits: [.init(node.span, FlowText.written($0))])
      }
    )
  }

  /// A text where a list of texts is expected. That a command's words are apart at spaces is only probable, and with
  /// quotes in it not even that.
  private func listFix(_ node: SyntaxNode, _ text: String, isCommand: Bool) -> Fix? {
    guard isCommand else {
      return Fix("make it a list", .safe, edits: [.init(node.span, "[\(FlowText.written(text))]")])
    }
    guard !text.utf8.contains(where: { "\"'\\$`\n".utf8.contains($0) }) else { return nil }
    let words = text.split(separator: " ").map { FlowText.written(String($0)) }
    return Fix("make it a list of words", .unsafe, edits: [.init(node.span, "[\(words.joined(separator: ", "))]")])
  }

  mutating func report(_ problem: TextProblem, of text: String, _ form: TextForm, at span: Span) {
    let written = source.text(span)
    // Only when the characters are those written can a part of the text be pointed at.
    let isQuoted = (written.first == "\"" || written.first == "'") && written.dropFirst().dropLast() == text
    let isExact = isQuoted || written == text
    var place = span
    if let range = problem.range, isExact {
      let start = span.start + (isQuoted ? 1 : 0)
      place = Span(min(start + range.lowerBound, span.end), min(start + range.upperBound, span.end))
    }
    let headline =
      text.isEmpty
      ? "expected \(form.name), found nothing"
      : "`\(text.excerpt)` is \(problem.isTooLong ? "too long" : "not \(form.name)")"
    let fix = problem.replacement.flatMap { replacement -> Fix? in
      guard isExact else { return nil }
      let mended = isQuoted ? respelt(replacement, at: span) : FlowText.written(replacement)
      return Fix("replace it with `\(replacement.excerpt(120))`", .unsafe, edits: [.init(span, mended)])
    }
    var notes = problem.note.isEmpty ? [] : [problem.note]
    if let line = misalignedEntry(written, at: span) {
      notes.append("the `-` of line \(line) is in no column of the list, so it is a part of this text")
    }
    report(form.code, headline, place, problem.label, notes: notes, fix: fix)
  }

  /// The line of a plain text that looks like an entry of the list around it, and is indented further.
  private func misalignedEntry(_ written: String, at span: Span) -> Int? {
    guard let first = written.utf8.first, first != UInt8(ascii: "\""), first != UInt8(ascii: "'") else { return nil }
    let lines = written.split(separator: "\n", omittingEmptySubsequences: false).dropFirst()
    guard let index = lines.firstIndex(where: { $0.drop { $0 == " " }.hasPrefix("- ") }) else { return nil }
    return source.line(of: span.start) + index
  }
}

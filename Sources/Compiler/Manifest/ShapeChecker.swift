internal import Diagnostics

/// Compares a tree with the field table and collects what does not fit. A node that does not fit is reported once, and
/// nothing below it is looked at.
struct ShapeChecker {
  private let source: Source
  private(set) var diagnostics: [Diagnostic] = []
  /// Top-level keys below which something is wrong: what depends on them is not checked further.
  private(set) var damaged: Set<String> = []
  private(set) var unenforced: [UnenforcedKey] = []
  private var topLevelKey = ""

  init(source: Source) { self.source = source }

  mutating func check(root: SyntaxNode) {
    guard let members = root.members else {
      report(
        "LM002", "a manifest is a mapping of keys to values, not \(root.kind)", root.span,
        "expected `schema: \(FieldTable.schemaTag)` first")
      damaged = ["schema"]
      return
    }
    let tag = members.first { $0.name == "schema" }?.value
    if let tag, tag.string != FieldTable.schemaTag {
      // Another version of the language may mean anything by the other keys.
      let fix = Fix("write `\(FieldTable.schemaTag)`", .unsafe, edits: [.init(tag.span, FieldTable.schemaTag)])
      report(
        "LM040", "this version of the manifest language is not supported", tag.span,
        "expected `\(FieldTable.schemaTag)`",
        notes: ["the only version is `\(FieldTable.schemaTag)`"], fix: fix)
      damaged = ["schema"]
      return
    }
    record(members, root, FieldTable.rootRecord)
  }

  /// The keys from the top to what is looked at.
  private var trail: [String] = []
  /// The same as a text: `capabilities.fs`; empty at the top. Only what is reported needs it.
  private var path: String { trail.joined(separator: ".") }

  private mutating func record(_ members: [SyntaxMember], _ node: SyntaxNode, _ fields: Record) {
    for index in members.indices {
      let name = members[index].name
      if trail.isEmpty { topLevelKey = name }
      guard let position = fields.position(of: name) else {
        unknown(members[index], among: members, fields)
        continue
      }
      let before = diagnostics.count
      trail.append(name)
      value(members[index].value, fields.shape(at: position))
      if diagnostics.count == before, case .accepted(let meaning) = fields.effect(at: position) {
        acceptance(of: members[index], meaning)
      }
      trail.removeLast()
    }
    if trail.isEmpty { topLevelKey = "" }
    for position in fields.required {
      let name = fields[position].name
      if !members.contains(where: { $0.name == name }) { missing(fields[position], node) }
    }
  }

  private mutating func unknown(_ member: SyntaxMember, among siblings: [SyntaxMember], _ fields: Record) {
    let place = trail.isEmpty ? "a manifest" : "`\(path)`"
    let present = siblings.map(\.name)
    let names = fields.map(\.name)
    let free = names.filter { !present.contains($0) }
    let key = member.name.lowercased().filter { $0 != "_" && $0 != "-" }
    let spelt = free.first { $0.lowercased().filter { $0 != "_" && $0 != "-" } == key }
    var fix: Fix?
    var label = "unknown key"
    var notes: [String] = []
    if let nearest = spelt ?? nearestMatch(to: member.name, among: free) {
      label = "did you mean `\(nearest)`?"
      fix = Fix(
        "replace it with `\(nearest)`", spelt == nil ? .unsafe : .safe, edits: [.init(member.nameSpan, nearest)])
    } else if let elsewhere = FieldTable.home(of: member.name) {
      label = elsewhere.isEmpty ? "this key belongs to the top level" : "this key belongs to `\(elsewhere)`"
    } else if member.name == "<<" {
      notes = ["merge keys are not part of YAML 1.2: repeat the keys, or use an alias for a whole value"]
    } else if fields.count <= 12 {
      notes = ["known keys are " + names.map { "`\($0)`" }.joined(separator: ", ")]
    }
    report("LM001", "\(place) has no key `\(member.name)`", member.nameSpan, label, notes: notes, fix: fix)
  }

  private mutating func missing(_ field: Field, _ node: SyntaxNode) {
    let place = trail.isEmpty ? "the manifest" : "`\(path)`"
    if trail.isEmpty { damaged.insert(field.name) }
    let start = node.span.start
    report(
      "LM003", "\(place) lacks the key `\(field.name)`", Span(start, min(start + 1, node.span.end)),
      "expected `\(field.name): …` in this mapping", notes: [field.documentation.sentence])
  }

  /// Notes a key that has no effect yet, unless it says what is so anyway.
  private mutating func acceptance(of member: SyntaxMember, _ meaning: String) {
    switch member.value.value {
    case .boolean(false), .null: return
    case .sequence(let elements) where elements.isEmpty: return
    case .mapping(let members) where members.isEmpty: return
    default: break
    }
    unenforced.append(UnenforcedKey(key: path, meaning: meaning, span: member.nameSpan))
    diagnostics.append(
      Diagnostic(
        "LM060", .warning, "`\(path)` is accepted but not enforced yet",
        at: .init(source, member.nameSpan, "no effect yet"),
        notes: [meaning]))
  }

  private mutating func value(_ node: SyntaxNode, _ shape: Shape) {
    switch (shape, node.value) {
    case (.anything, _), (.boolean, .boolean), (.no, .boolean(false)): return
    case (.integer(let range), .integer(let number)): integer(number, range, node)
    case (.text(let form), .string(let text)): self.text(text, form, node)
    case (.scalar(let form), .string), (.scalar(let form), .integer), (.scalar(let form), .number):
      self.text(node.string ?? source.text(node.anchored ?? node.span), form, node)
    case (.choice(let choices), .string(let word)): choice(word, choices, node)
    case (.list(let element, let count), .sequence(let elements)): list(elements, element, count, node)
    case (.record(let fields), .mapping(let members)): record(members, node, fields)
    case (.map(let keys, let values), .mapping(let members)):
      for member in members {
        if let problem = keys.problem(member.name) {
          self.problem(problem, keys, member.name, at: member.nameSpan, isExact: true)
        }
        trail.append(member.name)
        value(member.value, values)
        trail.removeLast()
      }
    case (.either(let shapes), _):
      // `no` where `false` is an alternative is a boolean of older YAML, not a misspelt word.
      let isOldBoolean = shape.wantsBoolean && node.style == .plain && Self.oldBooleans[node.string ?? ""] != nil
      guard !isOldBoolean, let fitting = shapes.first(where: { $0.accepts(node) }) else {
        return mismatch(node, shape)
      }
      value(node, fitting)
    default: mismatch(node, shape)
    }
  }

  private mutating func integer(_ number: Int64, _ range: ClosedRange<Int64>, _ node: SyntaxNode) {
    let written = source.text(node.anchored ?? node.span)
    if written.utf8.count > 1, written.first == "0", written.utf8.allSatisfy(\.isDigit) {
      report(
        "LM005", "a number with a leading zero is read differently by different tools", node.span, "decimal or octal?",
        fix: Fix("write `\(number)`", .unsafe, edits: [.init(node.span, "\(number)")]))
    } else if !range.contains(number) {
      report(
        "LM005", "\(number) is out of range", node.span, "expected \(range.lowerBound) to \(range.upperBound)")
    }
  }

  private mutating func choice(_ word: String, _ choices: [Choice], _ node: SyntaxNode) {
    guard !choices.contains(where: { $0.word == word }) else { return }
    let words = choices.map(\.word)
    var notes = [
      words.count == 1
        ? "the only value is `\(words[0])`" : "known values are " + words.map { "`\($0)`" }.joined(separator: ", ")
    ]
    if path == "storage.vector.engine", word == "zvec" {
      notes.append("zvec keeps its own files beside SQLite, so a write could not be one transaction")
    }
    let nearest = nearestMatch(to: word, among: words)
    report(
      "LM004", "`\(path)` has no value `\(word)`", node.span,
      nearest.map { "did you mean `\($0)`?" } ?? "unknown value",
      notes: notes, fix: nearest.map { Fix("replace it with `\($0)`", .unsafe, edits: [.init(node.span, $0)]) })
  }

  private mutating func list(
    _ elements: [SyntaxNode], _ shape: Shape, _ count: ClosedRange<Int>, _ node: SyntaxNode
  ) {
    guard count.contains(elements.count) else {
      let few = elements.count < count.lowerBound
      report(
        "LM006", few ? "`\(path)` is too short" : "`\(path)` has \(elements.count) entries", node.span,
        few ? "expected at least \(count.lowerBound) entry" : "at most \(count.upperBound) are allowed")
      return
    }
    for element in elements { value(element, shape) }
    // A command may well repeat a word.
    if elements.count > 1, trail.last != "command", trail.last != "run" { reportRepeated(elements) }
  }

  private mutating func reportRepeated(_ elements: [SyntaxNode]) {
    var seen: [String: Int] = [:]
    for (index, element) in elements.enumerated() {
      guard let text = element.string else { continue }
      guard let first = seen.updateValue(index, forKey: text) else { continue }
      seen[text] = first
      diagnostics.append(
        Diagnostic(
          "LM007", .warning, "`\(text)` is listed twice", at: .init(source, element.span, "again here"),
          secondary: [.init(source, elements[first].span, "first listed here")]))
    }
  }

  private mutating func mismatch(_ node: SyntaxNode, _ shape: Shape) {
    let written = source.text(node.anchored ?? node.span)
    var notes: [String] = []
    var fix: Fix?
    switch (node.value, shape.wantsBoolean) {
    case (.string(let word), true) where node.style == .plain && Self.oldBooleans[word.lowercased()] != nil:
      let meant = Self.oldBooleans[word.lowercased()] ?? "false"
      notes = ["`\(word)` is a word, not a boolean, since YAML 1.2"]
      fix = Fix("write `\(meant)`", .safe, edits: [.init(node.span, meant)])
    case (.integer, _), (.number, _), (.boolean, _):
      if let form = shape.textForm {
        notes = ["without quotes this is \(node.kind)"]
        let problem = form.problem(written)
        if problem == nil {
          fix = Fix("put it in quotes", .safe, edits: [.init(node.span, "\"\(written)\"")])
        } else if let replacement = problem?.replacement {
          fix = Fix("replace it with `\(replacement)`", .unsafe, edits: [.init(node.span, replacement)])
        }
      }
    case (.string(let text), _):
      if case .list(let element, _) = shape, element.textForm?.problem(text) == nil, element.wantsText {
        fix = Fix("make it a list", .safe, edits: [.init(node.span, "[\(written)]")])
      } else if case .integer = shape, Int64(text) != nil {
        fix = Fix("remove the quotes", .safe, edits: [.init(node.span, text)])
      }
    case (.null, _): notes = ["a key without a value means nothing here: write the value or remove the key"]
    default: break
    }
    let label = "expected \(shape.expectation)"
    report("LM002", "`\(path)` cannot be \(node.kind)", node.span, label, notes: notes, fix: fix)
  }

  private static let oldBooleans = [
    "yes": "true", "no": "false", "on": "true", "off": "false", "y": "true", "n": "false",
  ]

  private mutating func text(_ text: String, _ form: TextForm, _ node: SyntaxNode) {
    guard let problem = form.problem(text) else { return }
    let written = source.text(node.span)
    // Only when the characters are those written can a part of the text be pointed at.
    let quoted = node.style != .plain && written.dropFirst().dropLast() == text
    self.problem(problem, form, text, at: node.span, isExact: written == text, isQuoted: quoted)
  }

  private mutating func problem(
    _ problem: TextProblem, _ form: TextForm, _ text: String, at span: Span, isExact: Bool, isQuoted: Bool = false
  ) {
    var place = span
    if let range = problem.range, isExact || isQuoted {
      let start = span.start + (isQuoted ? 1 : 0)
      place = Span(min(start + range.lowerBound, span.end), min(start + range.upperBound, span.end))
    }
    let shown = text.count > 60 ? String(text.prefix(57)) + "…" : text
    let headline =
      text.isEmpty
      ? "expected \(form.name), found nothing"
      : "`\(shown.visible)` is \(problem.isTooLong ? "too long" : "not \(form.name)")"
    let quote = isQuoted ? source.text(Span(span.start, span.start + 1)) : ""
    let fix = problem.replacement.flatMap { replacement -> Fix? in
      guard isExact || isQuoted else { return nil }
      return Fix("replace it with `\(replacement)`", .unsafe, edits: [.init(span, quote + replacement + quote)])
    }
    report(form.code, headline, place, problem.label, notes: problem.note.isEmpty ? [] : [problem.note], fix: fix)
  }

  private mutating func report(
    _ code: String, _ headline: String, _ span: Span, _ label: String, notes: [String] = [], fix: Fix? = nil
  ) {
    if !topLevelKey.isEmpty { damaged.insert(topLevelKey) }
    diagnostics.append(Diagnostic(code, headline, at: .init(source, span, label), notes: notes, fix: fix))
  }
}

extension Shape {
  /// Whether a node is of the kind that this shape is about; it may still be wrong in detail.
  func accepts(_ node: SyntaxNode) -> Bool {
    switch (self, node.value) {
    case (.anything, _), (.boolean, .boolean), (.no, .boolean(false)), (.integer, .integer), (.text, .string),
      (.choice, .string), (.list, .sequence), (.record, .mapping), (.map, .mapping), (.scalar, .string),
      (.scalar, .integer), (.scalar, .number):
      return true
    case (.either(let shapes), _): return shapes.contains { $0.accepts(node) }
    default: return false
    }
  }

  var wantsBoolean: Bool {
    switch self {
    case .boolean, .no: true
    case .either(let shapes): shapes.contains(where: \.wantsBoolean)
    default: false
    }
  }

  /// The form of the texts that may be written here, when there is one.
  var textForm: TextForm? {
    switch self {
    case .text(let form), .scalar(let form): form
    case .either(let shapes): shapes.lazy.compactMap(\.textForm).first
    default: nil
    }
  }

  var wantsText: Bool {
    switch self {
    case .text, .scalar, .choice: true
    case .either(let shapes): shapes.contains(where: \.wantsText)
    default: false
    }
  }
}

extension String {
  /// With control characters made visible, for a message.
  var visible: String {
    String(String.UnicodeScalarView(unicodeScalars.map { $0.value < 0x20 || $0.value == 0x7F ? "\u{FFFD}" : $0 }))
  }

  /// In lower case at the beginning and without its full stop, as notes are written.
  var sentence: String {
    let bare = hasSuffix(".") ? String(dropLast()) : self
    return bare.prefix(1).lowercased() + bare.dropFirst()
  }
}

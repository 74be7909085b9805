internal import Diagnostics
internal import Text

/// Compares a tree with the field table and collects what does not fit. A node that does not fit is reported once, and
/// nothing below it is looked at.
struct ShapeChecker {
  let source: Source
  private(set) var diagnostics: [Diagnostic] = []
  /// Top-level keys below which something is wrong: what depends on them is not checked further.
  var damaged: Set<String> = []
  private(set) var unenforced: [UnenforcedKey] = []
  private(set) var statements = StatementReadings()
  let table = FieldTable.shapes
  private let root: SyntaxNode
  /// Where mappings and lists begin of which only the beginning could be read.
  private let unfinished: Set<Int>
  /// From the top to what is looked at.
  private var steps: [Step] = []

  private enum Step {
    /// Of the table.
    case key(Int)
    /// A key that the author chose, or one that is not known, by its place in the document.
    case name(Int)
  }

  init(source: Source, root: SyntaxNode, unfinished: Set<Int> = []) {
    self.source = source
    self.root = root
    self.unfinished = unfinished
    steps.reserveCapacity(8)
  }

  mutating func check() {
    if case .unreadable = root.value { return damaged = ["schema"] }
    guard let members = root.members else {
      report(
        "LM002", "a manifest is a mapping of keys to values, not \(root.kind)", root.span,
        "expected `schema: \(FieldTable.schemaTag)` first")
      damaged = ["schema"]
      return
    }
    let tag = members.first { $0.name == "schema" }?.value
    if let tag, tag.string != FieldTable.schemaTag, tag.value != .unreadable {
      // Another version of the language may mean anything by the other keys.
      let fix = Fix(
        "write `\(FieldTable.schemaTag)`", .unsafe,
        edits: [.init(tag.span, respelt(FieldTable.schemaTag, at: tag.span))])
      report(
        "LM040", "this version of the manifest language is not supported", tag.span,
        "expected `\(FieldTable.schemaTag)`",
        notes: ["the only version is `\(FieldTable.schemaTag)`"], fix: fix)
      damaged = ["schema"]
      return
    }
    record(root.index, of: root.buffer, ShapeTable.root, table[ShapeTable.root])
  }

  /// The keys from the top to what is looked at.
  var trail: [String] { steps.map(name) }
  /// The same as a text: `capabilities.fs`; empty at the top.
  var path: String { steps.lazy.map { name($0).excerpt }.joined(separator: ".") }

  private func name(_ step: Step) -> String {
    switch step {
    case .key(let index): table.name(index)
    case .name(let index): SyntaxMember(root.buffer, index).name
    }
  }

  private mutating func record(_ index: Int, of buffer: SyntaxBuffer, _ number: Int, _ entry: ShapeTable.Entry) {
    var free: FreeKeys?
    /// By position, of the keys that are there.
    var written: UInt64 = 0
    let contents = buffer.contents(of: index)
    var position = contents.lowerBound
    while position < contents.upperBound {
      let name = buffer[position]
      defer { position = buffer.following(position, name) }
      if name.kind == .dropped { continue }
      guard let key = table.key(name, in: buffer, of: entry) else {
        let node = SyntaxNode(buffer, index)
        var keys = free ?? FreeKeys(table.fields(number), SyntaxMembers(node))
        unknown(SyntaxMember(buffer, position), &keys, table.fields(number))
        free = keys
        continue
      }
      written |= 1 << UInt64(key - entry.first)
      let before = diagnostics.count
      let known = table.key(key)
      steps.append(.key(key))
      value(position + name.extent, of: buffer, known.shape)
      if known.isOnlyAccepted, diagnostics.count == before,
        case .accepted(let meaning) = table.fields(number)[key - entry.first].effect
      {
        acceptance(of: SyntaxMember(buffer, position), meaning)
      }
      steps.removeLast()
    }
    guard entry.required & ~written != 0 else { return }
    let node = SyntaxNode(buffer, index)
    guard unfinished.isEmpty || !unfinished.contains(node.span.start) else { return }
    for (position, field) in table.fields(number).enumerated()
    where field.isRequired && written & 1 << UInt64(position) == 0 {
      // What is misspelt is there.
      if free?.isTaken(field.name) == true {
        damage(field.name)
      } else {
        missing(field, node)
      }
    }
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

  /// - Parameter index: of the node in its document's buffer. Most nodes are right, and then no more of them is needed.
  private mutating func value(_ index: Int, of buffer: SyntaxBuffer, _ number: Int) {
    let record = buffer[index]
    let entry = table[number]
    switch (entry.kind, record.kind) {
    case (.anything, _), (.boolean, .boolean): return
    case (.no, .boolean) where record.integer == 0: return
    case (.integer, .integer): integer(record.integer, entry.lowest...entry.highest, SyntaxNode(buffer, index))
    case (.statement, .string): statement(buffer.characters(record), record.span)
    case (.text, .string), (.scalar, .string): text(buffer.characters(record), number, entry, at: record.span)
    case (.scalar, .integer), (.scalar, .number):
      text(source.text(SyntaxNode(buffer, index).anchored ?? record.span), number, entry, at: record.span)
    case (.choice, .string): choice(index, of: buffer, number, asPartOf: number)
    case (.list, .sequence): list(index, of: buffer, number, entry)
    case (.record, .mapping): self.record(index, of: buffer, number, entry)
    case (.map, .mapping):
      for member in SyntaxMembers(SyntaxNode(buffer, index)) {
        text(member.name, number, entry, at: member.nameSpan)
        steps.append(.name(member.index))
        value(member.value.index, of: buffer, entry.first)
        steps.removeLast()
      }
    case (.either, _): either(index, of: buffer, number, entry)
    default: mismatch(SyntaxNode(buffer, index), table.shape(number))
    }
  }

  private mutating func either(_ index: Int, of buffer: SyntaxBuffer, _ number: Int, _ entry: ShapeTable.Entry) {
    let record = buffer[index]
    if entry.wantsBoolean, record.kind == .string, isBooleanOfSorts(SyntaxNode(buffer, index), table.shape(number)) {
      return mismatch(SyntaxNode(buffer, index), table.shape(number))
    }
    guard let fitting = table.alternative(of: entry, for: record) else {
      return mismatch(SyntaxNode(buffer, index), table.shape(number))
    }
    if table[fitting].kind == .choice {
      choice(index, of: buffer, fitting, asPartOf: number)
    } else {
      value(index, of: buffer, fitting)
    }
  }

  /// - Parameter whole: the number of the choice, or of what it is an alternative of.
  private mutating func choice(_ index: Int, of buffer: SyntaxBuffer, _ number: Int, asPartOf whole: Int) {
    let record = buffer[index]
    if table.has(word: record, in: buffer, of: table[number]) { return }
    unknownWord(buffer.characters(record), table.words(number), SyntaxNode(buffer, index), of: table.shape(whole))
  }

  private mutating func text(_ text: String, _ number: Int, _ entry: ShapeTable.Entry, at span: Span) {
    if let problem = entry.form?.problem(text), let form = table.textForm(number) {
      report(problem, of: text, form, at: span)
    }
  }

  private mutating func statement(_ text: String, _ span: Span) {
    do throws(TextProblem) {
      let operations = try OperationText(parsing: text).operations
      statements.add(Manifest.Statement(text: text, operations: operations, span: span))
    } catch {
      report(error, of: text, .operation, at: span)
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

  private mutating func list(_ index: Int, of buffer: SyntaxBuffer, _ number: Int, _ entry: ShapeTable.Entry) {
    let elements = SyntaxElements(SyntaxNode(buffer, index))
    guard Int64(elements.count) >= entry.lowest && Int64(elements.count) <= entry.highest else {
      let few = Int64(elements.count) < entry.lowest
      let span = buffer[index].span
      guard !few || !unfinished.contains(span.start) else { return }
      report(
        "LM006", few ? "`\(path)` is too short" : "`\(path)` has \(elements.count) entries", span,
        few ? "expected at least \(entry.lowest) entry" : "at most \(entry.highest) are allowed")
      return
    }
    var position = elements.startIndex
    while position < elements.endIndex {
      value(position, of: buffer, entry.first)
      position += buffer[position].extent
    }
    if elements.count > 1, !entry.mayRepeat { reportRepeated(elements) }
  }

  private mutating func reportRepeated(_ elements: SyntaxElements) {
    // Most lists are short, and then looking back is faster than a table.
    if elements.count <= 16, !elements.repeatText() { return }
    var seen: [String: Span] = [:]
    for element in elements {
      guard let text = element.string else { continue }
      guard let first = seen[text] else {
        seen[text] = element.span
        continue
      }
      diagnostics.append(
        Diagnostic(
          "LM007", .warning, "`\(text.excerpt)` is listed twice", at: .init(source, element.span, "again here"),
          secondary: [.init(source, first, "first listed here")]))
    }
  }

  /// A value of which a diagnostic of the syntax says that it cannot be read.
  mutating func skipUnreadable() { damageAround() }

  /// Something is wrong with a key of the top level that is not written as such.
  mutating func damage(_ name: String) {
    if steps.isEmpty { damaged.insert(name) }
  }

  private mutating func damageAround() {
    if let first = steps.first { damaged.insert(name(first)) }
  }

  mutating func report(
    _ code: String, _ headline: String, _ span: Span, _ label: String, notes: [String] = [], fix: Fix? = nil
  ) {
    damageAround()
    diagnostics.append(Diagnostic(code, headline, at: .init(source, span, label), notes: notes, fix: fix))
  }
}

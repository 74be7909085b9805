internal import Diagnostics

/// Compares a tree with the field table and collects what does not fit. A node that does not fit is reported once, and
/// nothing below it is looked at.
struct ShapeChecker {
  let source: Source
  private(set) var diagnostics: [Diagnostic] = []
  /// Top-level keys below which something is wrong: what depends on them is not checked further.
  var damaged: Set<String> = []
  private(set) var unenforced: [UnenforcedKey] = []
  private(set) var statements = StatementReadings()
  private var topLevelKey = ""
  /// Where mappings and lists begin of which only the beginning could be read.
  private let unfinished: Set<Int>

  init(source: Source, unfinished: Set<Int> = []) {
    self.source = source
    self.unfinished = unfinished
  }

  mutating func check(root: SyntaxNode) {
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
    record(members, root, FieldTable.rootRecord)
  }

  /// The keys from the top to what is looked at.
  private(set) var trail: [String] = []
  /// The same as a text: `capabilities.fs`; empty at the top. Only what is reported needs it.
  var path: String { trail.lazy.map(\.excerpt).joined(separator: ".") }

  private mutating func record(_ members: SyntaxMembers, _ node: SyntaxNode, _ fields: Record) {
    var free: FreeKeys?
    let buffer = members.buffer
    var index = members.startIndex
    while index < members.endIndex {
      defer { index = members.index(after: index) }
      guard let position = fields.position(of: index, in: buffer) else {
        let member = members[index]
        if trail.isEmpty { topLevelKey = member.name }
        var keys = free ?? FreeKeys(fields, members)
        unknown(member, &keys, fields)
        free = keys
        continue
      }
      let before = diagnostics.count
      // The table's own name: the document's would have to be made.
      let name = fields.name(at: position)
      if trail.isEmpty { topLevelKey = name }
      trail.append(name)
      value(index + buffer[index].extent, of: buffer, fields.shape(at: position))
      if diagnostics.count == before, case .accepted(let meaning) = fields.effect(at: position) {
        acceptance(of: members[index], meaning)
      }
      trail.removeLast()
    }
    if trail.isEmpty { topLevelKey = "" }
    guard unfinished.isEmpty || !unfinished.contains(node.span.start) else { return }
    for required in fields.required where node[required.name] == nil {
      // What is misspelt is there.
      if free?.isTaken(required.name) == true {
        damage(required.name)
      } else {
        missing(fields[required.position], node)
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
  private mutating func value(_ index: Int, of buffer: SyntaxBuffer, _ shape: Shape) {
    let record = buffer[index]
    switch (shape, record.kind) {
    case (.anything, _), (.boolean, .boolean): return
    case (.no, .boolean) where record.integer == 0: return
    case (.integer(let range), .integer): integer(record.integer, range, SyntaxNode(buffer, index))
    case (.text(let form), .string):
      let text = buffer.characters(record)
      if form === TextForm.operation { statement(text, record.span) } else { self.text(text, form, at: record.span) }
    case (.scalar(let form), .string): self.text(buffer.characters(record), form, at: record.span)
    case (.scalar(let form), .integer), (.scalar(let form), .number):
      self.text(source.text(SyntaxNode(buffer, index).anchored ?? record.span), form, at: record.span)
    case (.choice(let choices), .string):
      choice(buffer.characters(record), choices, SyntaxNode(buffer, index), of: shape)
    case (.list(let element, let count), .sequence):
      let node = SyntaxNode(buffer, index)
      list(SyntaxElements(node), element, count, node)
    case (.record(let fields), .mapping):
      let node = SyntaxNode(buffer, index)
      self.record(SyntaxMembers(node), node, fields)
    case (.map(let keys, let values), .mapping):
      for member in SyntaxMembers(SyntaxNode(buffer, index)) {
        let name = member.name
        self.text(name, keys, at: member.nameSpan)
        trail.append(name)
        value(member.value.index, of: buffer, values)
        trail.removeLast()
      }
    case (.either(let shapes), _):
      let node = SyntaxNode(buffer, index)
      guard !isBooleanOfSorts(node, shape), let fitting = shapes.first(where: { $0.accepts(node) }) else {
        return mismatch(node, shape)
      }
      if case .choice(let choices) = fitting, let word = node.string {
        choice(word, choices, node, of: shape)
      } else {
        value(index, of: buffer, fitting)
      }
    default: mismatch(SyntaxNode(buffer, index), shape)
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

  private mutating func list(
    _ elements: SyntaxElements, _ shape: Shape, _ count: ClosedRange<Int>, _ node: SyntaxNode
  ) {
    guard count.contains(elements.count) else {
      let few = elements.count < count.lowerBound
      guard !few || !unfinished.contains(node.span.start) else { return }
      report(
        "LM006", few ? "`\(path)` is too short" : "`\(path)` has \(elements.count) entries", node.span,
        few ? "expected at least \(count.lowerBound) entry" : "at most \(count.upperBound) are allowed")
      return
    }
    var index = elements.startIndex
    while index < elements.endIndex {
      value(index, of: elements.buffer, shape)
      index = elements.index(after: index)
    }
    // A command may well repeat a word.
    if elements.count > 1, trail.last != "command", trail.last != "run" { reportRepeated(elements) }
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
  mutating func skipUnreadable() { if !topLevelKey.isEmpty { damaged.insert(topLevelKey) } }

  /// Something is wrong with a key of the top level that is not written as such.
  mutating func damage(_ name: String) {
    if trail.isEmpty { damaged.insert(name) }
  }

  mutating func report(
    _ code: String, _ headline: String, _ span: Span, _ label: String, notes: [String] = [], fix: Fix? = nil
  ) {
    if !topLevelKey.isEmpty { damaged.insert(topLevelKey) }
    diagnostics.append(Diagnostic(code, headline, at: .init(source, span, label), notes: notes, fix: fix))
  }
}

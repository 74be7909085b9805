internal import Diagnostics

/// Events into a tree, within bounds.
struct Composer {
  private let source: Source
  private let limits: SyntaxLimits
  private let reader: EventReader
  private var diagnostics: [Diagnostic] = []
  private var anchors: [String: Anchor] = [:]
  /// Anchors of collections whose end has not been read.
  private var open: Set<String> = []
  private var nodes = 0
  private var spelling: StrictSpelling

  private struct Anchor {
    var node: SyntaxNode
    var size: Int
    var height: Int
  }

  /// The number of nodes in the node that was read last, and their nesting, aliases followed.
  private var size = 0
  private var height = 0

  /// What was complete when reading stopped.
  private var fragment: SyntaxTree.Fragment?

  /// Reading cannot go on.
  private enum Stop: Error { case reported }

  static func compose(_ source: Source, limits: SyntaxLimits) -> SyntaxTree {
    if let refusal = EncodingCheck.refusal(of: source, limits: limits) {
      return SyntaxTree(root: nil, diagnostics: [refusal])
    }
    guard let reader = EventReader(source.bytes) else {
      let problem = Diagnostic("LY020", "there is not enough memory to read this file", at: .init(source, Span(0, 0)))
      return SyntaxTree(root: nil, diagnostics: [problem])
    }
    var composer = Composer(source: source, limits: limits, reader: reader)
    let root = try? composer.document()
    return SyntaxTree(
      root: root ?? nil, fragment: root == nil ? composer.fragment : nil,
      diagnostics: composer.diagnostics.inSourceOrder)
  }

  private init(source: Source, limits: SyntaxLimits, reader: EventReader) {
    self.source = source
    self.limits = limits
    self.reader = reader
    self.spelling = StrictSpelling(source: source)
  }

  private mutating func document() throws(Stop) -> SyntaxNode? {
    var root: SyntaxNode?
    do throws(Stop) { return try document(&root) } catch {
      if let root, root.members != nil { fragment = .init(root: root, unfinished: [root.span.start]) }
      throw error
    }
  }

  private mutating func document(_ root: inout SyntaxNode?) throws(Stop) -> SyntaxNode? {
    var documents = 0
    while true {
      let event = try next()
      switch event.kind {
      case .streamStart, .documentEnd: continue
      case .streamEnd: return root
      case .documentStart:
        documents += 1
        guard documents == 1 else {
          report(
            "LY008", "this file has more than one YAML document", event.span, "a second document starts here",
            notes: ["one file is one document: move the rest to a file of its own"])
          throw .reported
        }
      default: root = try node(event, depth: 0)
      }
    }
  }

  private mutating func next() throws(Stop) -> SyntaxEvent {
    do { return try reader.next() } catch {
      diagnostics.append(SyntaxProblem.diagnostic(for: error, in: source))
      throw .reported
    }
  }

  private mutating func node(_ event: SyntaxEvent, depth: Int) throws(Stop) -> SyntaxNode {
    try count(1, at: event.span)
    if event.hasTag, let tag = reader.tag { reportTag(tag, event.span) }
    if case .alias = event.kind { return try alias(reader.anchor ?? "", event.span, depth: depth) }
    let anchor = event.hasAnchor ? reader.anchor : nil
    if let anchor { open.insert(anchor) }
    let node: SyntaxNode
    switch event.kind {
    case .scalar(let style): node = scalar(reader.scalar, style, event)
    case .sequenceStart(let style): node = try sequence(style, event, depth: try deeper(depth, event.span))
    case .mappingStart(let style): node = try mapping(style, event, depth: try deeper(depth, event.span))
    default: throw .reported
    }
    if let anchor {
      open.remove(anchor)
      anchors[anchor] = Anchor(node: node, size: size, height: height)
    }
    return node
  }

  /// Where a key of a mapping was written. Most mappings are small, and then looking is faster than a table.
  private struct KeyIndex {
    private var positions: [String: Int] = [:]

    mutating func position(of name: String, among members: [SyntaxMember]) -> Int? {
      if members.count < 16 { return members.firstIndex { $0.name == name } }
      while positions.count < members.count { positions[members[positions.count].name] = positions.count }
      return positions[name]
    }
  }

  private mutating func scalar(_ text: String, _ style: SyntaxNode.Style, _ event: SyntaxEvent) -> SyntaxNode {
    let value = style == .plain ? ScalarSchema.value(of: text) : .string(text)
    let span = SpanTrimming.scalar(
      event.span, style: style, hasProperties: event.hasAnchor || event.hasTag, in: source.bytes)
    if let problem = spelling.scalar(text, style, event, span) { diagnostics.append(problem) }
    (size, height) = (1, 0)
    return SyntaxNode(value, style: style, span: span)
  }

  private mutating func sequence(_ style: SyntaxNode.Style, _ event: SyntaxEvent, depth: Int) throws(Stop) -> SyntaxNode
  {
    var elements: [SyntaxNode] = []
    elements.reserveCapacity(4)
    spelling.enter(style, event)
    do throws(Stop) { return try sequence(&elements, style, event, depth: depth) } catch {
      if let inner = fragment?.root { elements.append(inner) }
      keep(.sequence(elements), style, event, depth: depth)
      throw error
    }
  }

  private mutating func sequence(
    _ elements: inout [SyntaxNode], _ style: SyntaxNode.Style, _ event: SyntaxEvent, depth: Int
  ) throws(Stop) -> SyntaxNode {
    var size = 1
    var height = 0
    while true {
      let next = try next()
      if case .sequenceEnd = next.kind {
        let span = SpanTrimming.collection(from: event.span, to: next.span, style: style, in: source.bytes)
        if let problem = spelling.leave(span, next) { diagnostics.append(problem) }
        let node = SyntaxNode(.sequence(elements), style: style, span: span)
        (self.size, self.height) = (size, height + 1)
        return node
      }
      let element = try self.node(next, depth: depth)
      elements.append(element)
      size += self.size
      height = max(height, self.height)
    }
  }

  private mutating func mapping(_ style: SyntaxNode.Style, _ event: SyntaxEvent, depth: Int) throws(Stop) -> SyntaxNode
  {
    var members: [SyntaxMember] = []
    members.reserveCapacity(depth == 1 ? 20 : 4)
    spelling.enter(style, event)
    do throws(Stop) { return try mapping(&members, style, event, depth: depth) } catch {
      keep(.mapping(members), style, event, depth: depth)
      throw error
    }
  }

  private mutating func mapping(
    _ members: inout [SyntaxMember], _ style: SyntaxNode.Style, _ event: SyntaxEvent, depth: Int
  ) throws(Stop) -> SyntaxNode {
    var known = KeyIndex()
    var size = 1
    var height = 0
    while true {
      let next = try next()
      if case .mappingEnd = next.kind {
        let span = SpanTrimming.collection(from: event.span, to: next.span, style: style, in: source.bytes)
        if let problem = spelling.leave(span, next) { diagnostics.append(problem) }
        let node = SyntaxNode(.mapping(members), style: style, span: span)
        (self.size, self.height) = (size, height + 1)
        return node
      }
      let key = try self.node(next, depth: depth)
      size += self.size
      let value: SyntaxNode
      do throws(Stop) { value = try self.node(try self.next(), depth: depth) } catch {
        if let inner = fragment?.root, let name = keyName(key) {
          members.append(SyntaxMember(name: name, nameSpan: key.span, value: inner))
        }
        throw error
      }
      size += self.size
      height = max(height, self.height)
      guard let name = keyName(key) else { continue }
      if let first = known.position(of: name, among: members) {
        reportDuplicate(name, key.span, first: members[first].nameSpan)
        continue
      }
      members.append(SyntaxMember(name: name, nameSpan: key.span, value: consume value))
    }
  }

  /// Keeps what was complete of a collection when reading stopped in it. Not of one in brackets, unless all is in them: the
  /// lines after a bracket that is not closed look as if they were inside.
  private mutating func keep(
    _ value: SyntaxNode.Value, _ style: SyntaxNode.Style, _ event: SyntaxEvent, depth: Int
  ) {
    guard style == .block || depth == 1 else { return fragment = nil }
    let start = event.span.start
    fragment = SyntaxTree.Fragment(
      root: SyntaxNode(value, style: style, span: Span(start, start + 1)),
      unfinished: (fragment?.unfinished ?? []).union([start]))
  }

  private mutating func keyName(_ key: SyntaxNode) -> String? {
    if case .string(let name) = key.value { return name }
    return unusualKeyName(key)
  }

  private mutating func unusualKeyName(_ key: SyntaxNode) -> String? {
    switch key.value {
    case .string(let name): return name
    case .boolean, .integer, .number: return source.text(key.anchored ?? key.span)
    case .null where key.span.end > key.span.start: return source.text(key.anchored ?? key.span)
    case .unreadable: return nil
    case .null, .sequence, .mapping:
      report(
        "LY011", "a key is a single word, not \(key.kind)", key.span, "expected a scalar here",
        notes: ["a key that begins with `{` or `[` is read as a collection: put it in quotes"])
      return nil
    }
  }

  private mutating func alias(_ name: String, _ span: Span, depth: Int) throws(Stop) -> SyntaxNode {
    if open.contains(name) {
      report(
        "LY010", "`*\(name.excerpt)` stands inside the node that it names", span, "this would never end",
        notes: ["an alias can repeat only what is complete before it"])
      return unreadable(span)
    }
    guard var anchor = anchors[name] else {
      let nearest = nearestMatch(to: name, among: anchors.keys.sorted())
      report(
        "LY009", "nothing is anchored as `&\(name.excerpt)`", span,
        nearest.map { "did you mean `*\($0)`?" } ?? "unknown name",
        fix: nearest.map { Fix("replace it with `*\($0)`", .unsafe, edits: [.init(span, "*\($0)")]) })
      return unreadable(span)
    }
    try count(anchor.size - 1, at: span)
    guard depth + anchor.height <= limits.depth else { throw tooDeep(span) }
    anchor.node.anchored = anchor.node.anchored ?? anchor.node.span
    anchor.node.span = span
    (size, height) = (anchor.size, anchor.height)
    return anchor.node
  }

  private mutating func unreadable(_ span: Span) -> SyntaxNode {
    (size, height) = (1, 0)
    return SyntaxNode(.unreadable, style: .plain, span: span)
  }

  private mutating func count(_ more: Int, at span: Span) throws(Stop) {
    nodes += more
    guard nodes > limits.nodes else { return }
    report(
      "LY005", "the document has more than \(limits.nodes) nodes, aliases followed", span, "the bound is passed here",
      notes: ["an alias counts as all that it stands for"])
    throw .reported
  }

  private mutating func deeper(_ depth: Int, _ span: Span) throws(Stop) -> Int {
    guard depth < limits.depth else { throw tooDeep(span) }
    return depth + 1
  }

  private mutating func tooDeep(_ span: Span) -> Stop {
    report(
      "LY004", "the document is nested more than \(limits.depth) levels deep", Span(span.start, span.start + 1),
      "the bound is passed here")
    return .reported
  }

  private mutating func reportTag(_ tag: String, _ span: Span) {
    let written = SpanTrimming.tag(at: span, in: source.bytes)
    report(
      "LY007", "tags are not part of the language", written, "this says `\(tag.excerpt)`",
      notes: ["a value's type follows from how it is written: put it in quotes to make it a string"])
  }

  private mutating func reportDuplicate(_ name: String, _ span: Span, first: Span) {
    diagnostics.append(
      Diagnostic(
        "LY006", "the key `\(name.excerpt)` is written twice", at: .init(source, span, "again here"),
        secondary: [.init(source, first, "first written here")],
        notes: ["YAML does not say which of them counts: keep one"]))
  }

  private mutating func report(
    _ code: String, _ headline: String, _ span: Span, _ label: String, notes: [String] = [], fix: Fix? = nil
  ) {
    diagnostics.append(Diagnostic(code, headline, at: .init(source, span, label), notes: notes, fix: fix))
  }
}

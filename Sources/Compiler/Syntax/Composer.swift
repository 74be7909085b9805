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

  /// A node with the number of nodes in it and their nesting, aliases followed.
  private typealias Measured = Anchor

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
    return SyntaxTree(root: root ?? nil, diagnostics: composer.diagnostics.inSourceOrder)
  }

  private init(source: Source, limits: SyntaxLimits, reader: EventReader) {
    self.source = source
    self.limits = limits
    self.reader = reader
    self.spelling = StrictSpelling(source: source)
  }

  private mutating func document() throws(Stop) -> SyntaxNode? {
    var root: SyntaxNode?
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
      default: root = try node(event, depth: 0).node
      }
    }
  }

  private mutating func next() throws(Stop) -> SyntaxEvent {
    do { return try reader.next() } catch {
      diagnostics.append(SyntaxProblem.diagnostic(for: error, in: source))
      throw .reported
    }
  }

  private mutating func node(_ event: SyntaxEvent, depth: Int) throws(Stop) -> Measured {
    try count(1, at: event.span)
    if let tag = event.tag { reportTag(tag, event.span) }
    if let anchor = event.anchor { open.insert(anchor) }
    let measured: Measured
    switch event.kind {
    case .alias(let name): return try alias(name, event.span, depth: depth)
    case .scalar(let text, let style): measured = scalar(text, style, event)
    case .sequenceStart(let style): measured = try sequence(style, event, depth: try deeper(depth, event.span))
    case .mappingStart(let style): measured = try mapping(style, event, depth: try deeper(depth, event.span))
    default: throw .reported
    }
    if let anchor = event.anchor {
      open.remove(anchor)
      anchors[anchor] = measured
    }
    return measured
  }

  private mutating func scalar(_ text: String, _ style: SyntaxNode.Style, _ event: SyntaxEvent) -> Measured {
    let value = style == .plain ? ScalarSchema.value(of: text) : .string(text)
    let span = SpanTrimming.scalar(
      event.span, style: style, hasProperties: event.anchor != nil || event.tag != nil, in: source.bytes)
    if let problem = spelling.scalar(text, style, event, span) { diagnostics.append(problem) }
    return Measured(node: SyntaxNode(value, style: style, span: span), size: 1, height: 0)
  }

  private mutating func sequence(_ style: SyntaxNode.Style, _ event: SyntaxEvent, depth: Int) throws(Stop) -> Measured {
    var elements: [SyntaxNode] = []
    var size = 1
    var height = 0
    spelling.enter(style, event)
    while true {
      let next = try next()
      if case .sequenceEnd = next.kind {
        let span = SpanTrimming.collection(from: event.span, to: next.span, style: style, in: source.bytes)
        if let problem = spelling.leave(span) { diagnostics.append(problem) }
        let node = SyntaxNode(.sequence(elements), style: style, span: span)
        return Measured(node: node, size: size, height: height + 1)
      }
      let element = try self.node(next, depth: depth)
      elements.append(element.node)
      size += element.size
      height = max(height, element.height)
    }
  }

  private mutating func mapping(_ style: SyntaxNode.Style, _ event: SyntaxEvent, depth: Int) throws(Stop) -> Measured {
    var members: [SyntaxMember] = []
    var known: [String: Int] = [:]
    var size = 1
    var height = 0
    spelling.enter(style, event)
    while true {
      let next = try next()
      if case .mappingEnd = next.kind {
        let span = SpanTrimming.collection(from: event.span, to: next.span, style: style, in: source.bytes)
        if let problem = spelling.leave(span) { diagnostics.append(problem) }
        let node = SyntaxNode(.mapping(members), style: style, span: span)
        return Measured(node: node, size: size, height: height + 1)
      }
      let key = try self.node(next, depth: depth)
      let value = try self.node(try self.next(), depth: depth)
      size += key.size + value.size
      height = max(height, value.height)
      guard let name = keyName(key.node) else { continue }
      if let first = known[name] {
        reportDuplicate(name, key.node.span, first: members[first].nameSpan)
        continue
      }
      known[name] = members.count
      members.append(SyntaxMember(name: name, nameSpan: key.node.span, value: value.node))
    }
  }

  private mutating func keyName(_ key: SyntaxNode) -> String? {
    switch key.value {
    case .string(let name): return name
    case .boolean, .integer, .number: return source.text(key.anchored ?? key.span)
    case .null where key.span.end > key.span.start: return source.text(key.anchored ?? key.span)
    case .null, .sequence, .mapping:
      report(
        "LY011", "a key is a single word, not \(key.kind)", key.span, "expected a scalar here",
        notes: ["a key that begins with `{` or `[` is read as a collection: put it in quotes"])
      return nil
    }
  }

  private mutating func alias(_ name: String, _ span: Span, depth: Int) throws(Stop) -> Measured {
    if open.contains(name) {
      report(
        "LY010", "`*\(name)` stands inside the node that it names", span, "this would never end",
        notes: ["an alias can repeat only what is complete before it"])
      throw .reported
    }
    guard var anchor = anchors[name] else {
      let nearest = nearestMatch(to: name, among: anchors.keys.sorted())
      report(
        "LY009", "nothing is anchored as `&\(name)`", span, nearest.map { "did you mean `*\($0)`?" } ?? "unknown name",
        fix: nearest.map { Fix("replace it with `*\($0)`", .unsafe, edits: [.init(span, "*\($0)")]) })
      throw .reported
    }
    try count(anchor.size - 1, at: span)
    guard depth + anchor.height <= limits.depth else { throw tooDeep(span) }
    anchor.node.anchored = anchor.node.anchored ?? anchor.node.span
    anchor.node.span = span
    return anchor
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
      "LY007", "tags are not part of the language", written, "this says `\(tag)`",
      notes: ["a value's type follows from how it is written: put it in quotes to make it a string"])
  }

  private mutating func reportDuplicate(_ name: String, _ span: Span, first: Span) {
    diagnostics.append(
      Diagnostic(
        "LY006", "the key `\(name)` is written twice", at: .init(source, span, "again here"),
        secondary: [.init(source, first, "first written here")],
        notes: ["YAML does not say which of them counts: keep one"]))
  }

  private mutating func report(
    _ code: String, _ headline: String, _ span: Span, _ label: String, notes: [String] = [], fix: Fix? = nil
  ) {
    diagnostics.append(Diagnostic(code, headline, at: .init(source, span, label), notes: notes, fix: fix))
  }
}

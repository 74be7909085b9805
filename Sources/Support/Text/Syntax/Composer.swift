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
  /// Where the characters of anchored scalars are that are keys and no strings, by the scalar's place.
  private var keyTexts: [Int: SyntaxText] = [:]
  private let buffer: SyntaxBuffer

  private struct Anchor {
    /// Of the node in the buffer.
    var index: Int
    /// As the node is by itself: where it is a key, its record in the buffer says what it is as a key.
    var record: SyntaxRecord
    var size: Int
    var height: Int
  }

  /// The number of nodes in the node that was read last, and their nesting, aliases followed.
  private var size = 0
  private var height = 0

  /// Where the collections begin that were not complete when reading stopped, when what is in them is worth a look.
  private var unfinished: Set<Int>?

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
    let buffer = SyntaxBuffer(bytes: source.bytes.count)
    var composer = Composer(source: source, limits: limits, reader: reader, buffer: buffer)
    var root: SyntaxNode?
    var fragment: SyntaxTree.Fragment?
    do throws(Stop) { root = try composer.document().map { SyntaxNode(buffer, $0) } } catch {
      fragment = composer.unfinished.map { SyntaxTree.Fragment(root: SyntaxNode(buffer, 0), unfinished: $0) }
    }
    return SyntaxTree(root: root, fragment: fragment, diagnostics: composer.diagnostics.inSourceOrder)
  }

  private init(source: Source, limits: SyntaxLimits, reader: EventReader, buffer: SyntaxBuffer) {
    self.source = source
    self.limits = limits
    self.reader = reader
    self.buffer = buffer
    self.spelling = StrictSpelling(source: source)
  }

  private mutating func document() throws(Stop) -> Int? {
    var root: Int?
    do throws(Stop) { return try document(&root) } catch {
      if let root, buffer[root].kind == .mapping { unfinished = [buffer[root].span.start] }
      throw error
    }
  }

  private mutating func document(_ root: inout Int?) throws(Stop) -> Int? {
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

  /// - Returns: where the node is in the buffer; after it comes all that is in it.
  private mutating func node(_ event: SyntaxEvent, depth: Int) throws(Stop) -> Int {
    try count(1, at: event.span)
    if event.hasTag, let tag = reader.tag { reportTag(tag, event.span) }
    if case .alias = event.kind { return try alias(reader.anchor ?? "", event.span, depth: depth) }
    let anchor = event.hasAnchor ? reader.anchor : nil
    if let anchor { open.insert(anchor) }
    let index = buffer.count
    switch event.kind {
    case .scalar(let style): scalar(style, event)
    case .sequenceStart(let style): try sequence(style, event, depth: try deeper(depth, event.span))
    case .mappingStart(let style): try mapping(style, event, depth: try deeper(depth, event.span))
    default: throw .reported
    }
    if let anchor {
      open.remove(anchor)
      anchors[anchor] = Anchor(index: index, record: buffer[index], size: size, height: height)
    }
    return index
  }

  private mutating func scalar(_ style: SyntaxNode.Style, _ event: SyntaxEvent) {
    let span = SpanTrimming.scalar(
      event.span, style: style, hasProperties: event.hasAnchor || event.hasTag, in: source.bytes)
    var record = SyntaxRecord(.string, style, span)
    var isDash = false
    unsafe reader.withScalar { characters in
      var number: String?
      if style == .plain {
        switch unsafe ScalarSchema.value(of: characters) {
        case .null: record.kind = .null
        case .boolean(let value): (record.kind, record.integer) = (.boolean, value ? 1 : 0)
        case .integer(let value): (record.kind, record.integer) = (.integer, value)
        case .number(let value): (record.kind, number) = (.number, value)
        case .string: isDash = unsafe characters.count == 1 && characters[0] == UInt8(ascii: "-")
        }
      }
      if var number {
        record.set(number.withUTF8 { unsafe buffer.keep($0) })
      } else {
        record.set(unsafe buffer.keep(characters))
      }
    }
    buffer.append(record)
    if let problem = spelling.scalar(style, event, span, isDash: isDash) { diagnostics.append(problem) }
    (size, height) = (1, 0)
  }

  private mutating func sequence(_ style: SyntaxNode.Style, _ event: SyntaxEvent, depth: Int) throws(Stop) {
    let index = begin(.sequence, style, event)
    var size = 1
    var height = 0
    while true {
      let mark = buffer.count
      do throws(Stop) {
        let next = try next()
        if case .sequenceEnd = next.kind {
          end(index, style, event, next)
          (self.size, self.height) = (size, height + 1)
          return
        }
        _ = try node(next, depth: depth)
      } catch {
        if unfinished == nil { buffer.truncate(to: mark) } else { buffer[index].count += 1 }
        keep(index, style, event, depth: depth)
        throw error
      }
      buffer[index].count += 1
      size += self.size
      height = max(height, self.height)
    }
  }

  private mutating func mapping(_ style: SyntaxNode.Style, _ event: SyntaxEvent, depth: Int) throws(Stop) {
    let index = begin(.mapping, style, event)
    var known = KeyIndex(below: index)
    var size = 1
    var height = 0
    while true {
      let mark = buffer.count
      var key: Int?
      do throws(Stop) {
        let next = try next()
        if case .mappingEnd = next.kind {
          end(index, style, event, next)
          (self.size, self.height) = (size, height + 1)
          return
        }
        key = try node(next, depth: depth)
        size += self.size
        _ = try node(try self.next(), depth: depth)
      } catch {
        if unfinished != nil, let key, name(key) {
          count(key, of: index)
        } else {
          buffer.truncate(to: mark)
        }
        keep(index, style, event, depth: depth)
        throw error
      }
      size += self.size
      height = max(height, self.height)
      guard let key else { continue }
      known.seen += 1
      if !name(key) {
        buffer[key].kind = .dropped
      } else if buffer[index].mayHave(key: buffer[key].head), let first = known.position(of: key, in: buffer) {
        reportDuplicate(key, first: first)
        buffer[key].kind = .dropped
      } else {
        count(key, of: index)
      }
    }
  }

  private func count(_ key: Int, of mapping: Int) {
    buffer[mapping].count += 1
    buffer[mapping].note(key: buffer[key].head)
  }

  private mutating func begin(
    _ kind: SyntaxRecord.Kind, _ style: SyntaxNode.Style, _ event: SyntaxEvent
  ) -> Int {
    spelling.enter(style, event)
    buffer.append(SyntaxRecord(kind, style, event.span))
    return buffer.count - 1
  }

  private mutating func end(
    _ index: Int, _ style: SyntaxNode.Style, _ event: SyntaxEvent, _ last: SyntaxEvent
  ) {
    let span = SpanTrimming.collection(from: event.span, to: last.span, style: style, in: source.bytes)
    if let problem = spelling.leave(span, last) { diagnostics.append(problem) }
    buffer[index].span = span
    buffer[index].extent = buffer.count - index
  }

  /// Keeps what was complete of a collection when reading stopped in it. Not of one in brackets, unless all is in them: the
  /// lines after a bracket that is not closed look as if they were inside.
  private mutating func keep(_ index: Int, _ style: SyntaxNode.Style, _ event: SyntaxEvent, depth: Int) {
    guard style == .block || depth == 1 else { return unfinished = nil }
    let start = event.span.start
    buffer[index].span = Span(start, start + 1)
    buffer[index].extent = buffer.count - index
    unfinished = (unfinished ?? []).union([start])
  }

  /// Makes a key its characters, whatever it would be as a value.
  ///
  /// - Returns: false when it is no single word; a diagnostic says so.
  private mutating func name(_ key: Int) -> Bool {
    let record = buffer[key]
    let written = record.target.map { buffer[$0].span } ?? record.span
    switch record.kind {
    case .string: return true
    case .null where record.span.end > record.span.start: break
    case .boolean, .integer, .number: break
    case .unreadable, .dropped: return false
    case .null, .sequence, .mapping:
      report(
        "LY011", "a key is a single word, not \(record.kind.name)", record.span, "expected a scalar here",
        notes: ["a key that begins with `{` or `[` is read as a collection: put it in quotes"])
      return false
    }
    // What is anchored once may be a key many times.
    let text: SyntaxText
    if let known = record.target.flatMap({ keyTexts[$0] }) {
      text = known
    } else {
      text = unsafe source.bytes[written.start..<written.end].withUnsafeBufferPointer { unsafe buffer.keep($0) }
    }
    if let target = record.target { keyTexts[target] = text }
    buffer[key].kind = .string
    buffer[key].set(text)
    return true
  }

  private mutating func alias(_ name: String, _ span: Span, depth: Int) throws(Stop) -> Int {
    if open.contains(name) {
      report(
        "LY010", "`*\(name.excerpt)` stands inside the node that it names", span, "this would never end",
        notes: ["an alias can repeat only what is complete before it"])
      return unreadable(span)
    }
    guard let anchor = anchors[name] else {
      let nearest = nearestMatch(to: name, among: anchors.keys.sorted())
      report(
        "LY009", "nothing is anchored as `&\(name.excerpt)`", span,
        nearest.map { "did you mean `*\($0)`?" } ?? "unknown name",
        fix: nearest.map { Fix("replace it with `*\($0)`", .unsafe, edits: [.init(span, "*\($0)")]) })
      return unreadable(span)
    }
    try count(anchor.size - 1, at: span)
    guard depth + anchor.height <= limits.depth else { throw tooDeep(span) }
    var record = anchor.record
    record.span = span
    record.target = anchor.index
    record.extent = 1
    buffer.append(record)
    (size, height) = (anchor.size, anchor.height)
    return buffer.count - 1
  }

  private mutating func unreadable(_ span: Span) -> Int {
    (size, height) = (1, 0)
    buffer.append(SyntaxRecord(.unreadable, .plain, span))
    return buffer.count - 1
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

  private mutating func reportDuplicate(_ key: Int, first: Int) {
    let name = buffer.characters(buffer[key])
    diagnostics.append(
      Diagnostic(
        "LY006", "the key `\(name.excerpt)` is written twice", at: .init(source, buffer[key].span, "again here"),
        secondary: [.init(source, buffer[first].span, "first written here")],
        notes: ["YAML does not say which of them counts: keep one"]))
  }

  private mutating func report(
    _ code: String, _ headline: String, _ span: Span, _ label: String, notes: [String] = [], fix: Fix? = nil
  ) {
    diagnostics.append(Diagnostic(code, headline, at: .init(source, span, label), notes: notes, fix: fix))
  }
}

internal import CYAML
internal import Diagnostics

/// What libyaml's event interface yields, with byte ranges in place of its marks. Its texts stay in the reader, which
/// is asked for those that are needed: most events have none.
struct SyntaxEvent {
  enum Kind {
    case streamStart, streamEnd, documentStart, documentEnd, sequenceEnd, mappingEnd, alias
    case scalar(SyntaxNode.Style)
    case sequenceStart(SyntaxNode.Style)
    case mappingStart(SyntaxNode.Style)
  }

  var kind: Kind
  var hasAnchor = false
  var hasTag = false
  var span: Span
  /// The lines that libyaml's marks are on: what begins and ends on one needs no look at its lines.
  var lines: ClosedRange<Int>
}

/// Why libyaml stopped.
struct SyntaxEventError: Error {
  /// libyaml's words for what it met, and for what it was reading.
  var problem: String
  var context: String
  var span: Span
  /// Where what it was reading began, when that is known.
  var contextSpan: Span?
}

/// libyaml's parser over bytes in memory (yaml.h 0.2.5).
///
/// Its marks count code points, so in a text that is not ASCII they are looked up in a table.
@safe final class EventReader {
  let parser: UnsafeMutablePointer<yaml_parser_t>
  /// The event that was read last.
  private let last: UnsafeMutablePointer<yaml_event_t>
  private let input: UnsafeMutableBufferPointer<UInt8>
  /// The offset in the source of the first byte that libyaml sees: 3 after a byte order mark.
  private let base: Int
  /// The source's length.
  private let end: Int
  /// Byte offset of every code point, and of the end; empty for ASCII.
  private let offsets: [Int32]

  /// - Parameter bytes: valid UTF-8.
  init?(_ bytes: [UInt8]) {
    let mark: [UInt8] = [0xEF, 0xBB, 0xBF]
    base = bytes.starts(with: mark) ? mark.count : 0
    end = bytes.count
    var content = bytes[base...]
    // A last line of spaces without its line break is lost to a block scalar otherwise.
    if content.last == UInt8(ascii: " "), content.last(where: { $0 != UInt8(ascii: " ") }) ?? 0x0A == UInt8(ascii: "\n")
    {
      content.append(UInt8(ascii: "\n"))
    }
    unsafe input = .allocate(capacity: content.count)
    _ = unsafe input.initialize(from: content)
    unsafe parser = .allocate(capacity: 1)
    unsafe last = .allocate(capacity: 1)
    unsafe last.initialize(to: yaml_event_t())
    var offsets: [Int32] = []
    // All bytes joined take a fraction of the time of looking for one.
    var joined: UInt8 = 0
    for index in unsafe 0..<input.count { unsafe joined |= input[index] }
    if joined >= 0x80 {
      offsets.reserveCapacity(content.count)
      for (offset, byte) in content.enumerated() where byte & 0xC0 != 0x80 { offsets.append(Int32(offset)) }
      offsets.append(Int32(content.count))
    }
    self.offsets = offsets
    guard unsafe yaml_parser_initialize(parser) == 1 else {
      unsafe parser.deallocate()
      unsafe last.deallocate()
      unsafe input.deallocate()
      return nil
    }
    unsafe yaml_parser_set_encoding(parser, YAML_UTF8_ENCODING)
    unsafe yaml_parser_set_input_string(parser, input.baseAddress, content.count)
  }

  deinit {
    unsafe yaml_event_delete(last)
    unsafe last.deallocate()
    unsafe yaml_parser_delete(parser)
    unsafe parser.deallocate()
    unsafe input.deallocate()
  }

  /// - Throws: `SyntaxEventError` at the first thing that is not YAML; nothing can be read after it.
  func next() throws(SyntaxEventError) -> SyntaxEvent {
    unsafe yaml_event_delete(last)
    guard unsafe yaml_parser_parse(parser, last) == 1 else { throw error() }
    let span = unsafe span(last.pointee.start_mark, last.pointee.end_mark)
    let first = unsafe Int(last.pointee.start_mark.line)
    let lines = first...max(first, unsafe Int(last.pointee.end_mark.line))
    switch unsafe last.pointee.type {
    case YAML_SCALAR_EVENT:
      return SyntaxEvent(
        kind: .scalar(EventReader.style(unsafe last.pointee.data.scalar.style)),
        hasAnchor: unsafe last.pointee.data.scalar.anchor != nil, hasTag: unsafe last.pointee.data.scalar.tag != nil,
        span: span, lines: lines)
    case YAML_SEQUENCE_START_EVENT:
      let isFlow = unsafe last.pointee.data.sequence_start.style == YAML_FLOW_SEQUENCE_STYLE
      return SyntaxEvent(
        kind: .sequenceStart(isFlow ? .flow : .block),
        hasAnchor: unsafe last.pointee.data.sequence_start.anchor != nil,
        hasTag: unsafe last.pointee.data.sequence_start.tag != nil, span: span, lines: lines)
    case YAML_MAPPING_START_EVENT:
      let isFlow = unsafe last.pointee.data.mapping_start.style == YAML_FLOW_MAPPING_STYLE
      return SyntaxEvent(
        kind: .mappingStart(isFlow ? .flow : .block),
        hasAnchor: unsafe last.pointee.data.mapping_start.anchor != nil,
        hasTag: unsafe last.pointee.data.mapping_start.tag != nil, span: span, lines: lines)
    case YAML_ALIAS_EVENT: return SyntaxEvent(kind: .alias, hasAnchor: true, span: span, lines: lines)
    case YAML_STREAM_START_EVENT: return SyntaxEvent(kind: .streamStart, span: span, lines: lines)
    case YAML_DOCUMENT_START_EVENT: return SyntaxEvent(kind: .documentStart, span: span, lines: lines)
    case YAML_DOCUMENT_END_EVENT: return SyntaxEvent(kind: .documentEnd, span: span, lines: lines)
    case YAML_SEQUENCE_END_EVENT: return SyntaxEvent(kind: .sequenceEnd, span: span, lines: lines)
    case YAML_MAPPING_END_EVENT: return SyntaxEvent(kind: .mappingEnd, span: span, lines: lines)
    default: return SyntaxEvent(kind: .streamEnd, span: span, lines: lines)
    }
  }

  /// Lends the characters of the scalar that was read last.
  func withScalar(_ body: (UnsafeBufferPointer<UInt8>) -> Void) {
    guard unsafe last.pointee.type == YAML_SCALAR_EVENT else { return }
    unsafe body(
      UnsafeBufferPointer(start: last.pointee.data.scalar.value, count: last.pointee.data.scalar.length))
  }

  /// The name that the node that was read last is anchored as, or that an alias names.
  var anchor: String? {
    switch unsafe last.pointee.type {
    case YAML_SCALAR_EVENT: unsafe text(last.pointee.data.scalar.anchor)
    case YAML_SEQUENCE_START_EVENT: unsafe text(last.pointee.data.sequence_start.anchor)
    case YAML_MAPPING_START_EVENT: unsafe text(last.pointee.data.mapping_start.anchor)
    case YAML_ALIAS_EVENT: unsafe text(last.pointee.data.alias.anchor)
    default: nil
    }
  }

  /// The tag of the node that was read last.
  var tag: String? {
    switch unsafe last.pointee.type {
    case YAML_SCALAR_EVENT: unsafe text(last.pointee.data.scalar.tag)
    case YAML_SEQUENCE_START_EVENT: unsafe text(last.pointee.data.sequence_start.tag)
    case YAML_MAPPING_START_EVENT: unsafe text(last.pointee.data.mapping_start.tag)
    default: nil
    }
  }

  static func style(_ style: yaml_scalar_style_t) -> SyntaxNode.Style {
    switch style {
    case YAML_SINGLE_QUOTED_SCALAR_STYLE: .singleQuoted
    case YAML_DOUBLE_QUOTED_SCALAR_STYLE: .doubleQuoted
    case YAML_LITERAL_SCALAR_STYLE: .literal
    case YAML_FOLDED_SCALAR_STYLE: .folded
    default: .plain
    }
  }

  func error() -> SyntaxEventError {
    let raw = unsafe parser.pointee
    let problem = unsafe raw.problem.map { unsafe String(cString: $0) } ?? "out of memory"
    let context = unsafe raw.context.map { unsafe String(cString: $0) } ?? ""
    if unsafe raw.error == YAML_READER_ERROR {
      // The reader counts bytes.
      let offset = base + Int(unsafe raw.problem_offset)
      return SyntaxEventError(problem: problem, context: context, span: Span(offset, offset + 1))
    }
    let start = unsafe offset(raw.problem_mark)
    let began = context.isEmpty ? nil : unsafe offset(raw.context_mark)
    return SyntaxEventError(
      problem: problem, context: context, span: Span(start, start + 1), contextSpan: began.map { Span($0, $0 + 1) })
  }

  private func offset(_ mark: yaml_mark_t) -> Int {
    let index = Int(mark.index)
    if offsets.isEmpty { return min(base + index, end) }
    return min(base + Int(offsets[min(index, offsets.count - 1)]), end)
  }

  func span(_ start: yaml_mark_t, _ end: yaml_mark_t) -> Span {
    Span(offset(start), offset(end))
  }

  func text(_ pointer: UnsafeMutablePointer<yaml_char_t>?) -> String? {
    guard let pointer = unsafe pointer else { return nil }
    return unsafe String(decodingCString: pointer, as: UTF8.self)
  }
}

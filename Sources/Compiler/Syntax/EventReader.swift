internal import CYAML
internal import Diagnostics

/// What libyaml's event interface yields, with byte ranges in place of its marks.
struct SyntaxEvent {
  enum Kind {
    case streamStart, streamEnd, documentStart, documentEnd, sequenceEnd, mappingEnd
    case alias(String)
    case scalar(String, SyntaxNode.Style)
    case sequenceStart(SyntaxNode.Style)
    case mappingStart(SyntaxNode.Style)
  }

  var kind: Kind
  var anchor: String?
  var tag: String?
  var span: Span
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
    let lastLine = content.reversed().prefix { $0 != UInt8(ascii: "\n") }
    if !lastLine.isEmpty, lastLine.allSatisfy({ $0 == UInt8(ascii: " ") }) { content.append(UInt8(ascii: "\n")) }
    unsafe input = .allocate(capacity: max(content.count, 1))
    _ = unsafe input.initialize(from: content)
    unsafe parser = .allocate(capacity: 1)
    var offsets: [Int32] = []
    if content.contains(where: { $0 >= 0x80 }) {
      offsets.reserveCapacity(content.count)
      for (offset, byte) in content.enumerated() where byte & 0xC0 != 0x80 { offsets.append(Int32(offset)) }
      offsets.append(Int32(content.count))
    }
    self.offsets = offsets
    guard unsafe yaml_parser_initialize(parser) == 1 else {
      unsafe parser.deallocate()
      unsafe input.deallocate()
      return nil
    }
    unsafe yaml_parser_set_encoding(parser, YAML_UTF8_ENCODING)
    unsafe yaml_parser_set_input_string(parser, input.baseAddress, content.count)
  }

  deinit {
    unsafe yaml_parser_delete(parser)
    unsafe parser.deallocate()
    unsafe input.deallocate()
  }

  /// - Throws: `SyntaxEventError` at the first thing that is not YAML; nothing can be read after it.
  func next() throws(SyntaxEventError) -> SyntaxEvent {
    var raw = unsafe yaml_event_t()
    guard unsafe yaml_parser_parse(parser, &raw) == 1 else { throw error() }
    defer { unsafe yaml_event_delete(&raw) }
    return unsafe event(raw)
  }

  private func event(_ raw: yaml_event_t) -> SyntaxEvent {
    let span = unsafe span(raw.start_mark, raw.end_mark)
    switch unsafe raw.type {
    case YAML_SCALAR_EVENT:
      let scalar = unsafe raw.data.scalar
      let bytes = unsafe UnsafeBufferPointer(start: scalar.value, count: scalar.length)
      return unsafe SyntaxEvent(
        kind: .scalar(String(decoding: bytes, as: UTF8.self), EventReader.style(scalar.style)),
        anchor: text(scalar.anchor), tag: text(scalar.tag), span: span)
    case YAML_SEQUENCE_START_EVENT:
      let sequence = unsafe raw.data.sequence_start
      return unsafe SyntaxEvent(
        kind: .sequenceStart(sequence.style == YAML_FLOW_SEQUENCE_STYLE ? .flow : .block),
        anchor: text(sequence.anchor), tag: text(sequence.tag), span: span)
    case YAML_MAPPING_START_EVENT:
      let mapping = unsafe raw.data.mapping_start
      return unsafe SyntaxEvent(
        kind: .mappingStart(mapping.style == YAML_FLOW_MAPPING_STYLE ? .flow : .block), anchor: text(mapping.anchor),
        tag: text(mapping.tag), span: span)
    case YAML_ALIAS_EVENT:
      return SyntaxEvent(kind: .alias(unsafe text(raw.data.alias.anchor) ?? ""), span: span)
    case YAML_STREAM_START_EVENT: return SyntaxEvent(kind: .streamStart, span: span)
    case YAML_DOCUMENT_START_EVENT: return SyntaxEvent(kind: .documentStart, span: span)
    case YAML_DOCUMENT_END_EVENT: return SyntaxEvent(kind: .documentEnd, span: span)
    case YAML_SEQUENCE_END_EVENT: return SyntaxEvent(kind: .sequenceEnd, span: span)
    case YAML_MAPPING_END_EVENT: return SyntaxEvent(kind: .mappingEnd, span: span)
    default: return SyntaxEvent(kind: .streamEnd, span: span)
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

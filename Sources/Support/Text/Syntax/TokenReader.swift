internal import CYAML
internal import Diagnostics

/// What libyaml's scanner yields: every character of a text that is neither white space nor comment is in one token.
struct SyntaxToken {
  enum Kind: Hashable {
    case streamStart, streamEnd, directive, documentStart, documentEnd
    case blockSequenceStart, blockMappingStart, blockEnd
    case flowStart, flowEnd, blockEntry, flowEntry, key, value
    case alias, anchor, tag
    case scalar(SyntaxNode.Style)
  }

  var kind: Kind
  var span: Span
}

extension EventReader {
  /// The scanner's tokens, in place of the parser's events: one reader yields either.
  ///
  /// - Throws: `SyntaxEventError` at the first thing that is not YAML; nothing can be read after it.
  func nextToken() throws(SyntaxEventError) -> SyntaxToken {
    var raw = unsafe yaml_token_t()
    guard unsafe yaml_parser_scan(parser, &raw) == 1 else { throw error() }
    defer { unsafe yaml_token_delete(&raw) }
    return SyntaxToken(kind: unsafe kind(raw), span: unsafe span(raw.start_mark, raw.end_mark))
  }

  private func kind(_ raw: yaml_token_t) -> SyntaxToken.Kind {
    switch unsafe raw.type {
    case YAML_STREAM_START_TOKEN: .streamStart
    case YAML_VERSION_DIRECTIVE_TOKEN, YAML_TAG_DIRECTIVE_TOKEN: .directive
    case YAML_DOCUMENT_START_TOKEN: .documentStart
    case YAML_DOCUMENT_END_TOKEN: .documentEnd
    case YAML_BLOCK_SEQUENCE_START_TOKEN: .blockSequenceStart
    case YAML_BLOCK_MAPPING_START_TOKEN: .blockMappingStart
    case YAML_BLOCK_END_TOKEN: .blockEnd
    case YAML_FLOW_SEQUENCE_START_TOKEN, YAML_FLOW_MAPPING_START_TOKEN: .flowStart
    case YAML_FLOW_SEQUENCE_END_TOKEN, YAML_FLOW_MAPPING_END_TOKEN: .flowEnd
    case YAML_BLOCK_ENTRY_TOKEN: .blockEntry
    case YAML_FLOW_ENTRY_TOKEN: .flowEntry
    case YAML_KEY_TOKEN: .key
    case YAML_VALUE_TOKEN: .value
    case YAML_ALIAS_TOKEN: .alias
    case YAML_ANCHOR_TOKEN: .anchor
    case YAML_TAG_TOKEN: .tag
    case YAML_SCALAR_TOKEN: .scalar(EventReader.style(unsafe raw.data.scalar.style))
    default: .streamEnd
    }
  }
}

/// The tokens of a text with what stands between them.
struct TokenStream {
  /// Without the ends of the stream; in source order.
  private(set) var tokens: [SyntaxToken] = []

  /// Nil when the text is not YAML: its tree says why.
  init?(_ source: Source) {
    guard let reader = EventReader(source.bytes) else { return nil }
    while true {
      guard let token = try? reader.nextToken() else { return nil }
      if token.kind == .streamEnd { return }
      if token.kind != .streamStart { tokens.append(token) }
    }
  }
}

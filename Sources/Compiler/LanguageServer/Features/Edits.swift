internal import CanonicalJSON
internal import Diagnostics
internal import Text

extension Server {
  /// The fix-its of the diagnostics in a range.
  func codeActions(_ parameters: JSON) throws(RequestError) -> JSON {
    let document = try document(parameters)
    let source = document.source
    guard let range = source.span(parameters["range"]) else { throw .parameters("a `range`") }
    let only = parameters["context"]?["only"]?.arrayValue?.compactMap(\.stringValue)
    if let only, !only.contains(where: { "quickfix".hasPrefix($0) }) { return [] }
    let found = (document.analysis?.diagnostics ?? []).filter { diagnostic in
      diagnostic.fix != nil && diagnostic.primary.path == source.path && diagnostic.primary.span.start <= range.end
        && range.start <= diagnostic.primary.span.end
    }
    return .array(
      found.compactMap { diagnostic in
        guard let fix = diagnostic.fix else { return nil }
        let edits = fix.edits.map { edit -> JSON in
          ["range": source.json(range: edit.span), "newText": .string(edit.replacement)]
        }
        return [
          "title": .string(fix.message), "kind": "quickfix", "isPreferred": .bool(fix.applicability == .safe),
          "diagnostics": [self.json(diagnostic, in: source, uri: document.uri)],
          "edit": ["changes": .object([document.uri: .array(edits)])],
        ]
      })
  }

  /// The layout of `locara fmt`, as the lines that change.
  func formatting(_ parameters: JSON) throws(RequestError) -> JSON {
    let document = try document(parameters)
    let source = document.source
    guard case .formatted(let bytes) = Formatting(source), bytes != source.bytes else { return [] }
    // What is the same at both ends stays, so that a cursor there does.
    let limit = min(bytes.count, source.bytes.count)
    var start = 0
    while start < limit, bytes[start] == source.bytes[start] { start += 1 }
    while start > 0, source.bytes[start - 1] != UInt8(ascii: "\n") { start -= 1 }
    var end = 0
    while end < limit - start, bytes[bytes.count - 1 - end] == source.bytes[source.bytes.count - 1 - end] { end += 1 }
    while end > 0,
      source.bytes[source.bytes.count - end - 1] != UInt8(ascii: "\n")
        || bytes[bytes.count - end - 1] != UInt8(ascii: "\n")
    { end -= 1 }
    let text = String(decoding: bytes[start..<bytes.count - end], as: UTF8.self)
    return [
      ["range": source.json(range: Span(start, source.bytes.count - end)), "newText": .string(text)]
    ]
  }

  /// The keys as a tree.
  func symbols(_ parameters: JSON) throws(RequestError) -> JSON {
    let document = try document(parameters)
    let source = document.source
    guard let root = SyntaxTree(parsing: source).root else { return [] }
    return .array(symbols(of: root, in: source))
  }

  private func symbols(of node: SyntaxNode, in source: Source) -> [JSON] {
    if let members = node.members {
      return members.map { member in
        // An alias's members are written elsewhere.
        let below = member.value.anchored == nil ? symbols(of: member.value, in: source) : []
        return symbol(
          member.name, member.value, Span(member.nameSpan.start, max(member.nameSpan.end, member.value.span.end)),
          member.nameSpan, below, in: source)
      }
    }
    return (node.elements ?? .empty).enumerated().compactMap { index, element in
      guard element.members != nil, element.anchored == nil else { return nil }
      let name = (element["name"] ?? element["id"])?.string ?? "[\(index)]"
      return symbol(name, element, element.span, element.span, symbols(of: element, in: source), in: source)
    }
  }

  private func symbol(
    _ name: String, _ value: SyntaxNode, _ whole: Span, _ selection: Span, _ below: [JSON], in source: Source
  ) -> JSON {
    // SymbolKind: 18 array, 19 object, 17 boolean, 16 number, 15 string, 21 null.
    let (kind, detail): (Int64, String) =
      switch value.value {
      case .mapping: (19, "")
      case .sequence(let elements): (18, elements.count == 1 ? "1 entry" : "\(elements.count) entries")
      case .boolean(let flag): (17, "\(flag)")
      case .integer, .number: (16, source.text(value.span))
      case .string(let text): (15, String(text.prefix(80)))
      case .null, .unreadable: (21, "")
      }
    var symbol: [String: JSON] = [
      "name": .string(name.isEmpty ? "(empty)" : name), "kind": .integer(kind), "range": source.json(range: whole),
      "selectionRange": source.json(range: selection), "children": .array(below),
    ]
    if !detail.isEmpty { symbol["detail"] = .string(detail) }
    return .object(symbol)
  }
}

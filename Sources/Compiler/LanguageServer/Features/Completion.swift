internal import CanonicalJSON
internal import Diagnostics
internal import Manifest
internal import Text

extension Server {
  /// Keys and words of the field table that fit where the cursor stands, each with its documentation.
  func completion(_ parameters: JSON) throws(RequestError) -> JSON {
    let (document, offset) = try place(parameters)
    let source = document.source
    let context = CursorContext(source.bytes[..<offset])
    guard let shape = FieldTable.shape(at: context.path) else { return [] }
    let span = Span(min(context.wordStart, offset), Self.wordEnd(source.bytes, from: offset, in: context.quote))
    // A value stands apart from the `:` of its key.
    let space = span.start > 0 && source.bytes[span.start - 1] == UInt8(ascii: ":") ? " " : ""
    let hasColon = source.bytes[span.end...].first == UInt8(ascii: ":")
    // A quote that nobody has closed yet.
    let close = context.quote.map { source.bytes[span.end...].first == $0 ? "" : String(UnicodeScalar($0)) }
    let range = source.json(range: span)
    var items: [JSON] = []
    func item(_ label: String, kind: Int64, detail: String, documentation: String, text: String) {
      var item: [String: JSON] = [
        "label": .string(label), "kind": .integer(kind), "detail": .string(detail),
        // The order of the table, not of the alphabet.
        "sortText": .string(String(1000 + items.count)), "filterText": .string(label),
        "textEdit": ["range": range, "newText": .string(text)],
      ]
      if !documentation.isEmpty { item["documentation"] = ["kind": "markdown", "value": .string(documentation)] }
      items.append(.object(item))
    }
    if context.isKey {
      let present = siblings(source, context, span, isKey: hasColon)
      let prefix = context.path.isEmpty ? "" : context.path.joined(separator: ".") + "."
      for field in shape.keys where !present.contains(field.name) {
        let isBlock = field.shape.isCollection && !context.isInBrackets
        let text = close.map { field.name + $0 } ?? field.name + (hasColon ? "" : isBlock ? ":" : ": ")
        item(
          field.name, kind: 10,
          detail: field.isRequired ? "required" : field.defaultValue.map { "default \($0)" } ?? "",
          documentation: Hover.page(of: field, path: prefix + field.name), text: text)
      }
    }
    if context.isValue {
      for choice in shape.words where !items.contains(where: { $0["label"]?.stringValue == choice.word }) {
        // In quotes a boolean would be a string.
        if close != nil, choice.word == "true" || choice.word == "false" { continue }
        item(
          choice.word, kind: 12, detail: "", documentation: choice.documentation,
          text: space + choice.word + (close ?? ""))
      }
      if items.isEmpty, let example = shape.example {
        item(
          example, kind: 12, detail: "an example", documentation: "",
          text: space + (close.map { example + $0 } ?? Self.quoted(example)))
      }
    }
    return .array(items)
  }

  /// The end of the word that the cursor stands in.
  private static func wordEnd(_ bytes: [UInt8], from offset: Int, in quote: UInt8?) -> Int {
    var end = offset
    while end < bytes.count {
      let byte = bytes[end]
      let isLetter = (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20)
      let isWord = isLetter || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) || "_-.".utf8.contains(byte)
      guard quote == nil ? isWord : byte != quote && byte != 0x0A && byte != 0x0D else { break }
      end += 1
    }
    // What follows a quote that is not closed is no part of the word.
    if let quote, end == bytes.count || bytes[end] != quote { return offset }
    return end
  }

  /// The keys that the mapping around the cursor has already, as far as the text can be read.
  private func siblings(_ source: Source, _ context: CursorContext, _ word: Span, isKey: Bool) -> Set<String> {
    // What is typed is taken out: it may be no key yet.
    let placeholder = isKey && context.quote == nil ? Array("_".utf8) : []
    let without = Array(source.bytes[..<word.start] + placeholder + source.bytes[word.end...])
    let place = (offset: word.start, column: column(of: word.start, in: without))
    let tree = SyntaxTree(parsing: Source(path: source.path, bytes: without))
    guard var node = tree.root ?? tree.fragment?.root else { return [] }
    for name in context.path {
      let around = element(of: node, around: place, in: without) ?? node
      guard let next = around[name] else { return [] }
      node = next
    }
    // A new element has no keys.
    if node.elements != nil { node = element(of: node, around: place, in: without) ?? node }
    return Set((node.members ?? .empty).map(\.name))
  }

  /// The element of a list that a place belongs to: that around it, or the last before it whose keys it is in the column of,
  /// or further in.
  private func element(of list: SyntaxNode, around place: (offset: Int, column: Int), in bytes: [UInt8]) -> SyntaxNode?
  {
    guard let last = list.elements?.reversed().first(where: { $0.span.start <= place.offset }) else { return nil }
    if place.offset <= last.span.end { return last }
    return last.style == .block && column(of: last.span.start, in: bytes) <= place.column ? last : nil
  }

  private func column(of offset: Int, in bytes: [UInt8]) -> Int {
    offset - ((bytes[..<offset].lastIndex { $0 == 0x0A || $0 == 0x0D } ?? -1) + 1)
  }

  private static func quoted(_ text: String) -> String {
    text.utf8.contains { "*:~/#@".utf8.contains($0) } ? "\"\(text)\"" : text
  }
}

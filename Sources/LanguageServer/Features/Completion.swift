internal import CanonicalJSON
internal import Compiler
internal import Diagnostics

extension Server {
  /// Keys and words of the field table that fit where the cursor stands, each with its documentation.
  func completion(_ parameters: JSON) throws(RequestError) -> JSON {
    let (document, offset) = try place(parameters)
    let source = document.source
    let context = CursorContext(source.bytes[..<offset])
    guard let shape = FieldTable.shape(at: context.path) else { return [] }
    let span = Span(min(context.wordStart, offset), offset)
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
      let present = siblings(source, context, offset)
      let prefix = context.path.isEmpty ? "" : context.path.joined(separator: ".") + "."
      for field in shape.keys where !present.contains(field.name) {
        let isBlock = field.shape.isCollection && !context.isInBrackets
        item(
          field.name, kind: 10,
          detail: field.isRequired ? "required" : field.defaultValue.map { "default \($0)" } ?? "",
          documentation: Hover.page(of: field, path: prefix + field.name), text: field.name + (isBlock ? ":" : ": "))
      }
    }
    if context.isValue {
      for choice in shape.words where !items.contains(where: { $0["label"]?.stringValue == choice.word }) {
        item(choice.word, kind: 12, detail: "", documentation: choice.documentation, text: choice.word)
      }
      if items.isEmpty, let example = shape.example {
        item(example, kind: 12, detail: "an example", documentation: "", text: Self.quoted(example))
      }
    }
    return .array(items)
  }

  /// The keys that the mapping around the cursor has already, as far as the text can be read.
  private func siblings(_ source: Source, _ context: CursorContext, _ offset: Int) -> Set<String> {
    // What is typed is taken out: it may be no key yet.
    let without = Array(source.bytes[..<min(context.wordStart, offset)] + source.bytes[offset...])
    let tree = SyntaxTree(parsing: Source(path: source.path, bytes: without))
    guard var node = tree.root else { return [] }
    if context.path.isEmpty { return Set((node.members ?? []).map(\.name)) }
    for name in context.path {
      let mappings = [node] + (node.elements ?? []).filter { $0.span.start <= offset && offset <= $0.span.end + 1 }
      guard let next = mappings.lazy.compactMap({ $0[name] }).first else { return [] }
      node = next
    }
    if let elements = node.elements {
      node = elements.last { $0.span.start <= offset && offset <= $0.span.end + 1 } ?? node
      // A new element has no keys.
      if node.elements != nil { return [] }
    }
    return Set((node.members ?? []).map(\.name))
  }

  private static func quoted(_ text: String) -> String {
    text.utf8.contains { "*:~/#@".utf8.contains($0) } ? "\"\(text)\"" : text
  }
}

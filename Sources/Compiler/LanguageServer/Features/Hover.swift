internal import CanonicalJSON
internal import Diagnostics
internal import Manifest
internal import PolicyIR
internal import Text

/// What is shown about a key and its value.
enum Hover {
  /// The page of a field, in Markdown.
  static func page(of field: Field, path: String) -> String {
    let lines = (FieldPage.text(of: path) ?? "\(path)\n\n  \(field.documentation)").split(
      separator: "\n", omittingEmptySubsequences: false
    ).dropFirst()
    return "**`\(path)`**\n\n\(field.documentation)\n\n```text\n"
      + lines.drop { $0.isEmpty || $0.hasSuffix(field.documentation) }.joined(separator: "\n").trimmedLines + "\n```"
  }
}

extension Server {
  /// The field's documentation, what the place grants in the policy, and what that means for the machine.
  func hover(_ parameters: JSON) throws(RequestError) -> JSON {
    let (document, offset) = try place(parameters)
    let source = document.source
    guard let target = Target(source, offset), let found = FieldTable.field(along: target.path) else { return .null }
    var text = Hover.page(of: found.field, path: found.path)
    if let word = target.value.string, let choice = found.field.shape.words.first(where: { $0.word == word }),
      !choice.documentation.isEmpty
    {
      text += "\n\n`\(word)`: \(choice.documentation)"
    }
    let analysis = document.analysis
    let first = source.position(of: target.whole.start).line
    let last = source.position(of: target.whole.end).line
    let origins = target.path[0] == "tools" ? analysis?.toolOrigins : analysis?.origins
    let entries = (origins?.entries ?? []).filter { entry in
      let place = source.offset(line: entry.origin.line, column: entry.origin.column)
      return (first...last).contains(entry.origin.line) && target.whole.start <= place && place <= target.whole.end
        && (entry.origin.key.hasPrefix(found.path) || found.path.hasPrefix(entry.origin.key))
    }
    if !entries.isEmpty {
      text += "\n\nIn the policy:\n\n```text\n"
      for entry in entries {
        let reason = entry.origin.reason.isEmpty ? "" : "  (\(entry.origin.reason))"
        for grant in entry.grant.grants { text += "\(grant)\(reason)\n" }
      }
      text += "```"
    }
    if let verdict = analysis?.verdict, !verdict.isEmpty,
      ["capabilities", "modalities", "tooling"].contains(target.path[0])
    {
      text += "\n\nThe app is \(verdict.hasPrefix("fully local") ? "**\(verdict)**" : "not fully local: \(verdict)")."
    }
    return ["contents": ["kind": "markdown", "value": .string(text)], "range": source.json(range: target.span)]
  }
}

/// The key or the value of a manifest under a cursor.
struct Target {
  /// The keys from the top to this one.
  var path: [String] = []
  /// Of the key, or of the scalar.
  var span: Span
  /// Of the key with its value.
  var whole: Span
  var value: SyntaxNode
  /// The node under the cursor itself, when it is not the key.
  var node: SyntaxNode?

  init?(_ source: Source, _ offset: Int) {
    guard let root = SyntaxTree(parsing: source).root else { return nil }
    span = root.span
    whole = root.span
    value = root
    guard descend(root, offset), !path.isEmpty else { return nil }
  }

  private mutating func descend(_ node: SyntaxNode, _ offset: Int) -> Bool {
    // What an alias stands for is written elsewhere.
    if node.anchored != nil {
      self.node = node
      span = node.span
      return true
    }
    for member in node.members ?? .empty {
      let isOnKey = member.nameSpan.start <= offset && offset <= member.nameSpan.end
      let isInValue = member.value.span.start <= offset && offset <= member.value.span.end
      guard isOnKey || isInValue else { continue }
      path.append(member.name)
      whole = Span(member.nameSpan.start, max(member.nameSpan.end, member.value.span.end))
      value = member.value
      span = member.nameSpan
      if isOnKey { return true }
      return descend(member.value, offset)
    }
    for element in node.elements ?? .empty where element.span.start <= offset && offset <= element.span.end {
      value = element
      whole = element.span
      return descend(element, offset)
    }
    guard node.members == nil, node.elements == nil else { return !path.isEmpty && node.members == nil }
    self.node = node
    span = node.span
    return true
  }
}

extension String {
  /// Without empty lines at the beginning and the end, and without the indentation of a page.
  fileprivate var trimmedLines: String {
    let lines = split(separator: "\n", omittingEmptySubsequences: false)
    let kept = lines.drop { $0.isEmpty }.reversed().drop { $0.isEmpty }.reversed()
    return kept.map { $0.hasPrefix("  ") ? String($0.dropFirst(2)) : String($0) }.joined(separator: "\n")
  }
}

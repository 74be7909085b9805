internal import Diagnostics
internal import Text

/// One value to be put into a manifest: a scalar that takes the place of what is there, or an element for a list.
struct ManifestEdit: Hashable {
  /// Keys from the top.
  var path: [String]
  /// As it is to be written.
  var value: String
  var isElement: Bool

  /// The edits that bring what a line such as `fs: {read: ["~/x"]}` says under `capabilities`; nil when it cannot be
  /// read, or leaves a word in capitals to be chosen by the author.
  static func edits(of line: String) -> [ManifestEdit]? {
    let source = Source(path: "", bytes: Array(line.utf8))
    guard let root = SyntaxTree(parsing: source).root, root.members != nil else { return nil }
    var edits: [ManifestEdit] = []
    func visit(_ node: SyntaxNode, _ path: [String]) {
      switch node.value {
      case .mapping(let members): for member in members { visit(member.value, path + [member.name]) }
      case .sequence(let elements):
        edits += elements.map { ManifestEdit(path: path, value: source.text($0.span), isElement: true) }
      default: edits.append(ManifestEdit(path: path, value: source.text(node.span), isElement: false))
      }
    }
    visit(root, ["capabilities"])
    guard !edits.contains(where: { $0.value == "PROGRAM" }) else { return nil }
    return edits
  }

  /// The manifest with this edit, everything else byte for byte as it was; nil where there is no place for it.
  func applied(to text: String) -> String? {
    let source = Source(path: "", bytes: Array(text.utf8))
    guard var node = SyntaxTree(parsing: source).root, node.members != nil else { return nil }
    for (depth, key) in path.enumerated() {
      guard let members = node.members else { return nil }
      guard let member = members.first(where: { $0.name == key }) else {
        return inserted(Array(path[depth...]), into: node, of: source, at: depth)
      }
      // An empty value is replaced as a whole: `fs:` and `fs: {}`, but also `net: false`.
      let isEmpty = member.value.members?.isEmpty ?? (member.value.value == .null)
      if depth + 1 < path.count, isEmpty || member.value.value == .boolean(false) {
        let start = member.value.value == .null ? member.nameSpan.end : member.value.span.start
        let lead = member.value.value == .null ? ": " : ""
        let end = member.value.value == .null ? colon(after: member.nameSpan.end, source) : member.value.span.end
        return replaced(start, end, lead + nested(Array(path[(depth + 1)...])), source)
      }
      node = member.value
    }
    guard isElement else {
      return source.text(node.span) == value ? text : replaced(node.span.start, node.span.end, value, source)
    }
    return appended(to: node, source)
  }

  /// `{read: ["~/x"]}` for the keys that are missing.
  private func nested(_ keys: [String]) -> String {
    let innermost = isElement ? "[\(value)]" : value
    return keys.reversed().reduce(innermost) { "{\($1): \($0)}" }
  }

  /// A member for a mapping that lacks it.
  private func inserted(_ keys: [String], into node: SyntaxNode, of source: Source, at depth: Int) -> String? {
    guard let members = node.members else { return nil }
    let below = keys.count > 1 ? nested(Array(keys.dropFirst())) : isElement ? "[\(value)]" : value
    let member = "\(keys[0]): \(below)"
    guard node.style == .block, let last = members.last else {
      let end = node.span.end - 1  // the closing bracket
      return replaced(end, end, members.isEmpty ? member : ", \(member)", source)
    }
    // On a line of its own, after the last member's own lines, indented as that is.
    let column = source.position(of: last.nameSpan.start).column - 1
    let line = ends(
      of: last.value.members == nil && last.value.elements == nil ? last.value.span : lastSpan(last.value), source)
    let newLine = line.hasNewline ? "" : "\n"
    return replaced(
      line.offset, line.offset, newLine + String(repeating: " ", count: column) + member + "\n", source)
  }

  private func appended(to node: SyntaxNode, _ source: Source) -> String? {
    guard let elements = node.elements else { return nil }
    guard !elements.contains(where: { source.text($0.span) == value || $0.string == unquoted }) else {
      return String(decoding: source.bytes, as: UTF8.self)
    }
    guard node.style == .block, let last = elements.last else {
      let end = node.span.end - 1
      return replaced(end, end, elements.isEmpty ? value : ", \(value)", source)
    }
    // `- ` stands before the element, wherever the list begins.
    let dash = source.bytes[..<last.span.start].lastIndex(of: UInt8(ascii: "-")) ?? last.span.start
    let column = source.position(of: dash).column - 1
    let line = ends(of: lastSpan(last), source)
    return replaced(
      line.offset, line.offset,
      (line.hasNewline ? "" : "\n") + String(repeating: " ", count: column) + "- \(value)\n", source)
  }

  private var unquoted: String {
    value.hasPrefix("\"") && value.hasSuffix("\"") && value.count > 1 ? String(value.dropFirst().dropLast()) : value
  }

  /// Of the innermost last value: the end mark of a block collection lies on a later line.
  private func lastSpan(_ node: SyntaxNode) -> Span {
    guard node.style == .block else { return node.span }
    if let last = node.members?.last { return lastSpan(last.value) }
    if let last = node.elements?.last { return lastSpan(last) }
    return node.span
  }

  /// Where the line ends that a span ends on, a comment included.
  private func ends(of span: Span, _ source: Source) -> (offset: Int, hasNewline: Bool) {
    // A block scalar's span ends at the start of a line after it.
    let from = max(span.start, span.end - 1)
    guard let newline = source.bytes[min(from, source.bytes.count)...].firstIndex(of: UInt8(ascii: "\n")) else {
      return (source.bytes.count, false)
    }
    return (newline + 1, true)
  }

  private func colon(after offset: Int, _ source: Source) -> Int {
    (source.bytes[offset...].firstIndex(of: UInt8(ascii: ":")) ?? offset - 1) + 1
  }

  private func replaced(_ start: Int, _ end: Int, _ new: String, _ source: Source) -> String {
    String(decoding: source.bytes[..<start] + Array(new.utf8) + source.bytes[end...], as: UTF8.self)
  }
}

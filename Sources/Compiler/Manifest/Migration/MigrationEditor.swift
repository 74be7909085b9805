internal import Diagnostics
internal import Text

/// One step of a migration as edits of the text.
struct MigrationEditor {
  private let source: Source
  private var edits: Set<Fix.Edit> = []
  private(set) var notes: [String] = []

  init(_ source: Source) { self.source = source }

  var bytes: [UInt8] { applying(edits.sorted { $0.span < $1.span }, to: source.bytes) }

  mutating func apply(_ step: ManifestMigration.Step) {
    guard let root = SyntaxTree(parsing: source).root else { return }
    switch step {
    case .rename(let path, let name):
      visit(root, path[...]) { $0.edits.insert(.init($1.nameSpan, name)) }
    case .replace(let path, let word, let replacement):
      visit(root, path[...]) { editor, member, _ in
        for node in [member.value] + (member.value.elements ?? .empty) where node.string == word {
          // What an alias stands for is written elsewhere, and changed there.
          editor.edits.insert(.init(node.anchored ?? node.span, replacement))
        }
      }
    case .wrap(let path, let key): visit(root, path[...]) { $0.wrap($1, in: key) }
    case .remove(let path, let reason):
      visit(root, path[...]) { editor, member, parent in
        editor.remove(member, from: parent)
        editor.notes.append("`\(path.joined(separator: "."))` is gone: \(reason)")
      }
    }
  }

  private mutating func visit(
    _ node: SyntaxNode, _ path: ArraySlice<String>, _ body: (inout MigrationEditor, SyntaxMember, SyntaxNode) -> Void
  ) {
    guard let name = path.first else { return }
    for element in node.elements ?? .empty { visit(element, path, body) }
    for member in node.members ?? .empty where name == "*" || member.name == name {
      if path.count == 1 { body(&self, member, node) } else { visit(member.value, path.dropFirst(), body) }
    }
  }

  private mutating func visit(
    _ node: SyntaxNode, _ path: ArraySlice<String>, _ body: (inout MigrationEditor, SyntaxMember) -> Void
  ) {
    visit(node, path) { editor, member, _ in body(&editor, member) }
  }

  private mutating func wrap(_ member: SyntaxMember, in key: String) {
    let value = member.value.span
    let isBelow = source.position(of: value.start).line > source.position(of: member.nameSpan.end).line
    guard isBelow, member.value.style == .block else {
      edits.insert(.init(Span(value.start, value.start), "{\(key): "))
      edits.insert(.init(Span(value.end, value.end), "}"))
      return
    }
    // The value's lines move two columns, below a line of the new key where its first stood.
    let first = source.position(of: value.start).line
    let last = source.position(of: max(value.start, value.end - 1)).line
    let column = value.start - source.lineStarts[first - 1]
    let space = String(repeating: " ", count: column)
    for line in first...last where !source.line(line).isEmpty {
      let start = source.lineStarts[line - 1]
      edits.insert(.init(Span(start, start), line == first ? "\(space)\(key):\n  " : "  "))
    }
  }

  private mutating func remove(_ member: SyntaxMember, from parent: SyntaxNode) {
    let bytes = source.bytes
    var start = member.nameSpan.start
    var end = max(member.nameSpan.end, member.value.span.end)
    if parent.style == .block {
      // The whole lines, with the comment behind the value.
      while start > 0, bytes[start - 1] != UInt8(ascii: "\n") { start -= 1 }
      while end < bytes.count, bytes[end] != UInt8(ascii: "\n") { end += 1 }
      let isFirst = bytes[start..<member.nameSpan.start].contains { $0 != UInt8(ascii: " ") }
      // After a dash the next key takes the place of this one.
      if isFirst { start = member.nameSpan.start }
      end = min(end + 1, bytes.count)
      if isFirst { while end < bytes.count, bytes[end] == UInt8(ascii: " ") { end += 1 } }
    } else if let comma = bytes[end...].firstIndex(where: { $0 != UInt8(ascii: " ") }),
      bytes[comma] == UInt8(ascii: ",")
    {
      end = comma + 1
      while end < bytes.count, bytes[end] == UInt8(ascii: " ") { end += 1 }
    } else {
      var before = start
      while before > 0, " ,\n".utf8.contains(bytes[before - 1]) { before -= 1 }
      start = before
    }
    edits.insert(.init(Span(start, end), ""))
  }
}

// INVARIANT: what is formatted is the same document, value for value and comment for comment. The layout is made from
// the scanner's tokens, whose characters are never changed; the result is read again and compared before anyone gets it.

package import Diagnostics

/// A text in the one layout of manifests, or why it has none.
package enum Formatting: Sendable {
  /// The bytes may be those that were given.
  case formatted([UInt8])
  /// The text is not YAML, or says something else in the other layout.
  case refused([Diagnostic])

  /// Lays a text out: two spaces a level, entries of a list one level below their key, one space after `:` and `,`, two
  /// before a comment, at most one empty line, line feeds.
  ///
  /// Whether it is a manifest does not matter: any YAML file can be laid out that can be read.
  package init(_ source: Source) {
    let tree = SyntaxTree(parsing: source)
    let errors = tree.diagnostics.filter { $0.severity == .error }
    guard errors.isEmpty else {
      self = .refused(errors)
      return
    }
    guard let bytes = Formatting.settled(source.bytes),
      Formatting.isSame(source, tree, Source(path: source.path, bytes: bytes))
    else {
      self = .refused([Formatting.changed(source)])
      return
    }
    self = .formatted(bytes)
  }

  /// The layout of a text, which is its own layout; nil when none is found.
  ///
  /// Odd places of comments and empty lines may need a second pass: what people have on disk must not change when it is
  /// laid out again.
  private static func settled(_ bytes: [UInt8]) -> [UInt8]? {
    // A byte order mark is no character of the text, and would move the columns of its first line.
    var bytes = withLineFeeds(bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? Array(bytes.dropFirst(3)) : bytes)
    for _ in 0..<4 {
      guard let stream = TokenStream(Source(path: "", bytes: bytes)) else { return nil }
      var layout = Layout(bytes)
      let next = layout.render(stream.tokens)
      if next == bytes { return bytes }
      bytes = next
    }
    return nil
  }

  /// Every line break as a line feed; which it was means nothing (YAML 1.2.2, section 5.4).
  private static func withLineFeeds(_ bytes: [UInt8]) -> [UInt8] {
    guard bytes.contains(UInt8(ascii: "\r")) else { return bytes }
    var result: [UInt8] = []
    result.reserveCapacity(bytes.count)
    for (index, byte) in bytes.enumerated() {
      if byte != UInt8(ascii: "\r") {
        result.append(byte)
      } else if index + 1 == bytes.count || bytes[index + 1] != UInt8(ascii: "\n") {
        result.append(UInt8(ascii: "\n"))
      }
    }
    return result
  }

  /// Whether the other text has the same values in the same styles, and the same comments.
  private static func isSame(_ source: Source, _ tree: SyntaxTree, _ other: Source) -> Bool {
    let again = SyntaxTree(parsing: other)
    guard again.diagnostics.isEmpty else { return false }
    switch (tree.root, again.root) {
    case (nil, nil): break
    case (let left?, let right?): guard left.isSame(as: right) else { return false }
    default: return false
    }
    let comments = Comments.spans(in: source)?.map { trimmed(source.text($0)) }
    return comments == Comments.spans(in: other)?.map { trimmed(other.text($0)) }
  }

  private static func trimmed(_ comment: String) -> Substring {
    var text = Substring(comment)
    while let last = text.unicodeScalars.last, last == " " || last == "\t" { text.unicodeScalars.removeLast() }
    return text
  }

  private static func changed(_ source: Source) -> Diagnostic {
    Diagnostic(
      "LY022", "this file would say something else in the layout of manifests, so it is left as it is",
      at: .init(source, Span(0, min(1, source.bytes.count))),
      notes: ["write the text that is spread over lines in an unusual way in quotes, or as a `|` text"])
  }
}

extension SyntaxNode {
  /// Whether a node says the same in the same styles, wherever it stands.
  func isSame(as other: SyntaxNode) -> Bool {
    guard style == other.style, (anchored == nil) == (other.anchored == nil) else { return false }
    switch (value, other.value) {
    case (.sequence(let left), .sequence(let right)):
      return left.count == right.count && zip(left, right).allSatisfy { $0.isSame(as: $1) }
    case (.mapping(let left), .mapping(let right)):
      return left.count == right.count
        && zip(left, right).allSatisfy { $0.name == $1.name && $0.value.isSame(as: $1.value) }
    default: return value == other.value
    }
  }
}

internal import Diagnostics

/// libyaml's words as a diagnostic that says what to do.
enum SyntaxProblem {
  static func diagnostic(for error: SyntaxEventError, in source: Source) -> Diagnostic {
    let span = SyntaxProblem.span(error.span, in: source)
    if source.text(span) == "\t" {
      return Diagnostic(
        "LY012", "a tab stands where only spaces may", at: .init(source, span, "this is a tab"),
        notes: ["YAML counts indentation in spaces: replace the tab"])
    }
    let isAtEnd = error.span.start >= source.bytes.count && error.context.contains("parsing a flow")
    let entry =
      isAtEnd ? unclosed : entries.first { error.problem.contains($0.problem) && error.context.contains($0.context) }
    if error.problem == "did not find expected key", let diagnostic = followsValue(span, in: source) {
      return diagnostic
    }
    var secondary: [Diagnostic.Label] = []
    if let began = error.contextSpan,
      let label = contextLabels.first(where: { error.context.contains($0.context) })?.label,
      source.position(of: began.start) != source.position(of: span.start)
    {
      secondary.append(.init(source, began, label))
    }
    guard let entry else {
      return Diagnostic(
        "LY020", "this is not YAML: \(error.problem)", at: .init(source, span, "reading stopped here"),
        secondary: secondary)
    }
    let isEscape = entry.code == "LY018" && source.text(span) == "\\"
    return Diagnostic(
      entry.code, entry.headline, at: .init(source, isEscape ? Span(span.start, span.end + 1) : span, entry.label),
      secondary: secondary,
      notes: entry.note.isEmpty ? [] : [entry.note])
  }

  /// Something behind a complete value, on its line: `[a]]`, `"a" b`. Where the mapping began does not matter then.
  private static func followsValue(_ span: Span, in source: Source) -> Diagnostic? {
    let line = source.line(source.line(of: span.start))
    guard span.start < line.endIndex, let before = line[..<span.start].last(where: { $0 != 0x20 && $0 != 0x09 }),
      "\"'])}".utf8.contains(before)
    else { return nil }
    let isQuote = before == UInt8(ascii: "\"") || before == UInt8(ascii: "'")
    return Diagnostic(
      "LY017", "something follows the value", at: .init(source, span, "the value ends before this"),
      notes: [
        isQuote
          ? "a text is wholly in quotes or has none around it; in single quotes a `'` is written twice: `'It''s mine'`"
          : "remove it, or put the whole text in quotes"
      ])
  }

  /// What began earlier, by libyaml's words; what is not listed says nothing to an author.
  private static let contextLabels: [(context: String, label: String)] = [
    ("scanning a quoted scalar", "opened here"), ("parsing a flow", "opened here"),
    ("parsing a block mapping", "the mapping begins here"), ("parsing a block collection", "the list begins here"),
    ("scanning a simple key", "this key"),
  ]

  /// At the end of the file there is nothing to underline: point at the last character instead.
  private static func span(_ span: Span, in source: Source) -> Span {
    guard span.start >= source.bytes.count, let last = source.bytes.lastIndex(where: { $0 > 0x20 }) else { return span }
    return Span(last + 1, last + 1)
  }

  private struct Entry {
    /// Parts of libyaml's own texts, scanner.c and parser.c of 0.2.5.
    var problem: String
    var context = ""
    var code: String
    var headline: String
    var label: String
    var note = ""
  }

  /// Whatever is expected in brackets, at the end of the file it is their end.
  private static let unclosed = Entry(
    problem: "", code: "LY016", headline: "a `[` list or a `{` mapping is not closed", label: "the file ends here")

  private static let entries: [Entry] = [
    Entry(
      problem: "found character that cannot start any token", code: "LY012",
      headline: "a value cannot begin with this character", label: "not allowed here",
      note: "put a value that begins with `@`, `%` or a backtick in quotes"),
    Entry(
      problem: "mapping values are not allowed in this context", code: "LY013",
      headline: "a `:` begins a value where none can be", label: "this `:`",
      note: "the line before may lack its own `:`, this line may be indented too far, "
        + "or the text may need quotes because it contains `: `"),
    Entry(
      problem: "block sequence entries are not allowed in this context", code: "LY013",
      headline: "a `-` begins a list entry where none can be", label: "this `-`",
      note: "put the list on its own lines below the key"),
    Entry(
      problem: "could not find expected ':'", code: "LY014", headline: "this key has no `:`",
      label: "expected a `:` before this",
      note: "a key and its value are written `key: value`, with a space after the `:`"),
    Entry(
      problem: "found unexpected end of stream", context: "quoted scalar", code: "LY015",
      headline: "a quote is opened and never closed", label: "the file ends here"),
    Entry(
      problem: "found unexpected document indicator", code: "LY015", headline: "a quote is opened and never closed",
      label: "a document ends here"),
    Entry(
      problem: "did not find expected ',' or ']'", code: "LY016", headline: "a `[` list is not closed or lacks a `,`",
      label: "expected `,` or `]` before this"),
    Entry(
      problem: "did not find expected ',' or '}'", code: "LY016",
      headline: "a `{` mapping is not closed or lacks a `,`", label: "expected `,` or `}` before this"),
    Entry(
      problem: "did not find expected '-' indicator", code: "LY017", headline: "a list's entries are not aligned",
      label: "expected a `-` in the column of the entries before"),
    Entry(
      problem: "did not find expected key", code: "LY017", headline: "this does not belong to the mapping around it",
      label: "expected a key in the column of the keys before",
      note: "check the indentation, and put a value that contains `: ` or begins with a quote wholly in quotes"),
    Entry(
      problem: "did not find expected node content", code: "LY020", headline: "a value is missing",
      label: "expected a value before this", note: "a text that begins with `,`, `?`, `]` or `}` needs quotes"),
    Entry(
      problem: "mapping keys are not allowed in this context", code: "LY020",
      headline: "a `?` begins a key where none can be", label: "this `?`",
      note: "a text that begins with `?` needs quotes"),
    Entry(
      problem: "did not find expected alphabetic or numeric character", code: "LY020",
      headline: "the name of an anchor or an alias is of letters, digits, `-` and `_`", label: "not allowed in a name",
      note: "a text that begins with `&` or `*` needs quotes"),
    Entry(
      problem: "did not find expected comment or line break", context: "block scalar", code: "LY020",
      headline: "a `|` or `>` text begins on the line after it", label: "expected the end of the line"),
    Entry(
      problem: "unknown escape character", code: "LY018", headline: "this escape does not exist",
      label: "unknown escape",
      note: "in double quotes a backslash is written `\\\\`; in single quotes it stands for itself"),
    Entry(
      problem: "did not find expected hexdecimal number", code: "LY018",
      headline: "this escape needs hexadecimal digits",
      label: "expected a digit", note: "`\\x` takes two digits, `\\u` four, `\\U` eight"),
    Entry(
      problem: "invalid Unicode character escape code", code: "LY018", headline: "this escape names no character",
      label: "not a Unicode scalar value"),
    Entry(
      problem: "did not find expected <document start>", code: "LY019",
      headline: "something follows the end of the document", label: "expected the end of the file"),
    Entry(
      problem: "found incompatible YAML document", code: "LY019", headline: "this version of YAML is not supported",
      label: "expected 1.1 or 1.2", note: "remove the `%YAML` line: the scalar rules are those of YAML 1.2"),
    Entry(
      problem: "found undefined tag handle", code: "LY007", headline: "tags are not part of the language",
      label: "a tag", note: "a value's type follows from how it is written: put it in quotes to make it a string"),
    Entry(
      problem: "control characters are not allowed", code: "LY002",
      headline: "control characters are not allowed in YAML", label: "this character",
      note: "write it as an escape in double quotes"),
  ]
}

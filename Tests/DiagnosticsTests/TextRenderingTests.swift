import Diagnostics
import Reports
import Testing

@Suite struct TextRenderingTests {
  private func render(_ text: String, _ spans: [(Int, Int, String)], width: Int = 100, notes: [String] = []) -> String {
    let source = Source(path: "a.yaml", bytes: Array(text.utf8))
    let labels = spans.map { Diagnostic.Label(path: "a.yaml", span: Span($0.0, $0.1), text: $0.2) }
    let diagnostic = Diagnostic(
      "LX999", .error, "something is wrong", at: labels[0], secondary: Array(labels.dropFirst()), notes: notes)
    return renderText([diagnostic], sources: [source], color: false, width: width)
  }

  @Test func underlinesTheSpanWithItsLabel() {
    #expect(
      render("name: x\nnam: y\n", [(8, 11, "did you mean `name`?")], notes: ["a note"]) == """
        error[LX999]: something is wrong
         --> a.yaml:2:1
          |
        2 | nam: y
          | ^^^ did you mean `name`?
          = note: a note


        """)
  }

  @Test func showsSecondaryLabelsInLineOrder() {
    #expect(
      render("a: 1\nb: 2\nc: 3\na: 4\n", [(15, 16, "again here"), (0, 1, "first written here")]) == """
        error[LX999]: something is wrong
         --> a.yaml:4:1
          |
        1 | a: 1
          | - first written here
        ...
        4 | a: 4
          | ^ again here


        """)
  }

  @Test func alignsUnderTabsWideAndCombiningCharacters() {
    // A tab goes to column 4, each of the two ideographs takes two columns, the combining accent none.
    let text = "\t日本e\u{301}x"
    let start = text.utf8.count - 1
    let lines = render(text, [(start, start + 1, "")]).split(separator: "\n")
    #expect(lines[3] == "1 |     日本e\u{301}x")
    #expect(lines[4] == "  |          ^")
  }

  @Test func cutsLongLinesAroundTheSpan() {
    let text = String(repeating: "a", count: 500) + "BAD" + String(repeating: "b", count: 500)
    let lines = render(text, [(500, 503, "here")], width: 60).split(separator: "\n")
    #expect(lines.allSatisfy { $0.count <= 60 })
    let column = lines[3].distance(from: lines[3].startIndex, to: lines[3].firstIndex(of: "B") ?? lines[3].startIndex)
    #expect(
      lines[4].distance(from: lines[4].startIndex, to: lines[4].firstIndex(of: "^") ?? lines[4].startIndex) == column)
    #expect(lines[3].contains("…"))
  }

  @Test func neverSendsControlCharactersToTheTerminal() {
    let output = render("a\u{1B}[31m\u{202E}b", [(0, 1, "")])
    #expect(!output.unicodeScalars.contains("\u{1B}"))
    #expect(!output.unicodeScalars.contains("\u{202E}"))
  }

  @Test func colorsOnlyWhenAsked() {
    let source = Source(path: "a.yaml", bytes: Array("a".utf8))
    let diagnostic = Diagnostic("LX999", .warning, "w", at: .init(path: "a.yaml", span: Span(0, 1)))
    #expect(renderText([diagnostic], sources: [source], color: true).contains("\u{1B}[1;33mwarning[LX999]\u{1B}[0m"))
    #expect(!renderText([diagnostic], sources: [source], color: false).contains("\u{1B}"))
  }
}

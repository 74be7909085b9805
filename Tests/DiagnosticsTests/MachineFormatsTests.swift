import CanonicalJSON
import Diagnostics
import Reports
import Testing

@Suite struct MachineFormatsTests {
  let source = Source(path: "a dir/ü.yaml", bytes: Array("a: ü\nnam: x\n".utf8))
  var diagnostics: [Diagnostic] {
    [
      Diagnostic(
        "LM001", .error, "no key `nam`, 100%",
        at: .init(path: source.path, span: Span(6, 9), text: "did you mean `name`?"),
        secondary: [.init(path: source.path, span: Span(3, 5), text: "here")], notes: ["one", "two"],
        fix: Fix("replace it", .safe, edits: [.init(Span(6, 9), "name")])),
      Diagnostic("LM060", .warning, "not enforced", at: .init(path: "gone.yaml", span: Span(0, 0))),
    ]
  }

  private func json(_ format: DiagnosticFormat) throws -> JSON {
    try JSON(parsing: Array(render(diagnostics, sources: [source], as: format).utf8))
  }

  @Test func jsonSaysAllThatIsKnown() throws {
    let report = try json(.json)
    #expect(report["errors"]?.integerValue == 1)
    #expect(report["warnings"]?.integerValue == 1)
    let first = try #require(report["diagnostics"]?.arrayValue?.first)
    #expect(first["primary"]?["line"]?.integerValue == 2)
    #expect(first["primary"]?["column"]?.integerValue == 1)
    #expect(first["secondary"]?.arrayValue?.first?["endColumn"]?.integerValue == 5)
    #expect(first["fix"]?["edits"]?.arrayValue?.first?["replacement"]?.stringValue == "name")
  }

  @Test func sarifHasWhatCodeScanningNeeds() throws {
    let report = try json(.sarif)
    #expect(report["version"]?.stringValue == "2.1.0")
    let run = try #require(report["runs"]?.arrayValue?.first)
    #expect(run["tool"]?["driver"]?["rules"]?.arrayValue?.compactMap { $0["id"]?.stringValue } == ["LM001", "LM060"])
    let result = try #require(run["results"]?.arrayValue?.first)
    let place = result["locations"]?.arrayValue?.first?["physicalLocation"]
    #expect(place?["artifactLocation"]?["uri"]?.stringValue == "a%20dir/%C3%BC.yaml")
    #expect(place?["region"]?["startLine"]?.integerValue == 2)
    #expect(result["level"]?.stringValue == "error")
    // Text replaces text: a region in bytes would ask for bytes (SARIF 2.1.0, section 3.57.4).
    let change = result["fixes"]?.arrayValue?.first?["artifactChanges"]?.arrayValue?.first
    let replacement = change?["replacements"]?.arrayValue?.first
    #expect(replacement?["deletedRegion"] == ["startLine": 2, "startColumn": 1, "endLine": 2, "endColumn": 4])
    #expect(replacement?["insertedContent"]?["text"] == "name")
  }

  /// Of fixes that overlap only the first is made, and only what is made is counted.
  @Test func fixesThatOverlapAreNotCounted() {
    let fixes = [Fix("a", edits: [.init(Span(0, 2), "x")]), Fix("b", edits: [.init(Span(1, 3), "y")])]
    let done = applying(fixes, to: Array("abcd".utf8))
    #expect(done.bytes == Array("xcd".utf8) && done.applied == 1)
    let apart = applying(
      [Fix("a", edits: [.init(Span(2, 3), "x")]), Fix("b", edits: [.init(Span(0, 1), "y")])], to: Array("abcd".utf8))
    #expect(apart.bytes == Array("ybxd".utf8) && apart.applied == 2)
  }

  @Test func githubCommandsAreEscaped() {
    let lines = render(diagnostics, sources: [source], as: .github).split(separator: "\n")
    #expect(
      lines == [
        "::error file=a dir/ü.yaml,line=2,endLine=2,col=1,endColumn=4,title=LM001::no key `nam`, 100%25: "
          + "did you mean `name`?%0Aone%0Atwo%0Ahelp: replace it",
        "::warning file=gone.yaml,title=LM060::not enforced",
      ])
  }
}

import Diagnostics
import Lowering
import Schemas
import TestSupport
import Testing
import Text

/// The layout of manifests: one for every way to write the same thing.
@Suite struct FormattingTests {
  private func format(_ text: String) -> String? {
    format(Array(text.utf8)).map { String(decoding: $0, as: UTF8.self) }
  }

  private func format(_ bytes: [UInt8]) -> [UInt8]? {
    guard case .formatted(let bytes) = Formatting(Source(path: "t", bytes: bytes)) else { return nil }
    return bytes
  }

  @Test(arguments: [
    ("a:   1\nb :  2", "a: 1\nb: 2\n"),
    ("a:\n- x\n- y\n", "a:\n  - x\n  - y\n"),
    ("a:\n      b:\n         - c:  1\n           d: 2\n", "a:\n  b:\n    - c: 1\n      d: 2\n"),
    ("-   a\n-   -  b\n    -  c\n", "- a\n- - b\n  - c\n"),
    ("-\n  a: 1\n", "-\n  a: 1\n"),
    ("a: [ 1 ,2,3 ]\nb: { x : 1,y: 2 }\n", "a: [1, 2, 3]\nb: {x: 1, y: 2}\n"),
    ("a: [\n 1,\n        2\n]\n", "a: [\n  1,\n  2\n]\n"),
    ("a:\n  - [x,\n     y]\n", "a:\n  - [x,\n      y]\n"),
    ("a: 1 # one\n#two\nb: 2\n", "a: 1  # one\n#two\nb: 2\n"),
    ("a: 1     # x\nbb: 22   # y\nccc: 3   # z\n", "a: 1    # x\nbb: 22  # y\nccc: 3  # z\n"),
    ("a: 1     # x\nbbbb: 22 # y\n", "a: 1      # x\nbbbb: 22  # y\n"),
    ("a: 1 # x\nbbbb: 22       # y\n", "a: 1  # x\nbbbb: 22  # y\n"),
    ("\n\n# head\n\n\n\na: 1\n\n\n", "# head\n\na: 1\n"),
    ("a:\n- b\n# about c\nc: 1\n# end\n", "a:\n  - b\n# about c\nc: 1\n# end\n"),
    ("a:\n    b: 1\n    # end of a\nc: 1\n", "a:\n  b: 1\n  # end of a\nc: 1\n"),
    ("a: |\n      x\n        y\n\n\nb: 1\n", "a: |\n  x\n    y\n\nb: 1\n"),
    ("a: |+\n   x\n\n\nb: 1\n", "a: |+\n  x\n\n\nb: 1\n"),
    ("a:\n    b: |2\n        x\n       y\n", "a:\n  b: |2\n      x\n     y\n"),
    ("a: >-   # why\n     x  \n     y\nb: 1\n", "a: >-  # why\n  x  \n  y\nb: 1\n"),
    ("a: |\n  x", "a: |\n  x"), ("a: |-\n  x", "a: |-\n  x"),
    ("a: one\n      two\n\n      three\n", "a: one\n  two\n\n  three\n"),
    ("a: \"one \\\n      two\"\n", "a: \"one \\\n  two\"\n"),
    ("a: &x   1\nb:   *x\n*x : 2\n", "a: &x 1\nb: *x\n*x : 2\n"),
    ("a: &x\n     b: 1\n", "a: &x\n  b: 1\n"),
    ("---\na: 1\n...\n", "---\na: 1\n...\n"), ("%YAML 1.2\n---\na: 1\n", "%YAML 1.2\n---\na: 1\n"),
    ("a: 1\r\nb:\r\n    - c  \r\n", "a: 1\nb:\n  - c\n"), ("\u{FEFF}a: 1\n", "a: 1\n"),
    ("\u{FEFF}a:   1\nb: 2\n", "a: 1\nb: 2\n"), ("\u{FEFF}a: [\n  1]\n", "a: [\n  1]\n"),
    ("? a\n:    b\n", "? a\n: b\n"),
    ("{\"a\":1,\n\"b\":[true,\n\n\nnull]}", "{\"a\": 1,\n  \"b\": [true,\n\n    null]}\n"),
    ("a: {b: , c: }\n", "a: {b: , c: }\n"), ("# only\n", "# only\n"), ("", ""), ("a:\nb:\n", "a:\nb:\n"),
    ("a:\n  [\n  # in\n  x, # of x\n  ]\n", "a:\n  [\n  # in\n  x,  # of x\n]\n"),
    ("word", "word\n"), ("é: ü # 日本\n", "é: ü  # 日本\n"),
  ])
  func isLaidOut(_ text: String, _ expected: String) {
    #expect(format(text) == expected)
    #expect(format(expected) == expected, "laying out again changes it")
  }

  @Test func whatIsNotYAMLIsRefused() {
    guard case .refused(let problems) = Formatting(Source(path: "t", bytes: Array("a: [1".utf8))) else {
      Issue.record("accepted")
      return
    }
    #expect(problems.map(\.code) == ["LY016"])
  }

  /// Every accepted case of the YAML test suite, however it is written, is laid out, and once is enough.
  @Test func everyAcceptedCaseOfTheSuiteIsLaidOut() throws {
    var count = 0
    for example in try SuiteTests.cases() where SyntaxTree(parsing: example.source).diagnostics.isEmpty {
      count += 1
      guard let once = format(example.source.bytes) else {
        Issue.record("refused: \(example)\n\(String(decoding: example.source.bytes, as: UTF8.self))")
        continue
      }
      #expect(format(once) == once, "\(example)")
    }
    #expect(count > 150)
  }

  /// The layout changes neither what is granted nor any other part of the policy.
  @Test func manifestsKeepTheirPolicy() throws {
    let fixtures = entries(below: Locations.fixture("")).filter { $0.hasSuffix(".yaml") }
    #expect(fixtures.count > 250)
    for name in fixtures {
      let bytes = try #require(contents(of: Locations.fixture(name)))
      guard SyntaxTree(parsing: Source(path: name, bytes: bytes)).diagnostics.allSatisfy({ $0.severity != .error }),
        let laid = format(bytes)
      else { continue }
      #expect(Self.meaning(bytes) == Self.meaning(laid), "\(name)")
      #expect(format(laid) == laid, "\(name)")
    }
  }

  @Test func generatedManifestsKeepTheirPolicy() {
    forAll("the layout keeps the policy", cases: 200, { ManifestWriter.manifest(&$0) }) { text in
      let bytes = Array(text.utf8)
      let before = Self.meaning(bytes)
      guard before.first?.hasPrefix("sha256:") == true else { return "the generated manifest is wrong: \(before)" }
      guard let laid = format(bytes) else { return "refused" }
      if Self.meaning(laid) != before { return "another policy:\n\(String(decoding: laid, as: UTF8.self))" }
      return format(laid) == laid ? nil : "not idempotent:\n\(String(decoding: laid, as: UTF8.self))"
    }
  }

  /// The policy's digest when there is one, and the codes of what is said.
  static func meaning(_ bytes: [UInt8]) -> [String] {
    let output = compile(CompilerInput(manifest: Source(path: "locara.yaml", bytes: bytes)))
    return [output.policy.map { "\($0.policy.digest)" } ?? "none"] + output.diagnostics.map(\.code).sorted()
  }
}

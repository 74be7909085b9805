import Diagnostics
import TestSupport
import Testing
import Text

@Suite struct SyntaxTreeTests {
  private func tree(_ text: String, _ limits: SyntaxLimits = SyntaxLimits()) -> SyntaxTree {
    SyntaxTree(parsing: Source(path: "t", bytes: Array(text.utf8)), limits: limits)
  }

  /// The text that a span covers.
  private func underlined(_ text: String, _ span: Span) -> String {
    Source(path: "t", bytes: Array(text.utf8)).text(span)
  }

  @Test(arguments: [
    ("~", "null"), ("", "null"), ("Null", "null"), ("nULL", "\"nULL\""), ("true", "true"), ("yes", "\"yes\""),
    ("no", "\"no\""), ("off", "\"off\""), ("012", "12"), ("0o17", "15"), ("0x1F", "31"), ("-0", "0"), ("+7", "7"),
    ("1e3", "1e3"), (".5", "0.5"), ("1.", "1"), ("1.50", "1.50"), (".inf", "\".inf\""), ("1_000", "\"1_000\""),
    ("2001-01-01", "\"2001-01-01\""), ("0xFFFFFFFFFFFFFFFF", "18446744073709551615"), ("1.2.3", "\"1.2.3\""),
    ("-", "[null]"), ("0b1", "\"0b1\""), ("190:20:30", "\"190:20:30\""), ("'1'", "\"1\""), ("=", "\"=\""),
  ])
  func resolvesPlainScalarsByTheCoreSchema(_ text: String, _ json: String) {
    #expect(tree(text.isEmpty ? "a:" : text).json.canonicalText == (text.isEmpty ? "{\"a\":null}" : json))
  }

  @Test func spansAreBytesOfWhatIsWritten() {
    let text = "\u{FEFF}é: [ü, \"ö\"]\nb:\n  c: |\n    text\n\n  # comment\nd: &x  y\ne: *x\n"
    let parsed = tree(text)
    #expect(parsed.diagnostics.isEmpty)
    let members = parsed.root?.members ?? .empty
    #expect(members.map { underlined(text, $0.nameSpan) } == ["é", "b", "d", "e"])
    #expect(
      members.map { underlined(text, $0.value.span) } == ["[ü, \"ö\"]", "c: |\n    text", "y", "*x"])
    #expect(members.last?.value.anchored.map { underlined(text, $0) } == "y")
    #expect((members.first?.value.elements ?? .empty).map { underlined(text, $0.span) } == ["ü", "\"ö\""])
  }

  @Test(arguments: [
    ("a: 1\nb: 2\na: 3", "LY006", "a"), ("a: !!str 1", "LY007", "!!str"), ("%TAG ! x\n---\na", "LY007", "%TAG"),
    ("a\n---\nb", "LY008", "---"), ("a: *b", "LY009", "*b"), ("a: &x [*x]", "LY010", "*x"),
    ("{[1]: 2}", "LY011", "[1]"),
    ("a:\n\tb: 1", "LY012", "\t"), ("a: b: c", "LY013", ":"), ("a: 'x", "LY015", ""), ("a: [1, 2", "LY016", ""),
    ("a: {x: 1", "LY016", ""), ("a: \"\\q\"", "LY018", "\\q"), ("a: 1\n b: 2", "LY013", ":"),
  ])
  func refusesWithItsOwnCode(_ text: String, _ code: String, _ under: String) {
    let found = tree(text).diagnostics
    #expect(found.map(\.code) == [code])
    #expect(found.first.map { underlined(text, $0.primary.span) } == under)
  }

  /// libyaml ends a line at a carriage return alone, and so do places in a source.
  @Test(arguments: ["\r", "\r\n", "\n"]) func linesEndAt(_ end: String) {
    let text = "a: 1\(end)b:\(end)  c: [1,\(end)    2]\(end)  d: x\(end)"
    let source = Source(path: "t", bytes: Array(text.utf8))
    let parsed = SyntaxTree(parsing: source)
    #expect(parsed.diagnostics.isEmpty)
    #expect(source.lineStarts.count == 6)
    let place = parsed.root?["b"]?["d"].map { source.position(of: $0.span.start) }
    #expect(place?.line == 5 && place?.column == 6)
    #expect(String(decoding: source.line(4), as: UTF8.self) == "    2]")
  }

  @Test func aByteOrderMarkIsInNoColumn() {
    let text = "\u{FEFF}a: [\n  1]\n"
    let source = Source(path: "t", bytes: Array(text.utf8))
    let parsed = SyntaxTree(parsing: source)
    #expect(parsed.diagnostics.isEmpty)
    #expect(parsed.root.map { source.position(of: $0.span.start).column } == 1)
    #expect(source.position(of: 0).column == 1 && source.offset(line: 1, column: 1) == 3)
  }

  @Test func duplicateKeysShowBothPlaces() {
    let found = tree("a: 1\nb:\n  c: 1\n  c: 2\na: 3").diagnostics
    #expect(found.map(\.code) == ["LY006", "LY006"])
    #expect(found.map(\.primary.span.start) == [17, 22])
    #expect(found.map { $0.secondary.first?.span.start } == [10, 0])
  }

  @Test func boundsAreNamed() {
    #expect(tree(String(repeating: "[", count: 80_000)).diagnostics.map(\.code) == ["LY004"])
    #expect(tree(String(repeating: "- ", count: 100) + "a").diagnostics.map(\.code) == ["LY004"])
    #expect(
      tree("[" + String(repeating: "1,", count: 200) + "]", SyntaxLimits(nodes: 100)).diagnostics.map(\.code) == [
        "LY005"
      ])
    #expect(tree(String(repeating: "a", count: 2000), SyntaxLimits(bytes: 1000)).diagnostics.map(\.code) == ["LY003"])
    var bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n"
    for level in 1...9 {
      bomb += "a\(level): &a\(level) [\(repeatElement("*a\(level - 1)", count: 9).joined(separator: ","))]\n"
    }
    #expect(tree(bomb).diagnostics.map(\.code) == ["LY005"])
    let deep = "x: &d \(String(repeating: "[", count: 40))\(String(repeating: "]", count: 40))\n"
    #expect(
      tree(deep + "y: \(String(repeating: "[", count: 40))*d\(String(repeating: "]", count: 40))").diagnostics.map(
        \.code) == ["LY004"])
  }

  @Test func encodingsAreChecked() {
    func codes(_ bytes: [UInt8]) -> [String] {
      SyntaxTree(parsing: Source(path: "t", bytes: bytes)).diagnostics.map(\.code)
    }
    #expect(codes([0x61, 0xFF]) == ["LY001"])
    #expect(codes([0xC0, 0x80]) == ["LY001"])
    #expect(codes([0xED, 0xA0, 0x80]) == ["LY001"])
    #expect(codes([0xFF, 0xFE, 0x61, 0x00]) == ["LY001"])
    #expect(codes([0x61, 0x00]) == ["LY002"])
    #expect(codes([0x7F, 0x45, 0x4C, 0x46]) == ["LY002"])
    #expect(codes([0xEF, 0xBB, 0xBF, 0x61]) == [])
  }

  /// As a key it is its characters; an alias of it is what it is by itself.
  @Test func anAnchoredKeyIsAValueToo() {
    #expect(tree("{&a 1: x, b: *a}").json.canonicalText == "{\"1\":\"x\",\"b\":1}")
    #expect(tree("{&a true: x, b: [*a, *a]}").json.canonicalText == "{\"b\":[true,true],\"true\":\"x\"}")
    #expect(tree("{&m [1]: x, b: *m}").root?["b"]?.elements?.count == 1)
    #expect(
      tree("{a: &n 10, *n : x, c: {*n : y}}").json.canonicalText == "{\"10\":\"x\",\"a\":10,\"c\":{\"10\":\"y\"}}")
  }

  /// What a key costs does not grow with what its alias stands for, nor with the keys that count for nothing.
  @Test(
    .timeLimit(.minutes(1)),
    arguments: [
      "a: &n " + String(repeating: "1", count: 500_000) + "\nb: {" + String(repeating: "*n,", count: 5_000) + "}\n",
      "{" + String(repeating: "a,", count: 49_000) + String(repeating: "b,", count: 49_000) + "}",
      "{" + String(repeating: "[],", count: 45_000) + String(repeating: "b,", count: 45_000) + "}",
    ])
  func manyKeysAreBounded(_ text: String) {
    #expect(Set(tree(text).diagnostics.map(\.code)).isSubset(of: ["LY006", "LY011"]))
  }

  @Test(arguments: [0, 20])
  func keysAreComparedAsTexts(_ others: Int) {
    let text = (0..<others).map { "k\($0): 0\n" }.joined() + "\"\u{E9}\": 1\n\"e\u{301}\": 2\n"
    #expect(tree(text).diagnostics.map(\.code) == ["LY006"])
  }

  /// One in the other's place: `K` is the sign for kelvins, which is the letter by canonical equivalence.
  @Test(arguments: ["K: 1\n\u{212A}: 2\n", "\u{212A}: 1\nK: 2\n", "\"\\u212A\": 1\nK: 2\n"])
  func aKeyInOtherCharactersIsTheSame(_ text: String) { #expect(tree(text).diagnostics.map(\.code) == ["LY006"]) }

  /// Mappings of every size with keys that are alike: each is found by its name, and nothing else is.
  @Test func everyKeyIsFoundAndNoOther() throws {
    var random = SplitMix64.forTests()
    let pieces = ["a", "b", "\u{E9}", "abcdefgh", "abcdefgi", "-", "0", "name", "\u{1F600}"]
    for _ in 0..<400 {
      var values: [String: Int] = [:]
      for value in 0..<Int.random(in: 0...40, using: &random) {
        let key = (0...Int.random(in: 0...3, using: &random)).map { _ in pieces.randomElement(using: &random) ?? "" }
        values[key.joined(), default: value] = value
      }
      let keys = values.keys.sorted()
      let text = "{" + keys.map { "\"\($0)\": \(values[$0] ?? 0)" }.joined(separator: ", ") + "}"
      let again = "[&m \(text), *m]"
      let parsed = tree(again)
      #expect(parsed.diagnostics.isEmpty, "seed \(random.seed)")
      for mapping in parsed.root?.elements ?? .empty {
        for key in keys { #expect(mapping[key]?.value == .integer(Int64(values[key] ?? 0)), "seed \(random.seed)") }
        for key in pieces + pieces.map({ $0 + "x" }) where values[key] == nil {
          #expect(mapping[key] == nil, "seed \(random.seed)")
        }
      }
      guard let repeated = keys.randomElement(using: &random) else { continue }
      let twice = tree(text.dropLast() + ", \"\(repeated)\": 1}")
      #expect(twice.diagnostics.map(\.code) == ["LY006"], "seed \(random.seed)")
    }
  }

  @Test func everyJSONDocumentIsRead() {
    let text = "{\"a\":[1,-2.5e3,\"\\u00e9\\/\\n\",null,true],\"b\":{\"c\":\"\"},\"d\\\"\":[]}"
    #expect(tree(text).json.canonicalText == "{\"a\":[1,-2.5e3,\"é/\\n\",null,true],\"b\":{\"c\":\"\"},\"d\\\"\":[]}")
  }
}

/// What libyaml lets through and YAML 1.2.2 does not.
@Suite struct StrictSpellingTests {
  private func codes(_ text: String) -> [String] {
    SyntaxTree(parsing: Source(path: "t", bytes: Array(text.utf8))).diagnostics.map(\.code)
  }

  @Test(arguments: [
    "a: \"b\"# c", "[a, b]#c", "[a,#c\n b]", "a: |#c\n  b", "a: [b,\nc]", "k:\n  a: {b: 1,\n  c: 2}", "a: \"b\nc\"",
    "a: \"b\n\tc\"", "- [\n\ta\n ]", "[-]", "{?a: 1}", "a: &x:y z", "a: >\n  \n # c", "%YAML 1.2#c\n---\na",
  ])
  func isRefused(_ text: String) { #expect(codes(text) == ["LY021"]) }

  @Test(arguments: [
    "a: \"b\" # c", "[a, b] #c", "[a, #c\n b]", "a: | #c\n  b", "a: [\n  b\n]", "k:\n  a: {\n    b: 1,\n  }\n",
    "[\na\n]",
    "{\n\"a\": [\n1\n]\n}", "a: \"b\n  c\"", "[-1, '-', a-]", "{? a : 1}", "a: &x y", "a: >\n\n  b\n",
    "['it''s ,#x', \"\\\",#\"]",
    "a: [b#c, 'd#e']", "%YAML 1.2 #c\n---\na", "a: 'x # y'",
  ])
  func isAccepted(_ text: String) { #expect(codes(text) == []) }

  @Test func aLastLineOfSpacesBelongsToTheText() {
    func json(_ text: String) -> String {
      SyntaxTree(parsing: Source(path: "t", bytes: Array(text.utf8))).json.canonicalText
    }
    #expect(json("a: |\n  x\n   ") == "{\"a\":\"x\\n \\n\"}")
    #expect(json("a: |\n  x") == "{\"a\":\"x\"}")
  }
}

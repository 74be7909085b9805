import CanonicalJSON
import Testing

/// The strict reader against RFC 8259: what is JSON is read, everything else is refused with its place.
@Suite struct ReaderTests {
  struct Valid: Sendable, CustomTestStringConvertible {
    var text: String
    var value: JSON
    var testDescription: String { text }
    init(_ text: String, _ value: JSON) {
      self.text = text
      self.value = value
    }
  }

  static let valid: [Valid] = [
    Valid("null", .null), Valid("true", true), Valid("false", false), Valid("0", 0), Valid("-1", -1),
    Valid(" \t\r\n[ ]\n", []), Valid("{ }", [:]), Valid("\"\"", ""), Valid("[1,[2],{\"a\":[]}]", [1, [2], ["a": []]]),
    Valid("{\"a\":1,\"A\":2,\"\":3}", ["a": 1, "A": 2, "": 3]),
    Valid("{\"a\":{\"a\":1}}", ["a": ["a": 1]]),
    Valid("9223372036854775807", .integer(.max)), Valid("-9223372036854775808", .integer(.min)),
    Valid("9223372036854775808", .number("9223372036854775808")),
    Valid("-9223372036854775809", .number("-9223372036854775809")),
    Valid("-0", .number("-0")), Valid("0.0", .number("0.0")), Valid("-0.5e-10", .number("-0.5e-10")),
    Valid("1E+2", .number("1E+2")), Valid("0e1", .number("0e1")), Valid("1e400", .number("1e400")),
    Valid(#""\"\\\/\b\f\n\r\t""#, .string("\"\\/\u{8}\u{C}\n\r\t")),
    Valid(#""\u0000\u001F\u007f""#, .string("\0\u{1F}\u{7F}")),
    Valid(#""\u00e9\u00E9""#, "\u{E9}\u{E9}"), Valid(#""\uD83D\uDE00""#, "\u{1F600}"),
    Valid(#""\uDBFF\uDFFF""#, "\u{10FFFF}"), Valid(#""\uFFFF\uFEFF""#, "\u{FFFF}\u{FEFF}"),
    Valid("\"\u{1F600}\u{E9}\u{2028}\u{7F}\"", "\u{1F600}\u{E9}\u{2028}\u{7F}"),
    Valid("\"a\u{0}b\"".replacing("\u{0}", with: "\\u0000"), "a\0b"),
  ]

  @Test(arguments: valid)
  func readsWhatIsJSON(text: Valid) throws {
    #expect(try JSON(parsing: Array(text.text.utf8)) == text.value)
  }

  /// Each text, and the byte at which it stops being JSON.
  static let invalid: [(text: String, offset: Int)] = [
    ("", 0), (" ", 1), ("\u{FEFF}1", 0), ("nul", 0), ("nulll", 4), ("True", 0), ("NaN", 0), ("Infinity", 0),
    ("-Infinity", 1), ("undefined", 0), ("'a'", 0), ("1 2", 2), ("[]]", 2), ("{}{}", 2), ("1\u{0}", 1), ("// a\n1", 0),
    ("1/**/", 1), ("01", 0), ("-01", 0), ("00", 0), ("-", 1), ("+1", 0), (".5", 0), ("1.", 2), ("1.e2", 2), ("1e", 2),
    ("1e+", 3), ("0x10", 1), ("1_000", 1), ("--1", 1), ("[", 1), ("[1", 2), ("[1,", 3), ("[1,]", 3), ("[,1]", 1),
    ("[1 2]", 3), ("[1}", 2), ("]", 0), ("{", 1), ("{\"a\"", 4), ("{\"a\":", 5), ("{\"a\":1", 6), ("{\"a\":1,}", 7),
    ("{\"a\" 1}", 5), ("{a:1}", 1), ("{1:1}", 1), ("{\"a\":1]", 6), ("{,}", 1), ("{\"a\":1 \"b\":2}", 7), ("\"", 0),
    ("\"a", 0), ("\"\\\"", 0), ("\"\\", 2), ("\"\\x41\"", 1), ("\"\\a\"", 1), ("\"\\'\"", 1), ("\"\\U0041\"", 1),
    ("\"\\u\"", 3), ("\"\\u12G4\"", 5), ("\"\\u+123\"", 3), ("\"\\u12", 5), ("\"\u{0}\"", 1), ("\"a\u{1F}\"", 2),
    ("\"a\nb\"", 2), ("\"\t\"", 1), ("\"\\uD800\"", 1), ("\"\\uDC00\"", 1), ("\"\\uD800\\uD800\"", 1),
    ("\"\\uD800\\u0041\"", 1), ("\"\\uD800x\"", 1), ("\"\\uDC00\\uD800\"", 1), ("\u{A0}1", 0), ("\u{B}1", 0),
    ("\u{2028}1", 0), ("{\"a\":1,\"a\":1}", 7), ("{\"a\":1,\"\\u0061\":2}", 7), ("[{\"b\":0,\"c\":{},\"b\":{}}]", 15),
  ]

  @Test(arguments: invalid)
  func refusesWhatIsNot(text: String, offset: Int) {
    let problem = #expect(throws: JSONError.self) { try JSON(parsing: Array(text.utf8)) }
    #expect(problem?.offset == offset, "\(text.debugDescription): \(problem.map(\.description) ?? "")")
  }

  /// Stray and missing continuations, overlong forms, surrogates, beyond U+10FFFF, bytes that never occur.
  static let damaged: [[UInt8]] = [
    [0x80], [0xBF], [0xC3], [0xC3, 0x28], [0xE2, 0x82], [0xF0, 0x9F, 0x98], [0xC0, 0xAF], [0xC1, 0xBF],
    [0xE0, 0x80, 0xAF], [0xF0, 0x80, 0x80, 0xAF], [0xED, 0xA0, 0x80], [0xED, 0xBF, 0xBF], [0xF4, 0x90, 0x80, 0x80],
    [0xF5, 0x80, 0x80, 0x80], [0xF8, 0x88, 0x80, 0x80, 0x80], [0xFE], [0xFF],
  ]

  @Test(arguments: damaged)
  func refusesInvalidUTF8(bytes: [UInt8]) {
    #expect(throws: JSONError.self) { try JSON(parsing: [0x22] + bytes + [0x22]) }
    #expect(throws: JSONError.self) { try JSON(parsing: Array("{\"".utf8) + bytes + Array("\":1}".utf8)) }
    #expect(throws: JSONError.self) { try JSON(parsing: bytes) }
  }

  @Test func depthHasABound() throws {
    func nested(_ levels: Int) -> [UInt8] {
      Array((String(repeating: "[", count: levels) + "1" + String(repeating: "]", count: levels)).utf8)
    }
    let limits = JSONLimits(depth: 3)
    #expect(try JSON(parsing: nested(3), limits: limits) == [[[1]]])
    #expect(throws: JSONError.self) { try JSON(parsing: nested(4), limits: limits) }
    #expect(throws: JSONError.self) { try JSON(parsing: Array("{\"a\":[{\"b\":[1]}]}".utf8), limits: limits) }
    // A million brackets are refused at the bound, not by the end of the stack.
    let flood = #expect(throws: JSONError.self) { try JSON(parsing: [UInt8](repeating: 0x5B, count: 1 << 20)) }
    #expect(flood?.offset == 65)
  }

  @Test func valuesHaveABound() throws {
    let limits = JSONLimits(values: 4)
    #expect(try JSON(parsing: Array("[1,2,3]".utf8), limits: limits) == [1, 2, 3])
    #expect(throws: JSONError.self) { try JSON(parsing: Array("[1,2,3,4]".utf8), limits: limits) }
    #expect(throws: JSONError.self) { try JSON(parsing: Array("{\"a\":[{\"b\":[]}],\"c\":0}".utf8), limits: limits) }
  }

  @Test func bytesHaveABound() throws {
    let limits = JSONLimits(bytes: 8)
    #expect(try JSON(parsing: Array("\"123456\"".utf8), limits: limits) == "123456")
    #expect(throws: JSONError.self) { try JSON(parsing: Array("\"1234567\"".utf8), limits: limits) }
    #expect(throws: JSONError.self) { try JSON(parsing: Array("1        ".utf8), limits: limits) }
  }
}

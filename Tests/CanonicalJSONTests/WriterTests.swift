import CanonicalJSON
import TestSupport
import Testing

/// The one writer: RFC 8785 over ASCII keys and integers.
@Suite struct WriterTests {
  /// RFC 8785, section 3.2.2.2, for every control character, and what is written as it is.
  @Test func escapesAreTheShortest() {
    let short: [UInt32: String] = [8: "\\b", 9: "\\t", 10: "\\n", 12: "\\f", 13: "\\r"]
    let hexadecimal = Array("0123456789abcdef")
    for code in UInt32(0)..<0x20 {
      let expected = short[code] ?? "\\u00\(hexadecimal[Int(code >> 4)])\(hexadecimal[Int(code & 15)])"
      let scalar = Unicode.Scalar(UInt8(code))
      #expect(JSON.string(String(scalar)).canonicalText == "\"\(expected)\"")
    }
    #expect(JSON.string("\"\\/").canonicalText == #""\"\\/""#)
    let verbatim = "\u{7F}\u{80}\u{20AC}\u{2028}\u{FEFF}\u{1F600}<>&'"
    #expect(JSON.string(verbatim).canonicalBytes == Array("\"\(verbatim)\"".utf8))
    // Text is not normalized: these look alike and are different bytes.
    #expect(JSON.string("e\u{301}").canonicalBytes != JSON.string("\u{E9}").canonicalBytes)
  }

  @Test func keysAreInByteOrder() {
    let value: JSON = ["b": 1, "a": 2, "B": 3, "": 4, "10": 5, "9": 6, "aa": 7, "a-": 8, "~": 9, "\n": 10]
    #expect(
      value.canonicalText
        == #"{"":4,"\n":10,"10":5,"9":6,"B":3,"a":2,"a-":8,"aa":7,"b":1,"~":9}"#)
    #expect(JSON(dictionaryLiteral: ("z", ["y": 0, "x": 0]), ("a", 0)).canonicalText == #"{"a":0,"z":{"x":0,"y":0}}"#)
  }

  @Test func scalarsAndEmptyCollections() {
    let value: JSON = [.null, true, false, .integer(.min), .integer(.max), 0, [], [:], ""]
    #expect(
      value.canonicalText == #"[null,true,false,-9223372036854775808,9223372036854775807,0,[],{},""]"#)
    #expect(JSON.number("1.50e+3").canonicalText == "1.50e+3")
  }

  @Test func prettyFormHasALineForEachMember() {
    let value: JSON = ["b": [1, [], [:]], "a": ["c": "d"]]
    let expected = """
      {
        "a": {
          "c": "d"
        },
        "b": [
          1,
          [],
          {}
        ]
      }

      """
    #expect(String(decoding: value.prettyBytes, as: UTF8.self) == expected)
  }

  private static let scalars: [Unicode.Scalar] = [
    "a", "Z", "0", " ", "\"", "\\", "/", "\0", "\u{8}", "\n", "\u{1F}", "\u{7F}", "\u{E9}", "\u{301}", "\u{20AC}",
    "\u{FFFF}", "\u{1F600}", "\u{10FFFF}",
  ]
  private static let numbers = ["-0", "1.5", "1e3", "-2.50E-7", "18446744073709551616"]

  private static func text(_ choices: inout Choices) -> String {
    var text = ""
    for scalar in choices.list(upTo: 6, { $0.pick(scalars) }) { text.unicodeScalars.append(scalar) }
    return text
  }

  private static func value(_ choices: inout Choices, depth: Int = 0) -> JSON {
    switch choices.below(depth < 4 ? 8 : 6) {
    case 0: return .null
    case 1: return .bool(choices.bool())
    case 2: return .integer(Int64(choices.below(2000)) - 1000)
    case 3: return .integer(choices.bool() ? .max - Int64(choices.below(9)) : .min + Int64(choices.below(9)))
    case 4: return .number(choices.pick(numbers))
    case 5: return .string(text(&choices))
    case 6: return .array(choices.list(upTo: 5) { value(&$0, depth: depth + 1) })
    default:
      var members: [String: JSON] = [:]
      for _ in 0..<choices.below(6) {
        // Keys of canonical documents are ASCII.
        let key = String(decoding: text(&choices).utf8.filter { $0 < 0x80 }, as: UTF8.self)
        members[key] = value(&choices, depth: depth + 1)
      }
      return .object(members)
    }
  }

  @Test func whatIsWrittenIsReadBack() {
    forAll("both forms are read back as the value, and written again as the same bytes", cases: 2000) {
      Self.value(&$0)
    } check: { value in
      for bytes in [value.canonicalBytes, value.prettyBytes] {
        do {
          let back = try JSON(parsing: bytes)
          if back != value { return "read back as \(back)" }
          if back.canonicalBytes != value.canonicalBytes { return "written again as \(back.canonicalText)" }
        } catch {
          return "refused: \(error)"
        }
      }
      return nil
    }
  }

  /// A damaged document is read or refused, and what is read can be written: nothing traps.
  @Test func damageNeverTraps() {
    forAll("a damaged text is refused, or read and written", cases: 2000) { choices in
      var bytes = Self.value(&choices).canonicalBytes
      for _ in 0..<1 + choices.below(3) where !bytes.isEmpty {
        let at = choices.below(bytes.count)
        switch choices.below(3) {
        case 0: bytes[at] = UInt8(choices.below(256))
        case 1: bytes.remove(at: at)
        default: bytes.insert(UInt8(choices.below(256)), at: at)
        }
      }
      return bytes
    } check: { (bytes: [UInt8]) in
      guard let value = try? JSON(parsing: bytes) else { return nil }
      return (try? JSON(parsing: value.canonicalBytes)) == value ? nil : "read, and not read back"
    }
  }
}

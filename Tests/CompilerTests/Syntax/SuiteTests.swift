import CanonicalJSON
import Diagnostics
import TestSupport
import Testing
import Text

/// The public YAML test suite (`fixtures/yaml-suite`): every case is classified, and the table in `spec/yaml.md` says how.
@Suite struct SuiteTests {
  struct Case: Sendable, CustomTestStringConvertible {
    var id: String
    var name: String
    var source: Source
    /// Nil when the input is invalid.
    var expected: Expected?
    var testDescription: String { "\(id) \(name)" }
  }

  enum Expected: Sendable {
    case values(JSON)
    /// A stream without a document.
    case nothing
    /// What JSON cannot say: several documents, or keys that are collections.
    case noValues
  }

  static func cases() throws -> [Case] {
    let bytes = try #require(contents(of: Locations.fixture("yaml-suite/cases.json")))
    return try #require(try JSON(parsing: bytes).arrayValue).map { entry in
      let id = try #require(entry["id"]?.stringValue)
      var expected: Expected?
      if let json = entry["json"]?.stringValue {
        // Several documents are several JSON texts, which is none.
        expected = (try? JSON(parsing: Array(json.utf8))).map { .values($0) } ?? .noValues
      } else if let tree = entry["tree"]?.stringValue {
        expected = tree.contains("+DOC") ? .noValues : .nothing
      }
      #expect((expected == nil) == (entry["fail"]?.boolValue == true), "\(id)")
      return Case(
        id: id, name: try #require(entry["name"]?.stringValue),
        source: Source(path: id, bytes: Array(try #require(entry["yaml"]?.stringValue).utf8)), expected: expected)
    }
  }

  @Test func everyCaseIsClassified() throws {
    let cases = try Self.cases()
    #expect(cases.count == 406)
    var invalid: [String] = []
    var right: [String] = []
    var refused: [[String]] = SuiteReasons.all.map { _ in [] }
    for example in cases {
      let tree = SyntaxTree(parsing: example.source)
      let code = tree.diagnostics.first { $0.severity == .error }?.code
      switch (example.expected, code) {
      case (nil, nil): Issue.record("invalid input is accepted: \(example)")
      case (nil, _?): invalid.append(example.id)
      case (.values(let json)?, nil):
        #expect(Self.areEqual(json, tree.json), "\(example): \(tree.json.canonicalText)")
        right.append(example.id)
      case (.nothing?, nil):
        #expect(tree.root == nil, "\(example)")
        right.append(example.id)
      case (.noValues?, nil): Issue.record("accepted, and there is no value to compare: \(example)")
      case (_?, let code?):
        let groups = SuiteReasons.all.indices.filter { index in
          let group = SuiteReasons.all[index]
          return group.code == code && (group.cases.isEmpty || group.cases.contains(example.id))
        }
        #expect(groups.count == 1, "no reason, or several, to refuse \(example): \(tree.diagnostics[0].headline)")
        if let group = groups.first { refused[group].append(example.id) }
      }
    }
    for (group, found) in zip(SuiteReasons.all, refused) where !group.cases.isEmpty {
      #expect(group.cases == Set(found), "\(group.what): not refused any more")
    }
    var table = """
      | of \(cases.count) cases | code | how many | reason |
      |---|---|---|---|
      | invalid, and refused | | \(invalid.count) | |
      | invalid, and accepted | | 0 | |
      | valid, and accepted with the value of the suite | | \(right.count) | |
      | valid, and accepted with another value | | 0 | |

      """
    for (group, found) in zip(SuiteReasons.all, refused) {
      table +=
        "| valid, and refused: \(group.what) (\(found.joined(separator: " "))) | \(group.code) | \(found.count) "
        + "| \(group.reason) |\n"
    }
    try expectSection(table, of: "../spec/yaml.md", named: "suite")
  }

  /// Compares the text between `<!-- NAME -->` and `<!-- /NAME -->` of a page.
  private func expectSection(_ text: String, of page: String, named name: String) throws {
    let whole = String(decoding: try #require(contents(of: Locations.fixture(page))), as: UTF8.self)
    let begin = try #require(whole.firstRange(of: "<!-- \(name) -->\n"))
    let end = try #require(whole.firstRange(of: "<!-- /\(name) -->"))
    expectGolden(whole[..<begin.upperBound] + text + whole[end.lowerBound...], page)
  }

  /// Numbers are compared as numbers: `1e3` is 1000.
  private static func areEqual(_ left: JSON, _ right: JSON) -> Bool {
    switch (left, right) {
    case (.array(let left), .array(let right)):
      return left.count == right.count && zip(left, right).allSatisfy(areEqual)
    case (.object(let left), .object(let right)):
      return left.count == right.count
        && left.allSatisfy { key, value in right[key].map { areEqual(value, $0) } ?? false }
    default:
      guard let a = number(left), let b = number(right) else { return left == right }
      return a == b
    }
  }

  private static func number(_ value: JSON) -> Double? {
    switch value {
    case .integer(let value): Double(value)
    case .number(let text): Double(text)
    default: nil
    }
  }
}

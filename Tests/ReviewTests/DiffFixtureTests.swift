import CanonicalJSON
import Reports
import Review
import SystemIO
import TestSupport
import Testing

/// Every pair of `fixtures/diff`, each named after what it shows, with the JSON and the text that it gives.
@Suite struct DiffFixtureTests {
  static let names = (try? Directories.names(in: Locations.fixture("diff"))) ?? []

  static func report(_ name: String, from before: String = "before", to after: String = "after") throws -> ChangeReport
  {
    let root = Locations.fixture("diff/\(name)")
    let entries = try Reviewer.review(
      .tree(try DirectoryTree("\(root)/\(before)", name: before)),
      .tree(try DirectoryTree("\(root)/\(after)", name: after)))
    return ChangeReport(before: before, after: after, entries: entries)
  }

  @Test func thereAreEnough() { #expect(Self.names.count >= 60) }

  @Test(arguments: names) func pairIsAsExpected(name: String) throws {
    let report = try Self.report(name)
    expectGolden(report.json(gate: .widening).prettyBytes, "diff/\(name)/expected.json")
    let text = report.text(color: false)
    expectGolden(text, "diff/\(name)/expected.txt")
    for line in text.split(separator: "\n") { #expect(line.unicodeScalars.count <= 80, "\(line)") }
  }

  /// The way back shows the same changes with the sides exchanged.
  @Test(arguments: names) func theWayBackIsTheMirror(name: String) throws {
    let forth = try Self.report(name)
    let back = try Self.report(name, from: "after", to: "before")
    for (left, right) in zip(forth.entries, back.entries) {
      guard let left = left.comparison, let right = right.comparison else { continue }
      #expect(Set(left.changes.map(\.mirrored.fingerprint)) == Set(right.changes.map(\.fingerprint)))
      #expect(left.badges.map(\.isGained) == right.badges.map { !$0.isGained })
      #expect(left.flips.map(\.holdsAfter) == right.flips.map { !$0.holdsAfter })
    }
  }

  @Test(arguments: names) func nothingDiffersFromItself(name: String) throws {
    for side in ["before", "after"] {
      // A side without any manifest has nothing to compare, which is an error of its own.
      guard contents(of: Locations.fixture("diff/\(name)/\(side)/locara.yaml")) != nil else { continue }
      let report = try Self.report(name, from: side, to: side)
      #expect(report.entries.isEmpty)
      #expect(!report.trips(.any))
    }
  }
}

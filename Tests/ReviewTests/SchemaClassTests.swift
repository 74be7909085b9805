import PolicyIR
import Reports
import TestSupport
import Testing

/// Changes of schemas are of the class that the planner of migrations gives them, on the way there and on the way back.
@Suite struct SchemaClassTests {
  static let classes: [(pair: String, forth: [String], back: [String])] = [
    ("schema-table-added", ["safe"], ["lossy"]), ("schema-table-dropped", ["lossy"], ["safe"]),
    ("schema-column-added", ["safe"], ["lossy"]), ("schema-column-dropped", ["lossy"], ["safe"]),
    ("schema-column-not-null", ["data-dependent"], ["safe"]), ("schema-index-added", ["safe"], ["safe"]),
    ("schema-without-rowid", ["irreversible"], ["irreversible"]),
    ("schema-vectors-resized", ["re-embed"], ["re-embed"]),
  ]

  private func changes(_ pair: String, from before: String, to after: String) throws -> [PolicyChange] {
    let report = try DiffFixtureTests.report(pair, from: before, to: after)
    return report.entries.flatMap { $0.comparison?.changes ?? [] }.filter(\.rule.isAboutSchema)
  }

  @Test(arguments: classes)
  func theClassIsThePlanners(pair: String, forth: [String], back: [String]) throws {
    for (sides, expected) in [(("before", "after"), forth), (("after", "before"), back)] {
      let changes = try changes(pair, from: sides.0, to: sides.1)
      let found = Set(changes.flatMap { $0.migration?.effects ?? [] }.map(\.kind.rawValue))
      #expect(found.isSuperset(of: expected), "\(pair): \(found)")
      for change in changes {
        let gravest = change.migration?.effects?.map(\.kind).max()
        #expect((gravest == .lossy) == (change.rule == .schemaLossy))
        #expect(change.direction.widens == (change.allowed != nil))
        #expect(!change.isUnproven)
        #expect(change.mirrored.mirrored.rule == change.rule)
      }
    }
  }

  /// A declared rename keeps the rows, so it widens nothing, although one object goes and another one comes.
  @Test func aRenameIsNoLoss() throws {
    let changes = try changes("schema-table-renamed", from: "before", to: "after")
    #expect(changes.map(\.key) == ["declarations", "table memos", "table notes"])
    #expect(changes.allSatisfy { $0.rule == .schemaSafe }, "\(changes)")
    // Nothing declares the way back: there the rows are lost.
    let back = try self.changes("schema-table-renamed", from: "after", to: "before")
    #expect(back.contains { $0.rule == .schemaLossy })
  }

  @Test func withoutAPlannerNothingIsProven() throws {
    let entry = try #require(try DiffFixtureTests.report("schema-column-added").entries.first?.comparison)
    let unproven = PolicyComparison(before: entry.before, after: entry.after).changes
    #expect(unproven.map(\.rule) == [.schemaChanged])
    #expect(unproven.allSatisfy { $0.isUnproven && $0.direction == .widening })
  }
}

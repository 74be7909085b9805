import PolicyIR
import Reports
import Review
import Schemas
import SystemIO
import TestSupport
import Testing

/// What the first line says is true, whatever is left out, and nothing in it disturbs who reads it.
@Suite struct HonestHeadlineTests {
  @Test func whatIsNotShownIsStillCounted() throws {
    var report = try DiffFixtureTests.report("environment-added")
    report.minimumSeverity = .high
    #expect(report.hiddenCount == 1)
    let text = report.text(color: false)
    #expect(text.contains("1 can do something new, 1 change below high not shown"), "\(text)")
    #expect(text.contains("can do something new: environment"), "\(text)")
    for form in [report.markdown, report.html, report.json(gate: .widening).canonicalText] {
      #expect(form.contains("1 change below high not shown") && !form.contains("no change of policy"), "\(form)")
    }
    #expect(report.annotations.contains("1 change below high not shown"))
    #expect(report.json(gate: .widening)["apps"]?.arrayValue?.first?["direction"]?.stringValue == "widening")
    #expect(!report.trips(.widening))
    report.minimumSeverity = .note
    #expect(!report.text(color: false).contains("not shown"))
  }

  /// Escapes of terminals and of text direction, in a value and in why a side could not be read.
  @Test func nothingReordersOrPaintsWhatIsShown() throws {
    let evil = "a\u{1B}[31mb\u{202E}c\rd\u{2066}"
    let id = AppID(publisher: "acme", name: "notes", version: "1")
    func side(_ command: String) -> ComparisonSide {
      ComparisonSide(AppPolicy(id: id, policy: Policy(authority: .nothing, entry: Entry(command: [command]))))
    }
    var comparison = PolicyComparison(before: side("x"), after: side("y"))
    comparison.changes = comparison.changes.map { change in
      var change = change
      (change.key, change.after, change.allowed) = (evil, evil, evil)
      return change
    }
    let report = ChangeReport(
      before: "a", after: "b",
      entries: [
        ChangeReport.Entry(name: "one", outcome: .compared(comparison), path: evil),
        ChangeReport.Entry(name: evil, outcome: .failed(side: "the first side", problem: evil)),
      ])
    for form in [report.annotations, report.markdown, report.html, report.text(color: false)] {
      for scalar in ["\u{1B}", "\u{202E}", "\u{2066}", "\r"] as [Unicode.Scalar] {
        #expect(!form.unicodeScalars.contains(scalar), "U+\(String(scalar.value, radix: 16)): \(form)")
      }
      #expect(form.contains("\u{FFFD}"))
    }
  }

  /// A new app's report lists everything that it brings, and its removal is the mirror.
  @Test func aNewAppShowsAllThatItBrings() throws {
    let directory = TemporaryDirectory("new")
    directory.write("", to: "README")
    let report = try Reviewer.review(
      .tree(try DirectoryTree(directory.path, name: "nothing")),
      .tree(try DirectoryTree(Locations.fixture("diff/everything-at-once/after"), name: "after")))
    let comparison = try #require(report.first?.comparison)
    let policy = try #require(comparison.after?.app.policy)
    let rules = Set(comparison.changes.map(\.rule))
    #expect(rules.contains(.appAdded))
    #expect(rules.contains(.modelAdded) == !policy.models.isEmpty)
    #expect(rules.contains(.storageAdded) == (policy.storage != nil))
    #expect(rules.contains(.toolAdded) == !policy.tools.isEmpty)
    #expect(rules.contains(.limitRaised) == (policy.limits != Limits()))
    // All of them at once, with an extension too.
    let whole = ComparisonSide(
      AppPolicy(
        id: AppID(publisher: "acme", name: "all", version: "1"),
        policy: Policy(
          authority: .nothing, limits: Limits([.memory: 1 << 30]),
          storage: Storage(file: "app.db", schema: Schema([]), extensions: ["vec0.so"]),
          models: [ModelPin(id: "m", role: "embedding", source: "", revision: "", files: [], license: "")],
          entry: Entry(command: ["x"]),
          tools: [ToolPolicy(name: "t", command: ["t"], authority: .nothing, limits: Limits())])))
    let added = PolicyComparison(before: nil, after: whole).changes
    #expect(
      Set(added.map(\.rule)) == [.appAdded, .modelAdded, .storageAdded, .extensionAdded, .toolAdded, .limitRaised])
    let removed = PolicyComparison(before: whole, after: nil).changes
    #expect(Set(removed.map(\.mirrored.fingerprint)) == Set(added.map(\.fingerprint)))
    #expect(removed.allSatisfy { $0.direction == .narrowing })
  }
}

import PolicyIR
import Reports
import Review
import SystemIO
import TestSupport
import Testing

@Suite struct ApprovalTests {
  private func file(_ fingerprint: String, rule: String = "LP104", expires: String? = nil) -> String {
    """
    approvals:
      - fingerprint: \(fingerprint)
        rule: \(rule)
        reason: agreed
        approved-by: ada@example.com
    \(expires.map { "    expires: \($0)\n" } ?? "")
    """
  }

  private func review(_ text: String, today: String = "2026-11-22") throws -> ChangeReport {
    var report = try DiffFixtureTests.report("host-added")
    report.approvals = try ApprovalsFile.parse(Array(text.utf8), path: "a.yaml", today: today)
    return report
  }

  private func fingerprint() throws -> String {
    try #require(try DiffFixtureTests.report("host-added").entries.first?.comparison?.changes.first?.fingerprint)
  }

  @Test func anApprovedChangePassesTheGate() throws {
    #expect(try review("").trips(.widening))
    let report = try review(file(try fingerprint(), expires: "2026-11-22"))
    #expect(!report.trips(.widening))
    #expect(!report.trips(.any))
    #expect(report.approvalProblems.isEmpty)
    #expect(report.text(color: false).contains("approved by ada@example.com: agreed"))
    #expect(
      report.sarif(version: "0").canonicalText.contains(#""suppressions":[{"justification":"agreed (ada@example.com)""#)
    )
  }

  /// The same change of two apps: one line counts for both and says so, or for the one that it names.
  @Test func anApprovalMayNameItsApp() throws {
    let fingerprint = try fingerprint()
    var report = try DiffFixtureTests.report("host-added")
    let entry = try #require(report.entries.first)
    var comparison = try #require(entry.comparison)
    comparison.before?.app.id.name = "other"
    comparison.after?.app.id.name = "other"
    report.entries.append(ChangeReport.Entry(name: "other", outcome: .compared(comparison)))
    let id = try #require(entry.comparison?.after?.app.id)
    func approve(_ app: String?) throws {
      let line = app.map { "\n    app: \($0)" } ?? ""
      report.approvals = try ApprovalsFile.parse(
        Array(file(fingerprint).replacing("    reason: agreed", with: "    reason: agreed\(line)").utf8),
        path: "a.yaml", today: "2026-11-22")
    }
    try approve(nil)
    #expect(!report.trips(.widening))
    #expect(report.approvalProblems.map(\.problem) == [.severalApps])
    #expect(report.text(color: false).contains("counts for several apps"))
    try approve("\(id.publisher)/\(id.name)")
    #expect(report.trips(.widening) && report.open.count == 1)
    #expect(report.approvalProblems.isEmpty)
    try approve("acme/nobody")
    #expect(report.open.count == 2)
    #expect(report.approvalProblems.map(\.problem) == [.otherApp])
  }

  @Test func anApprovalDiesWithItsDay() throws {
    let report = try review(file(try fingerprint(), expires: "2026-11-21"))
    #expect(report.trips(.widening))
    #expect(report.approvalProblems.map(\.problem) == [.expired])
  }

  @Test func anApprovalOfAnotherRuleOrNothingIsReported() throws {
    let other = try review(file(try fingerprint(), rule: "LP101"))
    #expect(other.trips(.widening))
    #expect(other.approvalProblems.map(\.problem) == [.otherRule])
    // Digits alone are a number to YAML, and `12e4…` too.
    for unused in ["1234567890123456", "12345678901234e5", "0000000000000000"] {
      let report = try review(file(unused))
      #expect(report.trips(.widening))
      #expect(report.approvalProblems.map(\.problem) == [.unused])
      #expect(report.approvalProblems.first?.approval.fingerprint == unused)
    }
  }

  @Test func whatIsMalformedIsRefusedWithItsPlace() {
    for (text, expected) in [
      ("- a", "expected a mapping with `approvals`"),
      ("approval: []", "`approval` is not known here"),
      ("approvals: 3", "expected a list"),
      ("approvals: [x]", "expected a mapping with `fingerprint`"),
      ("approvals:\n  - {fingerprint: 0123456789abcdef, rule: LP104, reason: x}", "`approved-by` is missing"),
      (file("0123"), "is no fingerprint"), (file("0123456789ABCDEF"), "is no fingerprint"),
      (file("0123456789abcdef", rule: "LP999"), "no rule `LP999`"),
      (file("0123456789abcdef", expires: "tomorrow"), "is no day"),
      (file("0123456789abcdef", expires: "2026-13-01"), "is no day"),
      (file("0123456789abcdef", expires: "2026-02-31"), "is no day"),
      (file("0123456789abcdef") + "    app: notes\n", "expected PUBLISHER/NAME"),
      (file("0123456789abcdef").replacingReason(), "did you mean `reason`?"),
      (file("0123456789abcdef") + "\n" + file("0123456789abcdef").dropFirstLine(), "approved on line 2 already"),
    ] {
      let failure = #expect(throws: Failure.self) {
        try ApprovalsFile.parse(Array(text.utf8), path: "a.yaml", today: "")
      }
      #expect(failure?.code == "LP008")
      #expect(failure?.description.contains(expected) == true, "\(failure?.description ?? "accepted"): \(expected)")
      #expect(failure?.path?.hasPrefix("a.yaml:") == true)
    }
  }
}

extension String {
  fileprivate func replacingReason() -> String { split(separator: "reason").joined(separator: "reson") }
  fileprivate func dropFirstLine() -> String { split(separator: "\n").dropFirst().joined(separator: "\n") }
}

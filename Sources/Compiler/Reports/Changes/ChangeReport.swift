package import PolicyIR

/// The comparisons of one review, ready to be shown.
package struct ChangeReport: Sendable {
  /// One app: compared, or why it could not be.
  package struct Entry: Sendable {
    package enum Outcome: Sendable {
      case compared(PolicyComparison)
      /// Which side could not be read, and what was wrong, as text for people.
      case failed(side: String, problem: String)
    }

    /// Path of the manifest below what was compared, or the app's name.
    package var name: String
    package var outcome: Outcome
    /// Where the second side's manifest lies, as annotations need it; empty when it is no file.
    package var path: String
    /// What the path was before, when the manifest was renamed.
    package var renamedFrom: String?

    package init(name: String, outcome: Outcome, path: String = "", renamedFrom: String? = nil) {
      self.name = name
      self.outcome = outcome
      self.path = path
      self.renamedFrom = renamedFrom
    }

    package var comparison: PolicyComparison? {
      guard case .compared(let comparison) = outcome else { return nil }
      return comparison
    }
  }

  /// What was compared, in the words of the command line.
  package var before: String
  package var after: String
  /// By name.
  package var entries: [Entry]
  package var approvals: Approvals
  /// The least severity of changes that are shown and that count.
  package var minimumSeverity: ChangeSeverity

  package init(
    before: String, after: String, entries: [Entry], approvals: Approvals = Approvals(),
    minimumSeverity: ChangeSeverity = .note
  ) {
    self.before = before
    self.after = after
    self.entries = entries
    self.approvals = approvals
    self.minimumSeverity = minimumSeverity
  }

  /// The changes of a comparison that are to be shown.
  package func changes(of comparison: PolicyComparison) -> [PolicyChange] {
    comparison.changes.filter { $0.severity >= minimumSeverity }
  }

  package var failures: Int { entries.count { $0.comparison == nil } }

  /// What the gate counts: every change that is shown and that nobody approved.
  package var open: [PolicyChange] {
    entries.flatMap { entry in
      guard let comparison = entry.comparison else { return [PolicyChange]() }
      return changes(of: comparison).filter { approval(of: $0, in: comparison) == nil }
    }
  }

  /// How many changes matter too little to be shown.
  package var hiddenCount: Int {
    entries.compactMap(\.comparison).reduce(0) { $0 + $1.changes.count - changes(of: $1).count }
  }

  /// The approval of a change, if it has one that counts.
  func approval(of change: PolicyChange, in comparison: PolicyComparison) -> Approval? {
    approvals.approval(of: change, app: comparison.appName)
  }

  /// When a review stops a merge.
  package enum Gate: String, CaseIterable, Sendable {
    case none, widening, any
  }

  /// Whether what is not approved goes through a gate. A statement that no longer holds stops like a widening does.
  package func trips(_ gate: Gate) -> Bool {
    switch gate {
    case .none: false
    case .widening: open.contains { $0.direction.widens } || brokenTests
    case .any: !open.isEmpty || brokenTests
    }
  }

  private var brokenTests: Bool { entries.contains { $0.comparison?.flips.contains { !$0.holdsAfter } ?? false } }

  package var approvalProblems: [(approval: Approval, problem: Approvals.Problem)] {
    var all: [(app: String, change: PolicyChange)] = []
    for comparison in entries.compactMap(\.comparison) {
      let app = comparison.appName
      for change in comparison.changes { all.append((app: app, change: change)) }
    }
    return approvals.problems(for: all)
  }
}

extension PolicyComparison {
  /// `acme/notes`: the app as it is now, or was before it went.
  var appName: String {
    guard let id = (after ?? before)?.app.id else { return "" }
    return "\(id.publisher)/\(id.name)"
  }
}

/// Sentences that more than one form of a report uses.
enum ChangeWords {
  /// `acme/notes 0.1.0 -> 0.2.0`
  static func title(_ entry: ChangeReport.Entry) -> String {
    guard let comparison = entry.comparison else { return entry.name }
    switch (comparison.before?.app.id, comparison.after?.app.id) {
    case (let before?, let after?):
      if (before.publisher, before.name) != (after.publisher, after.name) { return "\(before) -> \(after)" }
      return "\(before.publisher)/\(before.name) "
        + (before.version == after.version ? before.version : "\(before.version) -> \(after.version)")
    case (nil, let after?): return "\(after.publisher)/\(after.name) \(after.version)"
    case (let before?, nil): return "\(before.publisher)/\(before.name) \(before.version)"
    case (nil, nil): return entry.name
    }
  }

  /// The one line that a reviewer wants: does it let the app do anything new, and what.
  ///
  /// Every change counts, also those that are too small to be shown: what is left out must not make it untrue.
  static func verdict(_ comparison: PolicyComparison) -> String {
    let changes = comparison.changes
    let widening = changes.filter(\.direction.widens)
    if comparison.before == nil { return "new app: everything it may do is new" }
    if comparison.after == nil { return "the app is gone" }
    if let first = widening.first {
      let what = first.allowed.map(shortened) ?? first.subject + (first.isUnproven ? " (unproven)" : "")
      let others = widening.count - 1
      return "can do something new: \(what)"
        + (others == 0 ? "" : others == 1 ? ", and 1 more" : ", and \(others) more")
    }
    if changes.contains(where: { $0.direction == .narrowing }) { return "can do nothing new, and less than before" }
    return changes.isEmpty ? "no change of policy" : "can do nothing new"
  }

  /// `2 widening, 1 narrowing`
  static func counts(_ changes: [PolicyChange]) -> String {
    [ChangeDirection.widening, .mixed, .narrowing, .neutral].compactMap { direction in
      let count = changes.count { $0.direction == direction }
      return count == 0 ? nil : "\(count) \(direction.rawValue)"
    }.joined(separator: ", ")
  }

  static func summary(_ report: ChangeReport) -> String {
    let compared = report.entries.compactMap(\.comparison)
    let widening = compared.count { $0.changes.contains { $0.direction.widens } }
    var parts = ["\(compared.count) app\(compared.count == 1 ? "" : "s") compared"]
    if !compared.isEmpty || report.failures == 0 {
      parts.append(widening == 0 ? "none can do anything new" : "\(widening) can do something new")
    }
    if report.failures > 0 { parts.append("\(report.failures) could not be compared") }
    let approved = compared.reduce(0) { count, comparison in
      count + comparison.changes.count { report.approval(of: $0, in: comparison) != nil }
    }
    if approved > 0 { parts.append("\(approved) change\(approved == 1 ? "" : "s") approved") }
    if report.hiddenCount > 0 { parts.append(hidden(report)) }
    return parts.joined(separator: ", ")
  }

  /// `3 changes below high not shown`
  static func hidden(_ report: ChangeReport) -> String {
    let count = report.hiddenCount
    return "\(count) change\(count == 1 ? "" : "s") below \(report.minimumSeverity.rawValue) not shown"
  }

  static func flip(_ flip: TestFlip) -> String {
    "test \"\(flip.test)\" \(flip.holdsAfter ? "now holds" : "no longer holds"): "
      + "\(flip.isAllowed ? "allow" : "deny") \(flip.statement)"
  }

  static func badge(_ change: BadgeChange) -> String {
    "\(change.isGained ? "now" : "no longer") \(change.badge.rawValue)"
  }

  /// Before and after, with digests cut to what people compare.
  static func values(_ change: PolicyChange) -> String {
    "\(shortened(change.before ?? "nothing")) -> \(shortened(change.after ?? "nothing"))"
  }

  /// What migrating does to data, one clause each with its class: "safe: add the column `notes.rank`".
  static func migration(_ change: PolicyChange) -> [String] {
    change.migration?.effects?.map { "\($0.kind.rawValue): \($0.text)" } ?? []
  }

  /// Digests as their first twelve digits.
  static func shortened(_ text: String) -> String {
    let marker = "sha256:"
    let words = text.split(separator: " ", omittingEmptySubsequences: false)
    return words.map { word -> String in
      // A digest alone, or at the end of a reference.
      let digits = word.suffix(64)
      guard digits.utf8.count == 64, digits.allSatisfy(\.isHexDigit), word.dropLast(64).hasSuffix(marker) else {
        return String(word)
      }
      return String(word.dropLast(52))
    }.joined(separator: " ")
  }

  static func place(_ origin: Origin) -> String {
    "\(origin.path):\(origin.line):\(origin.column) \(origin.key)"
      + (origin.reason.isEmpty ? "" : " (\(origin.reason))")
  }

  static func problem(_ approval: Approval, _ problem: Approvals.Problem) -> String {
    let what =
      switch problem {
      case .expired: "expired on \(approval.expires ?? "")"
      case .unused: "is for no change that is here"
      case .otherRule: "is for a change of another rule than \(approval.rule)"
      case .otherApp: "is for a change of another app than \(approval.app ?? "")"
      case .severalApps: "counts for several apps; `app: PUBLISHER/NAME` limits it to one"
      }
    return "approval \(approval.fingerprint) (\(approval.rule)) \(what)"
  }
}

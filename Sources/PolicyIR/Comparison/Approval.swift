/// One line of an approvals file: a change that somebody looked at and took responsibility for.
package struct Approval: Hashable, Sendable {
  /// Of the change, sixteen hexadecimal digits.
  package var fingerprint: String
  /// The code of the change's rule: `LP104`.
  package var rule: String
  package var reason: String
  package var approvedBy: String
  /// The last day on which it counts, `2026-12-31`; nil for ever.
  package var expires: String?
  /// Line of the approvals file, from 1.
  package var line: Int

  package init(fingerprint: String, rule: String, reason: String, approvedBy: String, expires: String?, line: Int) {
    self.fingerprint = fingerprint
    self.rule = rule
    self.reason = reason
    self.approvedBy = approvedBy
    self.expires = expires
    self.line = line
  }
}

/// The approvals that a review counts with.
package struct Approvals: Hashable, Sendable {
  /// Why an approval does not count, or counts for nothing.
  package enum Problem: String, Hashable, Sendable {
    case expired
    /// No change that is compared has its fingerprint.
    case unused
    /// A change has its fingerprint, and another rule.
    case otherRule = "other rule"
  }

  /// In the order of the file.
  package var approvals: [Approval]
  /// Path of the file, for messages.
  package var path: String
  /// The day of the review, `2026-11-22`, given from outside: values know no clock.
  package var today: String

  package init(_ approvals: [Approval] = [], path: String = "", today: String = "") {
    self.approvals = approvals
    self.path = path
    self.today = today
  }

  /// The approval of a change, if it has one that counts.
  package func approval(of change: PolicyChange) -> Approval? {
    approvals.first { $0.fingerprint == change.fingerprint && $0.rule == change.rule.code && !isExpired($0) }
  }

  /// What is wrong with approvals, in the order of the file.
  package func problems(for changes: some Sequence<PolicyChange>) -> [(approval: Approval, problem: Problem)] {
    var rules: [String: Set<String>] = [:]
    for change in changes { rules[change.fingerprint, default: []].insert(change.rule.code) }
    return approvals.compactMap { approval in
      if isExpired(approval) { return (approval, .expired) }
      guard let found = rules[approval.fingerprint] else { return (approval, .unused) }
      return found.contains(approval.rule) ? nil : (approval, .otherRule)
    }
  }

  /// Dates of one form compare as text.
  private func isExpired(_ approval: Approval) -> Bool { approval.expires.map { $0 < today } ?? false }
}

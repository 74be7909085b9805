/// One line of an approvals file: a change that somebody looked at and took responsibility for.
package struct Approval: Hashable, Sendable {
  /// Of the change, sixteen hexadecimal digits.
  package var fingerprint: String
  /// The code of the change's rule: `LP104`.
  package var rule: String
  /// The app whose change it is, `acme/notes`; nil for the same change of any app.
  package var app: String?
  package var reason: String
  package var approvedBy: String
  /// The last day on which it counts, `2026-12-31`; nil for ever.
  package var expires: String?
  /// Line of the approvals file, from 1.
  package var line: Int

  package init(
    fingerprint: String, rule: String, app: String? = nil, reason: String, approvedBy: String, expires: String?,
    line: Int
  ) {
    self.fingerprint = fingerprint
    self.rule = rule
    self.app = app
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
    /// Only another app than the approval's has the change.
    case otherApp = "other app"
    /// It counts, and for several apps at once.
    case severalApps = "several apps"
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
  ///
  /// - Parameter app: whose change it is, `acme/notes`.
  package func approval(of change: PolicyChange, app: String) -> Approval? {
    approvals.first {
      $0.fingerprint == change.fingerprint && $0.rule == change.rule.code && ($0.app ?? app) == app && !isExpired($0)
    }
  }

  /// What is wrong with approvals, in the order of the file.
  ///
  /// - Parameter changes: all that are compared, each with the app whose change it is.
  package func problems(
    for changes: some Sequence<(app: String, change: PolicyChange)>
  ) -> [(approval: Approval, problem: Problem)] {
    var found: [String: [(app: String, rule: String)]] = [:]
    for (app, change) in changes { found[change.fingerprint, default: []].append((app, change.rule.code)) }
    return approvals.compactMap { approval in
      if isExpired(approval) { return (approval, .expired) }
      guard let same = found[approval.fingerprint] else { return (approval, .unused) }
      let ofRule = same.filter { $0.rule == approval.rule }
      if ofRule.isEmpty { return (approval, .otherRule) }
      guard let app = approval.app else { return Set(ofRule.map(\.app)).count > 1 ? (approval, .severalApps) : nil }
      return ofRule.contains { $0.app == app } ? nil : (approval, .otherApp)
    }
  }

  /// Dates of one form compare as text.
  private func isExpired(_ approval: Approval) -> Bool { approval.expires.map { $0 < today } ?? false }
}

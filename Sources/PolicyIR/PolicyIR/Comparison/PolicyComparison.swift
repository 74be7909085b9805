internal import Schemas
internal import Structures

/// One side of a comparison: an app's policy, where its grants come from, and what its manifest states about it.
package struct ComparisonSide: Hashable, Sendable {
  package var app: AppPolicy
  package var origins: Origins
  package var tests: [PolicyTest]

  package init(_ app: AppPolicy, origins: Origins = Origins(), tests: [PolicyTest] = []) {
    self.app = app
    self.origins = origins
    self.tests = tests
  }
}

extension ComparisonSide {
  /// The same app when it is not there: it may do nothing and holds nothing.
  fileprivate var absent: ComparisonSide {
    let policy = app.policy
    return ComparisonSide(
      AppPolicy(
        id: app.id,
        policy: Policy(authority: .nothing, limits: policy.limits, entry: policy.entry, runtime: policy.runtime)))
  }
}

/// What differs between two policies of an app, exactly: every change says whether it lets the app do something new, and
/// shows one such thing.
package struct PolicyComparison: Hashable, Sendable {
  package var before: ComparisonSide?
  package var after: ComparisonSide?
  /// What widens first, the severest first, then in a fixed order of rules and keys.
  package var changes: [PolicyChange]
  /// Statements of either manifest that hold on one side only.
  package var flips: [TestFlip]
  package var badges: [BadgeChange]

  /// - Parameters:
  ///   - before: nil for an app that is not there.
  ///   - after: likewise.
  ///   - classify: what migrating from one schema to another does; nil leaves every change of a schema unproven.
  package init(before: ComparisonSide?, after: ComparisonSide?, classifying classify: SchemaClassifier? = nil) {
    self.before = before
    self.after = after
    flips = TestFlip.flips(before: before, after: after)
    badges = BadgeChange.changes(before: before?.app.policy, after: after?.app.policy)
    var changes: [PolicyChange] = []
    switch (before, after) {
    case (let before?, let after?):
      changes = PolicyStructureComparison(before: before, after: after, classify: classify).changes
    case (nil, let after?):
      changes = [
        PolicyChange(
          .appAdded, key: "\(after.app.id.publisher)/\(after.app.id.name)", before: nil, after: after.app.id.version)
      ]
      changes += PolicyStructureComparison(before: after.absent, after: after, classify: classify).existence(
        isAdded: true)
    case (let before?, nil):
      changes = [
        PolicyChange(
          .appRemoved, key: "\(before.app.id.publisher)/\(before.app.id.name)", before: before.app.id.version,
          after: nil)
      ]
      changes += PolicyStructureComparison(before: before, after: before.absent, classify: classify).existence(
        isAdded: false)
    case (nil, nil): break
    }
    self.changes = changes.sorted(by: PolicyComparison.comesBefore)
  }

  /// The direction of everything together.
  package var direction: ChangeDirection { changes.reduce(.neutral) { $0.joined($1.direction) } }

  package var isEmpty: Bool { changes.isEmpty && flips.isEmpty && badges.isEmpty }

  package func count(_ direction: ChangeDirection) -> Int { changes.count { $0.direction == direction } }

  private static func comesBefore(_ left: PolicyChange, _ right: PolicyChange) -> Bool {
    func rank(_ direction: ChangeDirection) -> Int {
      switch direction {
      case .widening: 0
      case .mixed: 1
      case .narrowing: 2
      case .neutral: 3
      }
    }
    if rank(left.direction) != rank(right.direction) { return rank(left.direction) < rank(right.direction) }
    if left.severity != right.severity { return left.severity > right.severity }
    if left.tool != right.tool { return Label(left.tool ?? "") < Label(right.tool ?? "") }
    if left.rule != right.rule { return left.rule.code < right.rule.code }
    return Label(left.key) < Label(right.key)
  }
}

/// A property of a policy that people look for, gained or lost.
package struct BadgeChange: Hashable, Sendable {
  package enum Badge: String, Hashable, Sendable, CaseIterable {
    /// Nothing leaves the machine.
    case fullyLocal = "fully local"
    /// The app brings everything that it runs on.
    case hermetic
  }

  package var badge: Badge
  package var isGained: Bool

  static func changes(before: Policy?, after: Policy?) -> [BadgeChange] {
    guard let before, let after else { return [] }
    func has(_ policy: Policy, _ badge: Badge) -> Bool {
      switch badge {
      case .fullyLocal: policy.authority.isFullyLocal
      case .hermetic: policy.runtime != .host
      }
    }
    return Badge.allCases.compactMap { badge in
      let (was, isNow) = (has(before, badge), has(after, badge))
      return was == isNow ? nil : BadgeChange(badge: badge, isGained: isNow)
    }
  }
}

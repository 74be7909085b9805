import PolicyIR
import PolicyLaws
import Schemas
import TestSupport
import Testing

/// What a comparison promises, over generated policies and their neighbors.
@Suite struct ComparisonLaws {
  private func side(_ policy: Policy, _ version: String = "1.0.0") -> ComparisonSide {
    ComparisonSide(AppPolicy(id: AppID(publisher: "acme", name: "notes", version: version), policy: policy))
  }

  @Test func nothingDiffersFromItself() {
    forAll("diff(a, a) is empty", cases: 500) {
      $0.policy()
    } check: {
      ComparisonProblems.identity(side($0))
    }
  }

  @Test func theMirrorShowsTheSame() {
    forAll("diff(b, a) mirrors diff(a, b)", cases: 1200) {
      $0.neighbors()
    } check: {
      ComparisonProblems.mirror(side($0), side($1, "2.0.0"))
    }
  }

  @Test func directionIsTheOrder() {
    forAll("widening exactly when not covered", cases: 1500) {
      $0.neighbors()
    } check: {
      ComparisonProblems.direction(side($0), side($1, "2.0.0"))
    }
  }

  @Test func witnessesTellThePoliciesApart() {
    forAll("witnesses", cases: 1500) {
      $0.neighbors()
    } check: {
      ComparisonProblems.witnesses(side($0), side($1, "2.0.0"))
    }
  }

  @Test func notWideningIsTransitive() {
    forAll("not widening is transitive", cases: 1000) { choices in
      // Shrinking twice makes chains that widen nothing; random triples hardly ever do.
      let c = choices.policy()
      let b = choices.wider(c)
      return (choices.wider(b), b, c)
    } check: {
      ComparisonProblems.transitivity(side($0), side($1, "2.0.0"), side($2, "3.0.0"))
    }
  }

  @Test func fingerprintsAreOfValuesOnly() {
    forAll("fingerprints", cases: 500) {
      $0.neighbors()
    } check: {
      ComparisonProblems.fingerprints(side($0), side($1, "2.0.0"))
    }
  }

  @Test func everyRuleHasItsMirror() {
    for rule in ChangeRule.allCases {
      #expect(rule.mirror.mirror == rule)
      #expect(rule.page.hasPrefix("\(rule.code) \(rule.name)\n"))
      // The way back of a migration has a class of its own; `SchemaClassTests` follow it.
      if rule.isAboutSchema { continue }
      #expect(rule.mirror.direction == rule.direction.mirror, "\(rule)")
    }
    #expect(Set(ChangeRule.allCases.map(\.name)).count == ChangeRule.allCases.count)
  }

  @Test func addedAndRemovedAppsMirrorEachOther() {
    forAll("added and removed", cases: 300) {
      $0.policy()
    } check: { policy in
      let added = PolicyComparison(before: nil, after: side(policy))
      let removed = PolicyComparison(before: side(policy), after: nil)
      if added.direction != .widening || removed.direction != .narrowing {
        return "\(added.direction) \(removed.direction)"
      }
      return Set(added.changes.map(\.withoutSeverity)) == Set(removed.changes.map { $0.mirrored.withoutSeverity })
        ? nil : "no mirror"
    }
  }
}

extension PolicyChange {
  fileprivate var withoutSeverity: PolicyChange {
    var change = self
    change.severity = .note
    return change
  }
}

extension Choices {
  /// Two policies: unrelated, or one a small step from the other, as in a review.
  mutating func neighbors() -> (Policy, Policy) {
    let policy = policy()
    if below(3) == 0 { return (policy, self.policy()) }
    var changed = policy
    switch below(6) {
    case 0: changed.authority.files = changed.authority.files.union(fileAuthority())
    case 1: changed.authority.files = changed.authority.files.subtracting(fileAuthority())
    case 2: changed.authority.connect = changed.authority.connect.union(connectAuthority())
    case 3: changed.authority.connect = changed.authority.connect.subtracting(connectAuthority())
    case 4: changed.limits = limits()
    default: changed.models = some(["m1", "m2"]).map { modelPin($0) }
    }
    changed.tools = changed.tools.map { tool in
      var tool = tool
      tool.authority = tool.authority.intersection(changed.authority)
      return tool
    }
    return bool() ? (policy, changed) : (changed, policy)
  }

  /// A policy that permits at least what another does.
  mutating func wider(_ policy: Policy) -> Policy {
    var policy = policy
    policy.authority = policy.authority.union(authority())
    for resource in some(LimitedResource.allCases) { policy.limits[resource] = .max }
    if policy.models.count < 2, bool() {
      policy.models =
        (policy.models + ["m1", "m2"].filter { id in !policy.models.contains { $0.id == id } }.map { modelPin($0) })
        .sorted { $0.id < $1.id }
    }
    if below(3) == 2 { policy.entry.command.append("-x") }
    return policy
  }
}

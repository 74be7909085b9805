import PolicyIR
import TestSupport
import Testing

/// What a comparison promises, over generated policies and their neighbours.
@Suite struct ComparisonLaws {
  private func side(_ policy: Policy, _ version: String = "1.0.0") -> ComparisonSide {
    ComparisonSide(AppPolicy(id: AppID(publisher: "acme", name: "notes", version: version), policy: policy))
  }

  private func compare(_ a: Policy, _ b: Policy) -> PolicyComparison {
    PolicyComparison(before: side(a), after: side(b, "2.0.0"))
  }

  @Test func nothingDiffersFromItself() {
    forAll("diff(a, a) is empty", cases: 500) {
      $0.policy()
    } check: { policy in
      compare(policy, policy).isEmpty ? nil : "\(compare(policy, policy).changes)"
    }
  }

  @Test func theMirrorShowsTheSame() {
    forAll("diff(b, a) mirrors diff(a, b)", cases: 1200) {
      $0.neighbours()
    } check: { a, b in
      let forth = Set(compare(a, b).changes.map(\.withoutSeverity))
      let back = Set(compare(b, a).changes.map { $0.mirrored.withoutSeverity })
      if forth == back { return nil }
      return "only forth \(forth.subtracting(back)), only back \(back.subtracting(forth))"
    }
  }

  @Test func directionIsTheOrder() {
    forAll("widening exactly when not covered", cases: 1500) {
      $0.neighbours()
    } check: { a, b in
      let comparison = compare(a, b)
      let authority = comparison.changes.filter { $0.tool == nil && $0.isAboutAuthority }
      if authority.contains(where: \.direction.widens) == a.authority.covers(b.authority) {
        return "widens, but is covered, or the other way round"
      }
      if authority.contains(where: { $0.direction != .widening }) == b.authority.covers(a.authority) {
        return "narrows, but is covered, or the other way round"
      }
      return (a == b) == comparison.changes.isEmpty
        ? nil : "different policies without a change, or a change of nothing"
    }
  }

  @Test func witnessesTellThePoliciesApart() {
    forAll("witnesses", cases: 1500) {
      $0.neighbours()
    } check: { a, b in
      for change in compare(a, b).changes {
        switch change.direction {
        case .widening where !change.isUnproven && change.allowed == nil: return "no witness for \(change)"
        case .narrowing where change.denied == nil: return "no witness for \(change)"
        case .mixed where change.allowed == nil || change.denied == nil: return "no witness for \(change)"
        case .neutral where change.allowed != nil || change.denied != nil: return "a witness for \(change)"
        default: break
        }
        guard change.isAboutAuthority, change.tool == nil else { continue }
        for (text, yes, no) in [(change.allowed, b, a), (change.denied, a, b)] {
          guard let text else { continue }
          guard let operation = Operation(text) else { return "`\(text)` does not read back" }
          if !yes.authority.permits(operation) || no.authority.permits(operation) {
            return "`\(text)` does not tell them apart in \(change)"
          }
        }
      }
      return nil
    }
  }

  @Test func notWideningIsTransitive() {
    forAll("not widening is transitive", cases: 1000) { choices in
      // Shrinking twice makes chains that widen nothing; random triples hardly ever do.
      let c = choices.policy()
      let b = choices.wider(c)
      return (choices.wider(b), b, c)
    } check: { a, b, c in
      func widens(_ left: Policy, _ right: Policy) -> Bool { compare(left, right).direction.widens }
      if widens(a, b) || widens(b, c) { return nil }
      return widens(a, c) ? "widens only in two steps: \(compare(a, c).changes.filter(\.direction.widens))" : nil
    }
  }

  @Test func fingerprintsAreOfValuesOnly() {
    forAll("fingerprints", cases: 500) {
      $0.neighbours()
    } check: { a, b in
      var known: [String: PolicyChange] = [:]
      for change in compare(a, b).changes {
        if let other = known.updateValue(change, forKey: change.fingerprint) { return "\(other) and \(change)" }
        var moved = change
        moved.originsAfter = [Origin(path: "other.yaml", line: 99, column: 1, key: "x")]
        if moved.fingerprint != change.fingerprint { return "depends on a place" }
        moved.after = (moved.after ?? "") + "x"
        if moved.fingerprint == change.fingerprint { return "does not depend on the value" }
      }
      return nil
    }
  }

  @Test func everyRuleHasItsMirror() {
    for rule in ChangeRule.allCases {
      #expect(rule.mirror.mirror == rule)
      #expect(rule.page.hasPrefix("\(rule.code) \(rule.name)\n"))
      // A schema that grows one way loses data the other way; what is unproven is so both ways.
      if [.schemaChanged, .schemaExtended, .schemaDestroys].contains(rule) { continue }
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

  fileprivate var isAboutAuthority: Bool { rule.code <= "LP125" }
}

extension Choices {
  /// Two policies: unrelated, or one a small step from the other, as in a review.
  mutating func neighbours() -> (Policy, Policy) {
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

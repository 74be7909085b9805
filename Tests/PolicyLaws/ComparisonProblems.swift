// INVARIANT: this target holds the laws of comparisons as functions, so that suites that make their policies in
// different ways hold them to the same laws.

package import PolicyIR

/// What is wrong with the comparison of two policies, in the words of the law that it breaks; nil when nothing is.
package enum ComparisonProblems {
  /// All laws at once.
  package static func first(_ a: ComparisonSide, _ b: ComparisonSide, classify: SchemaClassifier? = nil) -> String? {
    mirror(a, b, classify: classify) ?? direction(a, b) ?? witnesses(a, b, classify: classify) ?? normalForm(a, b)
      ?? identity(a) ?? fingerprints(a, b)
  }

  private static func compare(
    _ a: ComparisonSide, _ b: ComparisonSide, _ classify: SchemaClassifier? = nil
  ) -> PolicyComparison {
    PolicyComparison(before: a, after: b, classifying: classify)
  }

  /// `diff(a, a)` is empty.
  package static func identity(_ a: ComparisonSide) -> String? {
    let comparison = compare(a, a)
    return comparison.isEmpty ? nil : "differs from itself: \(comparison.changes)"
  }

  /// `diff(b, a)` is the mirror of `diff(a, b)`.
  package static func mirror(
    _ a: ComparisonSide, _ b: ComparisonSide, classify: SchemaClassifier? = nil
  ) -> String? {
    let forth = Set(compare(a, b, classify).changes.map(\.withoutSeverity))
    let back = Set(compare(b, a, classify).changes.map { $0.mirrored.withoutSeverity })
    if forth == back { return nil }
    return "only forth \(forth.subtracting(back)), only back \(back.subtracting(forth))"
  }

  /// Something widens exactly when the order says that more is permitted, domain by domain.
  package static func direction(_ a: ComparisonSide, _ b: ComparisonSide) -> String? {
    let (old, new) = (a.app.policy, b.app.policy)
    let comparison = compare(a, b)
    func check(_ what: String, _ changes: [PolicyChange], _ isWider: Bool, _ isNarrower: Bool) -> String? {
      if changes.contains(where: \.direction.widens) != isWider { return "\(what): widens, or the order does" }
      let narrows = changes.contains { $0.direction == .narrowing || $0.direction == .mixed }
      return narrows == isNarrower ? nil : "\(what): narrows, or the order does"
    }
    let own = comparison.changes.filter { $0.tool == nil }
    let tools = comparison.changes.filter { $0.tool != nil || [.toolAdded, .toolRemoved].contains($0.rule) }
    if let problem = check(
      "authority", own.filter(\.isAboutAuthority), !old.authority.covers(new.authority),
      !new.authority.covers(old.authority))
      ?? check(
        "limits", own.filter { [.limitRaised, .limitLowered].contains($0.rule) },
        !old.limits.authority.covers(new.limits.authority), !new.limits.authority.covers(old.limits.authority))
      ?? check(
        "tools", tools, !old.toolAuthority.covers(new.toolAuthority), !new.toolAuthority.covers(old.toolAuthority))
    {
      return problem
    }
    // A model may get another name, which counts as a change although the same bytes are loaded.
    if !old.covers(new), !comparison.direction.widens { return "not covered, and nothing widens" }
    if comparison.changes.contains(where: \.rule.isAboutSchema)
      == (old.storage?.schema == new.storage?.schema
        && old.storage?.schema.declarations.normalForm == new.storage?.schema.declarations.normalForm),
      old.storage != nil, new.storage != nil
    {
      return "the schema changes, or its objects do"
    }
    return (old == new) == comparison.changes.isEmpty ? nil : "other policies without a change, or a change of nothing"
  }

  /// Every widening shows an operation that only the second side permits, every narrowing one of the first.
  package static func witnesses(
    _ a: ComparisonSide, _ b: ComparisonSide, classify: SchemaClassifier? = nil
  ) -> String? {
    for change in compare(a, b, classify).changes {
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
        if !yes.app.policy.authority.permits(operation) || no.app.policy.authority.permits(operation) {
          return "`\(text)` does not tell them apart in \(change)"
        }
      }
    }
    return nil
  }

  /// Equal policies have equal bytes, other policies have others.
  package static func normalForm(_ a: ComparisonSide, _ b: ComparisonSide) -> String? {
    let (left, right) = (a.app.policy, b.app.policy)
    return (left == right) == (left.canonicalBytes == right.canonicalBytes) ? nil : "values and bytes disagree"
  }

  /// Fingerprints tell changes apart, and depend on values alone.
  package static func fingerprints(_ a: ComparisonSide, _ b: ComparisonSide) -> String? {
    var known: [String: PolicyChange] = [:]
    for change in compare(a, b).changes {
      if let other = known.updateValue(change, forKey: change.fingerprint) { return "\(other) and \(change)" }
      var moved = change
      moved.originsAfter = [Origin(path: "other.yaml", line: 99, column: 1, key: "x")]
      if moved.fingerprint != change.fingerprint { return "a fingerprint depends on a place" }
      moved.after = (moved.after ?? "") + "x"
      if moved.fingerprint == change.fingerprint { return "a fingerprint does not depend on the value" }
    }
    return nil
  }

  /// Where neither step widens anything, both together do not.
  package static func transitivity(_ a: ComparisonSide, _ b: ComparisonSide, _ c: ComparisonSide) -> String? {
    func widens(_ left: ComparisonSide, _ right: ComparisonSide) -> Bool { compare(left, right).direction.widens }
    if widens(a, b) || widens(b, c) { return nil }
    return widens(a, c) ? "widens only in two steps: \(compare(a, c).changes.filter(\.direction.widens))" : nil
  }
}

extension PolicyChange {
  /// The severity says how much a change matters to a reader, so it is another one seen from the other side.
  fileprivate var withoutSeverity: PolicyChange {
    var change = self
    change.severity = .note
    return change
  }

  fileprivate var isAboutAuthority: Bool { rule.code <= "LP125" }
}

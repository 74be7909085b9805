import PolicyIR
import TestSupport
import Testing

/// What an update runs with while its new rights wait.
@Suite struct ConsentLaws {
  private func app(_ policy: Policy, _ version: String) -> AppPolicy {
    AppPolicy(id: AppID(publisher: "acme", name: "notes", version: version), policy: policy)
  }

  @Test func theReducedPolicyIsTheGreatestWithinBoth() {
    forAll("reduced policies", cases: 600) {
      $0.neighbors()
    } check: { old, new in
      let reduced = Consent(app: app(old, "1.0.0")).reduced(new)
      if !old.authority.covers(reduced.authority) { return "more than was agreed to" }
      if !new.authority.covers(reduced.authority) { return "more than is asked for" }
      if reduced.authority != old.authority.intersection(new.authority) { return "less than both" }
      if !old.limits.authority.covers(reduced.limits.authority) { return "larger limits" }
      if !old.toolAuthority.covers(reduced.toolAuthority) { return "tools with more" }
      if !new.toolAuthority.covers(reduced.toolAuthority) { return "tools with more than they ask for" }
      for tool in reduced.tools where !reduced.authority.covers(tool.authority) { return "a tool exceeds its app" }
      return nil
    }
  }

  /// Asking is for what widens, and only for that.
  @Test func demandsFollowTheOrder() {
    forAll("demands", cases: 600) {
      $0.neighbors()
    } check: { old, new in
      let consent = Consent(app: app(old, "1.0.0"))
      let widens = PolicyComparison(
        before: ComparisonSide(app(old, "1.0.0")), after: ComparisonSide(app(new, "2.0.0"))
      ).direction.widens
      switch Consent.demand(of: app(new, "2.0.0"), given: consent, now: 0) {
      case .none(let kept): if widens || kept.app.policy != new { return "a widening does not ask" }
      case .ask(let comparison): if !widens || comparison == nil { return "asks for nothing new" }
      case .wait, .refuse: return "waits or refuses"
      }
      switch Consent.demand(of: app(new, "1.0.0"), given: consent, now: 0) {
      case .none: return old == new ? nil : "one version has two policies"
      case .refuse: return old != new ? nil : "refuses the same"
      case .ask, .wait: return "asks for the same version"
      }
    }
  }
}

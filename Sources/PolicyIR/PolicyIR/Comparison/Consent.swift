package import CanonicalJSON
internal import Digests
internal import Structures

/// What the user of an app agreed to: a pure value; who keeps it and who asks is decided elsewhere.
package struct Consent: Hashable, Sendable {
  static let format = "locara-consent/1"

  /// The app and the policy that were agreed to.
  package var app: AppPolicy
  /// A widened policy that was agreed to and does not count yet.
  package var pending: Pending?

  package struct Pending: Hashable, Sendable {
    package var app: AppPolicy
    /// From when it counts, in seconds since 1970-01-01 UTC.
    package var from: Int64

    package init(app: AppPolicy, from: Int64) {
      self.app = app
      self.from = from
    }
  }

  package init(app: AppPolicy, pending: Pending? = nil) {
    self.app = app
    self.pending = pending
  }

  /// What has to happen before an app may run.
  package enum Demand: Hashable, Sendable {
    /// Nothing: the app does no more than was agreed to. The consent to keep, which may be a narrower one.
    case none(Consent)
    /// The user is to be asked; nil on the first start.
    case ask(PolicyComparison?)
    /// The update was agreed to, and what is new in it stays off until then.
    case wait(until: Int64)
    /// The same name and version with another policy: somebody is mistaken, or lies.
    case refuse(PolicyComparison)
  }

  /// - Parameters:
  ///   - now: seconds since 1970-01-01 UTC.
  ///   - classify: what migrating between two schemas does; nil leaves every change of a schema unproven, so that it asks.
  package static func demand(
    of app: AppPolicy, given consent: Consent?, now: Int64, classifying classify: SchemaClassifier? = nil
  ) -> Demand {
    guard var consent else { return .ask(nil) }
    if let pending = consent.pending, pending.from <= now { consent = Consent(app: pending.app) }
    if consent.app == app { return .none(consent) }
    let comparison = PolicyComparison(
      before: ComparisonSide(consent.app), after: ComparisonSide(app), classifying: classify)
    if consent.app.id == app.id { return .refuse(comparison) }
    let isSameApp = consent.app.id.publisher == app.id.publisher && consent.app.id.name == app.id.name
    guard isSameApp else { return .ask(nil) }
    if !comparison.direction.widens { return .none(Consent(app: app)) }
    if let pending = consent.pending, pending.app == app { return .wait(until: pending.from) }
    return .ask(comparison)
  }

  /// The consent after the user agreed to `app`.
  ///
  /// - Parameter from: when what is new starts to count; nil for at once.
  package func accepting(_ app: AppPolicy, from: Int64?) -> Consent {
    guard let from else { return Consent(app: app) }
    return Consent(app: self.app, pending: Pending(app: app, from: from))
  }

  /// The policy that an update runs with while it waits: what it asks for, and of that what was agreed to before. What
  /// it is made of (its programs, models and schema) is its own, since it could not run without.
  package func reduced(_ update: Policy) -> Policy {
    let known = app.policy
    var policy = update
    policy.authority = update.authority.intersection(known.authority)
    policy.limits = update.limits.tightened(by: known.limits)
    policy.tools = update.tools.compactMap { tool in
      guard let old = known.tools.first(where: { Label($0.name) == Label(tool.name) }) else { return nil }
      var tool = tool
      tool.authority = tool.authority.intersection(old.authority).intersection(policy.authority)
      tool.limits = tool.limits.tightened(by: old.limits)
      return tool
    }
    return policy
  }
}

extension Consent {
  package var json: JSON {
    var members: [String: JSON] = ["format": .string(Consent.format), "app": app.json]
    if let pending { members["pending"] = ["app": pending.app.json, "from": .integer(pending.from)] }
    return .object(members)
  }

  package init(json: JSON) throws(PolicyFormatError) {
    let reader = DocumentReader(json)
    guard reader.value["format"] == .string(Consent.format) else {
      throw reader.error("expected format \(Consent.format)")
    }
    let members = try reader.members("format", "app", "pending?")
    self.init(app: try AppPolicy(json: members["app"].value))
    if let pending = members.optional("pending") {
      let parts = try pending.members("app", "from")
      self.pending = Pending(app: try AppPolicy(json: parts["app"].value), from: try parts["from"].integer())
    }
  }
}

internal import BundleStore
internal import CanonicalJSON
package import Consent
internal import KernelPlan
internal import PolicyIR
internal import Reports
internal import Runner
internal import SandboxPlan
package import SystemIO

/// Asks a user for consent to what a bundle may do, and records the answer.
package struct ConsentReview {
  package var store: ConsentStore
  /// Seconds since 1970-01-01 UTC.
  package var now: Int64
  /// Agree to what widens without a question.
  package var acceptsWidening = false
  /// Seconds for which what an update may do anew stays off.
  package var coolDown: Int64?
  /// Asks the user a question that is answered with yes or no; nil when nobody is there to answer.
  package var ask: ((String) -> Bool)?
  /// Shows a text to the user.
  package let show: (String) -> Void

  package init(store: ConsentStore, now: Int64, show: @escaping (String) -> Void) {
    self.store = store
    self.now = now
    self.show = show
  }

  /// Returns when the app may be started.
  ///
  /// - Throws: LR062 when the user does not agree, LR063 when nobody can be asked, LR060 when a version has two policies.
  package func review(_ path: String) throws(Failure) {
    let bundle = try BundleStore.ofUser().open(path).bundle
    let side = try BundleSide.side(bundle)
    let app = side.app
    let consent = try store.read(publisher: app.id.publisher, name: app.id.name)
    switch Consent.demand(of: app, given: consent, now: now, classifying: SchemaPlanning.effects) {
    case .none(let consent): try store.write(consent)
    case .ask(nil): try first(app)
    case .ask(let comparison?): try widening(app, comparison, given: consent ?? Consent(app: app))
    case .wait:
      if acceptsWidening, coolDown == nil { return try store.write(Consent(app: app)) }
      if let consent { try wait(consent, for: app) }
    case .refuse(let comparison):
      show(report(comparison))
      throw .versionReused(app.id, path: path)
    }
  }

  private func first(_ app: AppPolicy) throws(Failure) {
    if let ask {
      show(Self.summary(app))
      guard ask("Start it with these rights?") else { throw declined(app) }
    }
    try store.write(Consent(app: app))
  }

  private func widening(
    _ app: AppPolicy, _ comparison: PolicyComparison, given consent: Consent
  ) throws(Failure) {
    show(report(comparison))
    if !acceptsWidening {
      guard let ask else {
        throw Failure(
          "LR063", "\(name(app)) \(app.id.version) may do more than you agreed to, and nobody is here to be asked",
          help:
            "look at what is new above; `--accept-widening` agrees to it, and `--cool-down 7d` beside it keeps what "
            + "is new off for a week")
      }
      let start = coolDown == nil ? "" : ", and switch on what is new in \(Self.duration(coolDown ?? 0))"
      guard ask("Agree to what is new\(start)?") else { throw declined(app) }
    }
    guard let coolDown else { return try store.write(Consent(app: app)) }
    try wait(consent.accepting(app, from: now + coolDown), for: app)
  }

  /// Records an update that waits, with the plan that it runs with meanwhile.
  private func wait(_ consent: Consent, for app: AppPolicy) throws(Failure) {
    let kernel = KernelPlan.lowering(AppPolicy(id: app.id, policy: consent.reduced(app.policy)))
    if let refusal = kernel.refusals.first {
      throw Failure(
        "LR064", "\(name(app)) cannot run with what is old and new alike: \(refusal.subject): \(refusal.reason)",
        help: "run it without `--cool-down`, or keep the old version until you agree to the new one")
    }
    let artifacts = try SandboxArtifacts(kernel)
    guard let filter = artifacts.filters.first(where: { $0.architecture == Architecture.current }) else {
      throw Failure("LR002", "there are no filters for this machine's architecture")
    }
    try store.write(consent, reduced: (artifacts.plan.json.canonicalBytes, filter.program))
    let left = Self.duration((consent.pending?.from ?? now) - now)
    show("locara: what is new in \(name(app)) \(app.id.version) stays off for \(left)\n")
  }

  private func declined(_ app: AppPolicy) -> Failure {
    Failure("LR062", "\(name(app)) \(app.id.version) was not started: you did not agree to what it may do")
  }

  private func name(_ app: AppPolicy) -> String { "\(app.id.publisher)/\(app.id.name)" }

  private func report(_ comparison: PolicyComparison) -> String {
    let entry = ChangeReport.Entry(name: "", outcome: .compared(comparison))
    // The summary above the entries counts apps, and here is one.
    let lines = ChangeReport(before: "", after: "", entries: [entry]).text(color: false)
      .split(separator: "\n", omittingEmptySubsequences: false)
    return lines.dropFirst(2).joined(separator: "\n") + "\n"
  }

  /// One page: what the app may do, a line a grant.
  static func summary(_ app: AppPolicy) -> String {
    let lines = app.text.split(separator: "\n").dropFirst()
    return "\(app.id.publisher)/\(app.id.name) \(app.id.version) starts for the first time. It may:\n\n"
      + lines.map { "\($0)\n" }.joined() + "\n"
      + (app.policy.authority.isFullyLocal
        ? "Nothing that it does leaves this machine.\n" : "It may send what it reads over the network.\n")
  }

  /// The largest unit that divides it: "7 days", "1 hour".
  static func duration(_ seconds: Int64) -> String {
    for (size, name) in [(Int64(86_400), "day"), (3600, "hour"), (60, "minute")] where seconds >= size {
      let count = (seconds + size / 2) / size
      return "\(count) \(name)\(count == 1 ? "" : "s")"
    }
    return "\(max(seconds, 0)) seconds"
  }
}

internal import CanonicalJSON
internal import Digests

/// One difference between two policies, in the words of a review.
package struct PolicyChange: Hashable, Sendable {
  package var rule: ChangeRule
  package var severity: ChangeSeverity
  /// The tool whose policy changes; nil for the app's own.
  package var tool: String?
  /// What the change is about: `app-data/**`, `*.example.com`, `memory`, a model's id.
  package var key: String
  /// The values on both sides; nil where there was or is nothing.
  package var before: String?
  package var after: String?
  /// An operation that only the second policy permits: "connect tcp api.example.com:443".
  package var allowed: String?
  /// An operation that only the first policy permits.
  package var denied: String?
  package var originsBefore: [Origin]
  package var originsAfter: [Origin]

  package init(
    _ rule: ChangeRule, _ severity: ChangeSeverity? = nil, tool: String? = nil, key: String, before: String?,
    after: String?, allowed: String? = nil, denied: String? = nil, originsBefore: [Origin] = [],
    originsAfter: [Origin] = []
  ) {
    self.rule = rule
    self.severity = severity ?? rule.severity
    self.tool = tool
    self.key = key
    self.before = before
    self.after = after
    self.allowed = allowed
    self.denied = denied
    self.originsBefore = originsBefore
    self.originsAfter = originsAfter
  }

  package var direction: ChangeDirection { rule.direction }

  /// The direction is assumed, because nothing proves another one.
  package var isUnproven: Bool { rule == .schemaChanged }

  /// `files app-data/**`, `tool ocr connect *.example.com`
  package var subject: String { (tool.map { "tool \($0) " } ?? "") + "\(rule.title) \(key)" }

  /// Sixteen hexadecimal digits over the rule, the subject and the values, and nothing else: the same change has the
  /// same fingerprint wherever it stands in a file, and another one as soon as a value differs.
  package var fingerprint: String {
    let identity: JSON = [
      .string(rule.code), .string(tool ?? ""), .string(key), before.map { .string($0) } ?? .null,
      after.map { .string($0) } ?? .null,
    ]
    return String(Digest.of(identity.canonicalBytes).hexadecimal.prefix(16))
  }

  /// The same change seen from the other side. A change that is unproven is so from both sides, and what extends a
  /// schema one way loses data the other way.
  package var mirrored: PolicyChange {
    var mirrored = PolicyChange(
      rule.mirror, rule.mirror.severity, tool: tool, key: key, before: after, after: before, allowed: denied,
      denied: allowed, originsBefore: originsAfter, originsAfter: originsBefore)
    switch rule {
    case .schemaExtended: mirrored.allowed = PolicyChange.loss(key)
    case .schemaDestroys: mirrored.denied = nil
    default: break
    }
    return mirrored
  }

  /// What a migration does that drops an object of the schema, or a part of it.
  static func loss(_ object: String) -> String { "lose data of \(object)" }
}

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
  /// For a change of the schema: what migrating does to data.
  package var migration: SchemaMigration?

  package init(
    _ rule: ChangeRule, _ severity: ChangeSeverity? = nil, tool: String? = nil, key: String, before: String?,
    after: String?, allowed: String? = nil, denied: String? = nil, originsBefore: [Origin] = [],
    originsAfter: [Origin] = [], migration: SchemaMigration? = nil
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
    self.migration = migration
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

  /// The same change seen from the other side. What a migration does on the way back is its own answer, not the
  /// opposite of what it does on the way there.
  package var mirrored: PolicyChange {
    let back = migration?.mirrored
    let mirror = back?.rule ?? rule.mirror
    return PolicyChange(
      mirror, mirror.severity, tool: tool, key: key, before: after, after: before,
      allowed: migration == nil ? denied : back?.witness, denied: migration == nil ? allowed : nil,
      originsBefore: originsAfter, originsAfter: originsBefore, migration: back)
  }
}

package import CanonicalJSON
internal import PolicyIR

extension ChangeReport {
  /// The review for programs. The form is described in `spec/policy-ir.md`; `format` names its version.
  package func json(gate: Gate) -> JSON {
    [
      "format": "locara-changes/1",
      "before": .string(before),
      "after": .string(after),
      "summary": [
        "text": .string(ChangeWords.summary(self)),
        "compared": .integer(Int64(entries.count - failures)),
        "failed": .integer(Int64(failures)),
        "open": .integer(Int64(open.count)),
        "gate": .string(gate.rawValue),
        "tripped": .bool(trips(gate)),
      ],
      "apps": .array(entries.map(json)),
      "approvals": .array(
        approvalProblems.map {
          [
            "fingerprint": .string($0.approval.fingerprint), "rule": .string($0.approval.rule),
            "line": .integer(Int64($0.approval.line)), "problem": .string($0.problem.rawValue),
          ]
        }),
    ]
  }

  private func json(_ entry: Entry) -> JSON {
    var members: [String: JSON] = ["name": .string(entry.name)]
    if let old = entry.renamedFrom { members["renamedFrom"] = .string(old) }
    switch entry.outcome {
    case .failed(let side, let problem):
      members["failed"] = ["side": .string(side), "problem": .string(problem)]
    case .compared(let comparison):
      let changes = changes(of: comparison)
      members["before"] = comparison.before.map(json) ?? .null
      members["after"] = comparison.after.map(json) ?? .null
      members["verdict"] = .string(ChangeWords.verdict(comparison))
      members["direction"] = .string(comparison.direction.rawValue)
      members["badges"] = .array(
        comparison.badges.map { ["badge": .string($0.badge.rawValue), "gained": .bool($0.isGained)] })
      members["tests"] = .array(
        comparison.flips.map {
          [
            "test": .string($0.test), "statement": .string($0.statement),
            "expects": .string($0.isAllowed ? "allow" : "deny"), "holds": .bool($0.holdsAfter),
          ]
        })
      members["changes"] = .array(changes.map { json($0, comparison) })
    }
    return .object(members)
  }

  private func json(_ side: ComparisonSide) -> JSON {
    ["id": .string("\(side.app.id)"), "digest": .string("\(side.app.policy.digest)")]
  }

  private func json(_ change: PolicyChange, _ comparison: PolicyComparison) -> JSON {
    var members: [String: JSON] = [
      "rule": .string(change.rule.code), "name": .string(change.rule.name),
      "direction": .string(change.direction.rawValue), "unproven": .bool(change.isUnproven),
      "severity": .string(change.severity.rawValue), "subject": .string(change.subject), "key": .string(change.key),
      "before": change.before.map { .string($0) } ?? .null, "after": change.after.map { .string($0) } ?? .null,
      "fingerprint": .string(change.fingerprint),
      "origins": [
        "before": .array(change.originsBefore.map(\.json)), "after": .array(change.originsAfter.map(\.json)),
      ],
    ]
    if let tool = change.tool { members["tool"] = .string(tool) }
    if let allowed = change.allowed { members["allowed"] = .string(allowed) }
    if let denied = change.denied { members["denied"] = .string(denied) }
    if let effects = change.migration?.effects {
      members["migration"] = .array(
        effects.map { ["class": .string($0.kind.rawValue), "text": .string($0.text)] })
    }
    if let approval = approval(of: change, in: comparison) {
      members["approved"] = ["by": .string(approval.approvedBy), "reason": .string(approval.reason)]
    }
    return .object(members)
  }
}

package import CanonicalJSON
internal import PolicyIR

extension ChangeReport {
  /// The review as SARIF 2.1.0 (OASIS), for code scanning: one result a change, approvals as suppressions.
  package func sarif(version: String) -> JSON {
    let comparisons = entries.compactMap { entry in entry.comparison.map { (entry, $0) } }
    let used = Set(comparisons.flatMap { changes(of: $0.1).map(\.rule) })
    let rules = ChangeRule.allCases.filter(used.contains)
    var results: [JSON] = []
    for (entry, comparison) in comparisons {
      for change in changes(of: comparison) { results.append(result(change, comparison, entry, rules)) }
    }
    return [
      "$schema": "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json",
      "version": "2.1.0",
      "runs": [
        [
          "tool": [
            "driver": [
              "name": "locara", "version": .string(version), "rules": .array(rules.map(rule)),
            ]
          ],
          "columnKind": "unicodeCodePoints",
          "originalUriBaseIds": ["%SRCROOT%": ["description": ["text": "The directory that was compared."]]],
          "invocations": [
            ["executionSuccessful": .bool(failures == 0), "toolExecutionNotifications": .array(notifications)]
          ],
          "results": .array(results),
        ]
      ],
    ]
  }

  /// What could not be compared, and approvals that do not count.
  private var notifications: [JSON] {
    entries.compactMap { entry in
      guard case .failed(let side, let problem) = entry.outcome else { return nil }
      return ["level": "error", "message": ["text": .string("\(entry.name): \(side) could not be read: \(problem)")]]
    }
      + approvalProblems.map {
        ["level": "note", "message": ["text": .string(ChangeWords.problem($0.approval, $0.problem))]]
      }
  }

  private func rule(_ rule: ChangeRule) -> JSON {
    [
      "id": .string(rule.code), "name": .string(rule.name),
      "shortDescription": ["text": .string("\(rule.title): \(rule.direction.rawValue)")],
      "fullDescription": ["text": .string(rule.meaning)],
      "help": ["text": .string(rule.page)],
      "defaultConfiguration": ["level": .string(level(rule.severity, rule.direction))],
    ]
  }

  /// Kinds other than `fail` have no level (SARIF 2.1.0, 3.27.10).
  private func level(_ severity: ChangeSeverity, _ direction: ChangeDirection) -> String {
    guard direction.widens else { return "none" }
    switch severity {
    case .high: return "error"
    case .medium: return "warning"
    case .low, .note: return "note"
    }
  }

  private func result(
    _ change: PolicyChange, _ comparison: PolicyComparison, _ entry: Entry, _ rules: [ChangeRule]
  ) -> JSON {
    var message = "\(change.subject): \(ChangeWords.values(change))."
    if let allowed = change.allowed { message += " Now allowed: \(ChangeWords.shortened(allowed))." }
    if let denied = change.denied { message += " Now denied: \(ChangeWords.shortened(denied))." }
    for effect in ChangeWords.migration(change) { message += " Migration \(effect)." }
    var members: [String: JSON] = [
      "ruleId": .string(change.rule.code),
      "ruleIndex": .integer(Int64(rules.firstIndex(of: change.rule) ?? 0)),
      "kind": .string(change.direction.widens ? "fail" : "informational"),
      "level": .string(level(change.severity, change.direction)),
      "message": ["text": .string(message)],
      "locations": [location(change, entry)],
      "partialFingerprints": ["locaraChange/v1": .string(change.fingerprint)],
      "baselineState": .string(change.before == nil ? "new" : change.after == nil ? "absent" : "updated"),
      "properties": [
        "direction": .string(change.direction.rawValue), "severity": .string(change.severity.rawValue),
        "unproven": .bool(change.isUnproven),
      ],
    ]
    if let approval = approval(of: change, in: comparison) {
      members["suppressions"] = [
        [
          "kind": "external", "status": "accepted",
          "justification": .string("\(approval.reason) (\(approval.approvedBy))"),
        ]
      ]
    }
    return .object(members)
  }

  private func location(_ change: PolicyChange, _ entry: Entry) -> JSON {
    let origin = change.originsAfter.first
    var physical: [String: JSON] = [
      "artifactLocation": ["uri": .string(uri(entry.path.isEmpty ? entry.name : entry.path)), "uriBaseId": "%SRCROOT%"]
    ]
    physical["region"] = [
      "startLine": .integer(Int64(origin?.line ?? 1)), "startColumn": .integer(Int64(origin?.column ?? 1)),
    ]
    return [
      "physicalLocation": .object(physical),
      "logicalLocations": [
        ["fullyQualifiedName": .string(origin?.key ?? change.subject), "kind": "member"]
      ],
    ]
  }

  /// A path as a relative reference (RFC 3986): everything but unreserved characters and slashes in percent form.
  private func uri(_ path: String) -> String {
    let digits = Array("0123456789ABCDEF")
    return path.utf8.reduce(into: "") { result, byte in
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
        UInt8(ascii: "~"), UInt8(ascii: "/"):
        result.unicodeScalars.append(Unicode.Scalar(byte))
      default: result += "%\(digits[Int(byte >> 4)])\(digits[Int(byte & 15)])"
      }
    }
  }
}

package import CanonicalJSON
internal import Diagnostics
package import SystemIO

/// Our own form of a policy as JSON: everything that `SystemCallPolicy` can say, and nothing else.
///
///     { "format": "locara.seccomp/1", "denied": "errno 1", "unknown": "errno 38", "foreign": "kill-process",
///       "rules": [{ "call": "ioctl", "action": "allow", "where": [
///         { "argument": 1, "compare": "not-equal", "value": "0x5412", "signed": false }] }] }
///
/// Values are strings, decimal or with `0x`, since JSON's numbers end before 2^64.
package enum LocaraProfile {
  package static let format = "locara.seccomp/1"

  package static func write(_ policy: SystemCallPolicy) -> JSON {
    [
      "format": .string(format), "denied": .string(policy.denied.description),
      "unknown": .string(policy.unknown.description), "foreign": .string(policy.foreign.description),
      "rules": .array(
        policy.rules.map { rule in
          var object: [String: JSON] = ["call": .string(rule.call), "action": .string(rule.action.description)]
          if !rule.conditions.isEmpty { object["where"] = .array(rule.conditions.map(write)) }
          if !rule.reason.isEmpty { object["reason"] = .string(rule.reason) }
          return .object(object)
        }),
    ]
  }

  private static func write(_ condition: ArgumentCondition) -> JSON {
    func text(_ value: UInt64) -> JSON { .string("0x" + String(value, radix: 16)) }
    var object: [String: JSON] = ["argument": .integer(Int64(condition.index))]
    if condition.isSigned { object["signed"] = true }
    let (name, first, second): (String, UInt64, UInt64?) =
      switch condition.comparison {
      case .equal(let value): ("equal", value, nil)
      case .notEqual(let value): ("not-equal", value, nil)
      case .less(let value): ("less", value, nil)
      case .lessOrEqual(let value): ("less-or-equal", value, nil)
      case .greater(let value): ("greater", value, nil)
      case .greaterOrEqual(let value): ("greater-or-equal", value, nil)
      case .range(let low, let high): ("range", low, high)
      case .maskedEqual(let mask, let value): ("masked-equal", value, mask)
      case .maskedNotEqual(let mask, let value): ("masked-not-equal", value, mask)
      }
    object["compare"] = .string(name)
    object["value"] = text(first)
    if let second { object[name == "range" ? "end" : "mask"] = text(second) }
    return .object(object)
  }

  package static func read(_ document: JSON) throws(Failure) -> SystemCallPolicy {
    let object = try members(document, "the profile", ["format", "denied", "unknown", "foreign", "rules"])
    guard object["format"]?.stringValue == format else {
      throw Failure("LC033", "the profile's `format` is not `\(format)`")
    }
    var rules: [SystemCallRule] = []
    guard let entries = object["rules"]?.arrayValue else { throw Failure("LC033", "the profile has no array `rules`") }
    for (index, entry) in entries.enumerated() {
      let place = "rules[\(index)]"
      let rule = try members(entry, place, ["call", "action", "where", "reason"])
      guard let call = rule["call"]?.stringValue else { throw Failure("LC033", "\(place) has no `call`") }
      var conditions: [ArgumentCondition] = []
      for (number, entry) in (rule["where"]?.arrayValue ?? []).enumerated() {
        conditions.append(try condition(entry, "\(place).where[\(number)]"))
      }
      rules.append(
        SystemCallRule(
          call, where: conditions, try action(rule["action"], "\(place).action"),
          reason: rule["reason"]?.stringValue ?? ""))
    }
    return SystemCallPolicy(
      denied: try action(object["denied"], "denied"), unknown: try action(object["unknown"], "unknown"),
      foreign: try action(object["foreign"], "foreign"), rules: rules)
  }

  private static func members(_ value: JSON, _ place: String, _ known: [String]) throws(Failure) -> [String: JSON] {
    guard case .object(let members) = value else {
      throw Failure("LC033", "expected \(place) to be an object, found \(value.kind)")
    }
    if let unknown = members.keys.filter({ !known.contains($0) }).min() {
      throw Failure(
        "LC033", "\(place) has the member `\(unknown)`, which \(format) does not have",
        help: nearestMatch(to: unknown, among: known).map { "did you mean `\($0)`?" })
    }
    return members
  }

  private static func action(_ value: JSON?, _ place: String) throws(Failure) -> SystemCallAction {
    guard let text = value?.stringValue, let action = SystemCallAction(text) else {
      throw Failure(
        "LC033", "`\(place)` is not an action",
        help: "actions are allow, log, errno N, trap N, trace N, notify, kill-thread and kill-process")
    }
    return action
  }

  private static func condition(_ value: JSON, _ place: String) throws(Failure) -> ArgumentCondition {
    let object = try members(value, place, ["argument", "compare", "value", "mask", "end", "signed"])
    func number(_ key: String) throws(Failure) -> UInt64 {
      guard let text = object[key]?.stringValue, let value = UInt64(literal: text) else {
        throw Failure("LC033", "`\(key)` of \(place) is not a number of 64 bits in quotes, decimal or with 0x")
      }
      return value
    }
    guard let index = object["argument"]?.integerValue, (0..<6).contains(index) else {
      throw Failure("LC033", "\(place) has no `argument` from 0 to 5")
    }
    let first = try number("value")
    let comparison: ArgumentCondition.Comparison
    switch object["compare"]?.stringValue {
    case "equal": comparison = .equal(first)
    case "not-equal": comparison = .notEqual(first)
    case "less": comparison = .less(first)
    case "less-or-equal": comparison = .lessOrEqual(first)
    case "greater": comparison = .greater(first)
    case "greater-or-equal": comparison = .greaterOrEqual(first)
    case "range": comparison = .range(first, try number("end"))
    case "masked-equal": comparison = .maskedEqual(mask: try number("mask"), value: first)
    case "masked-not-equal": comparison = .maskedNotEqual(mask: try number("mask"), value: first)
    default: throw Failure("LC033", "`compare` of \(place) is not a comparison")
    }
    return ArgumentCondition(Int(index), comparison, signed: object["signed"]?.boolValue ?? false)
  }
}

extension SystemCallAction {
  /// Reads what `description` writes, and the same with a colon: "errno:38".
  package init?(_ text: String) {
    let parts = text.split(whereSeparator: { $0 == " " || $0 == ":" })
    let data = parts.count == 2 ? UInt16(parts[1]) ?? OCINames.errors[String(parts[1])] : nil
    switch (parts.first, parts.count, data) {
    case ("allow", 1, _): self = .allow
    case ("log", 1, _): self = .log
    case ("notify", 1, _): self = .notify
    case ("kill-thread", 1, _): self = .killThread
    case ("kill-process", 1, _): self = .killProcess
    case ("errno", 2, let data?) where data <= 4095: self = .errno(data)
    case ("trap", 2, let data?): self = .trap(data)
    case ("trace", 2, let data?): self = .trace(data)
    default: return nil
    }
  }
}

extension UInt64 {
  /// Reads a decimal number, one with `0x`, `0o` or `0b`, or a negative decimal as two's complement.
  package init?(literal text: String) {
    let lower = text.lowercased()
    for (prefix, radix) in [("0x", 16), ("0o", 8), ("0b", 2)] where lower.hasPrefix(prefix) {
      let digits = lower.dropFirst(2)
      guard digits.first != "+", digits.first != "-", let value = UInt64(digits, radix: radix) else { return nil }
      self = value
      return
    }
    guard text.first != "+" else { return nil }
    if let value = UInt64(text) {
      self = value
    } else if let value = Int64(text) {
      self = UInt64(bitPattern: value)
    } else {
      return nil
    }
  }
}

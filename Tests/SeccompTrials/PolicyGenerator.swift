package import SandboxPlan
package import Seccomp
package import SystemCalls
package import TestSupport

/// Random policies, inputs around everything that they compare with, and what a policy says, evaluated plainly: written
/// apart from the compiler, as its oracle.
package enum PolicyGenerator {
  /// Values that comparisons like to get wrong.
  package static func value(_ random: inout SplitMix64, bits: Int) -> UInt64 {
    let mask: UInt64 = bits == 64 ? .max : (1 << UInt64(bits)) - 1
    let edges: [UInt64] = [
      0, 1, 2, 0x7F, 0xFF, 0x7FFF, 0x8000, 0xFFFF, 0x7FFF_FFFF, 0x8000_0000, 0xFFFF_FFFF, 0x1_0000_0000,
      0x7FFF_FFFF_FFFF_FFFF, 0x8000_0000_0000_0000, .max, 0x1_0000_0001, 0xFFFF_FFFF_0000_0000,
    ]
    let picked: UInt64
    switch Int.random(in: 0..<4, using: &random) {
    case 0: picked = random.pick(edges)
    case 1: picked = random.next() >> UInt64.random(in: 0..<64, using: &random)
    case 2: picked = UInt64.random(in: 0..<64, using: &random)
    default: picked = random.next()
    }
    return picked & mask
  }

  package static func condition(
    _ random: inout SplitMix64, on call: SystemCall, equalityOnly: Bool = false
  ) -> ArgumentCondition? {
    let indices = call.arguments.indices.filter { call.arguments[$0] != .pointer }
    guard !indices.isEmpty else { return nil }
    let index = random.pick(indices)
    let bits = call.arguments[index].bits
    let first = value(&random, bits: bits)
    let second = value(&random, bits: bits)
    let isSigned = !equalityOnly && random.once(in: 3)
    let isOrdered: Bool
    if isSigned {
      let shift = UInt64(64 - bits)
      isOrdered = Int64(bitPattern: first << shift) <= Int64(bitPattern: second << shift)
    } else {
      isOrdered = first <= second
    }
    // Signed ranges are checked as 64-bit numbers, so negative ones are written with all bits.
    func extended(_ value: UInt64) -> UInt64 {
      isSigned && bits < 64 && value >> UInt64(bits - 1) == 1 ? value | ~((1 << UInt64(bits)) - 1) : value
    }
    let comparison: ArgumentCondition.Comparison
    switch Int.random(in: 0..<(equalityOnly ? 2 : 9), using: &random) {
    case 0: comparison = .equal(first)
    case 1:
      let mask = second == 0 ? 1 : second
      comparison = .maskedEqual(mask: mask, value: first & mask)
    case 2: comparison = .notEqual(first)
    case 3:
      let mask = second == 0 ? 1 : second
      comparison = .maskedNotEqual(mask: mask, value: first & mask)
    case 4: comparison = .less(first)
    case 5: comparison = .lessOrEqual(first)
    case 6: comparison = .greater(first)
    case 7: comparison = .greaterOrEqual(first)
    default:
      comparison = isOrdered ? .range(extended(first), extended(second)) : .range(extended(second), extended(first))
    }
    return ArgumentCondition(index, comparison, signed: isSigned)
  }

  /// Rules of one action for each call, so that they never contradict; conditions that exclude each other are left out.
  package static func policy(_ random: inout SplitMix64, equalityOnly: Bool = false) -> SystemCallPolicy {
    let actions: [SystemCallAction] = [.allow, .allow, .allow, .errno(13), .log, .killThread, .trap(7)]
    var rules: [SystemCallRule] = []
    let density = Int.random(in: 1..<12, using: &random)
    for call in SystemCall.all where random.once(in: density) {
      let action = equalityOnly ? .allow : random.pick(actions)
      guard random.once(in: 4) else {
        rules.append(SystemCallRule(call.name, action))
        continue
      }
      for _ in 0..<Int.random(in: 1...3, using: &random) {
        var conditions: [ArgumentCondition] = []
        for _ in 0..<Int.random(in: 1...3, using: &random) {
          guard let condition = condition(&random, on: call, equalityOnly: equalityOnly) else { continue }
          if equalityOnly, conditions.contains(where: { $0.index == condition.index }) { continue }
          conditions.append(condition)
        }
        if conditions.isEmpty { continue }
        rules.append(SystemCallRule(call.name, where: conditions, action))
      }
    }
    let policy = SystemCallPolicy(
      denied: random.pick([.operationNotPermitted, .killProcess]), unknown: .noSuchCall, foreign: .killProcess,
      rules: rules)
    return policy
  }

  /// Without the rules that can never match, which the compiler refuses.
  package static func satisfiable(_ policy: SystemCallPolicy) -> SystemCallPolicy {
    var result = policy
    result.rules = policy.rules.filter { rule in
      let alone = SystemCallPolicy(denied: .killProcess, unknown: .noSuchCall, rules: [rule])
      return (try? FilterMeaning(of: alone, for: .x86_64)) != nil
    }
    return result
  }

  /// An input near something that the policy compares with.
  package static func input(
    _ random: inout SplitMix64, _ policy: SystemCallPolicy, _ architecture: Architecture
  ) -> SystemCallData {
    var number = UInt32.random(in: 0..<480, using: &random)
    var arguments = (0..<6).map { _ in value(&random, bits: 64) }
    if !policy.rules.isEmpty, !random.once(in: 5) {
      let rule = random.pick(policy.rules)
      number = SystemCall.named(rule.call)?.number(on: architecture) ?? number
      for other in policy.rules where other.call == rule.call && random.once(in: 2) {
        for condition in other.conditions {
          arguments[condition.index] = near(condition, arguments[condition.index], &random)
        }
      }
      for condition in rule.conditions {
        arguments[condition.index] = near(condition, arguments[condition.index], &random)
      }
    } else if random.once(in: 4) {
      number = UInt32(truncatingIfNeeded: random.next())
    }
    let token = random.once(in: 40) ? UInt32(truncatingIfNeeded: random.next()) : architecture.auditToken
    return SystemCallData(
      number: number, architecture: token, instructionPointer: random.next(), arguments: arguments)
  }

  private static func near(_ condition: ArgumentCondition, _ other: UInt64, _ random: inout SplitMix64) -> UInt64 {
    var bounds: [UInt64]
    switch condition.comparison {
    case .equal(let v), .notEqual(let v), .less(let v), .lessOrEqual(let v), .greater(let v), .greaterOrEqual(let v):
      bounds = [v, v &+ 1, v &- 1]
    case .range(let a, let b): bounds = [a, b, a &- 1, b &+ 1, a &+ (b &- a) / 2]
    case .maskedEqual(let mask, let v), .maskedNotEqual(let mask, let v):
      bounds = [v, v | (other & ~mask), v ^ (mask & (0 &- mask)), v ^ mask]
    }
    let value = random.pick(bounds)
    // Upper bits that the kernel may or may not look at.
    switch Int.random(in: 0..<6, using: &random) {
    case 0: return value ^ (1 << 32)
    case 1: return value | 0xFFFF_FFFF_0000_0000
    case 2: return value ^ (random.next() << 32)
    case 3: return value ^ (1 << 16)
    default: return value
    }
  }
}

/// A policy evaluated rule by rule with ordinary integers.
package enum PlainEvaluator {
  package static func action(_ policy: SystemCallPolicy, _ data: SystemCallData, on architecture: Architecture)
    -> SystemCallAction
  {
    if data.architecture != architecture.auditToken { return policy.foreign }
    if architecture == .x86_64, data.number >= 0x4000_0000 { return policy.foreign }
    guard let call = SystemCall.numbered(data.number, on: architecture) else { return policy.unknown }
    for rule in policy.rules where rule.call == call.name {
      if rule.conditions.allSatisfy({ holds($0, data.arguments[$0.index], call.arguments[$0.index]) }) {
        return rule.action
      }
    }
    return policy.denied
  }

  private static func holds(
    _ condition: ArgumentCondition, _ argument: UInt64, _ type: SystemCall.ArgumentType
  ) -> Bool {
    func unsigned(_ value: UInt64) -> UInt64 {
      switch type.bits {
      case 16: UInt64(UInt16(truncatingIfNeeded: value))
      case 32: UInt64(UInt32(truncatingIfNeeded: value))
      default: value
      }
    }
    func signed(_ value: UInt64) -> Int64 {
      switch type.bits {
      case 16: Int64(Int16(truncatingIfNeeded: value))
      case 32: Int64(Int32(truncatingIfNeeded: value))
      default: Int64(truncatingIfNeeded: value)
      }
    }
    func isLess(_ a: UInt64, _ b: UInt64) -> Bool {
      condition.isSigned ? signed(a) < signed(b) : unsigned(a) < unsigned(b)
    }
    switch condition.comparison {
    case .equal(let value): return unsigned(argument) == unsigned(value)
    case .notEqual(let value): return unsigned(argument) != unsigned(value)
    case .less(let value): return isLess(argument, value)
    case .lessOrEqual(let value): return !isLess(value, argument)
    case .greater(let value): return isLess(value, argument)
    case .greaterOrEqual(let value): return !isLess(argument, value)
    case .range(let low, let high): return !isLess(argument, low) && !isLess(high, argument)
    case .maskedEqual(let mask, let value): return unsigned(argument) & mask == value
    case .maskedNotEqual(let mask, let value): return unsigned(argument) & mask != value
    }
  }
}

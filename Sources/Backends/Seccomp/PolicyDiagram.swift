internal import Diagnostics
internal import SandboxPlan
internal import SystemCalls
internal import SystemIO

/// The meaning of a policy on one architecture as a decision diagram, made from the rules alone: what a filter is
/// generated from, and what the generated program is then compared with.
struct PolicyDiagram {
  /// A run of numbers with the same meaning, from `start` to the next run.
  struct Run {
    var start: UInt32
    var action: DecisionDiagram.Node
  }

  /// Ascending; the first starts at 0.
  let runs: [Run]
  /// Numbers, architecture and arguments together.
  let root: DecisionDiagram.Node
  /// Numbers that are allowed whatever their arguments.
  let unconditional: [UInt32]

  init(
    _ policy: SystemCallPolicy, _ architecture: Architecture, in diagram: inout DecisionDiagram
  ) throws(Failure) {
    let denied = diagram.leaf(policy.denied.returnValue)
    let unknown = diagram.leaf(policy.unknown.returnValue)
    let foreign = diagram.leaf(policy.foreign.returnValue)
    let allow = diagram.leaf(SystemCallAction.allow.returnValue)

    var rulesByCall: [String: [SystemCallRule]] = [:]
    for rule in policy.rules { rulesByCall[rule.call, default: []].append(rule) }
    // Every rule is checked, also one for a call that this architecture lacks.
    var functions: [(number: UInt32, function: DecisionDiagram.Node)] = []
    for call in SystemCall.all {
      let rules = rulesByCall.removeValue(forKey: call.name) ?? []
      guard !rules.isEmpty || call.number(on: architecture) != nil else { continue }
      let function = try PolicyDiagram.function(of: rules, for: call, otherwise: denied, in: &diagram)
      if let number = call.number(on: architecture) { functions.append((number, function)) }
    }
    if let name = rulesByCall.keys.min() { throw SystemCallPolicy.unknownName(name) }
    functions.sort { $0.number < $1.number }

    var runs: [Run] = []
    func add(_ start: UInt32, _ action: DecisionDiagram.Node) {
      if runs.last?.action != action { runs.append(Run(start: start, action: action)) }
    }
    var next: UInt32 = 0
    for (number, function) in functions {
      if number > next { add(next, unknown) }
      add(number, function)
      next = number + 1
    }
    add(next, unknown)
    // x32: the same numbers with bit 30 set, and another layout of everything. Nothing above it is assigned.
    if architecture == .x86_64 { add(0x4000_0000, foreign) }

    self.runs = runs
    unconditional = functions.filter { $0.function == allow }.map(\.number)
    let numbers = PolicyDiagram.over(runs[...], bit: 0, from: 0, &diagram)
    let isNative = diagram.equal(diagram.word(Word.architecture), diagram.constant(architecture.auditToken))
    root = diagram.choose(isNative, numbers, foreign)
    guard !diagram.isExhausted else { throw SystemCallPolicy.tooComplex }
  }

  /// The diagram over the number's bits from `bit` on, of the numbers that start with `from`.
  private static func over(
    _ runs: ArraySlice<Run>, bit: UInt32, from: UInt32, _ diagram: inout DecisionDiagram
  ) -> DecisionDiagram.Node {
    guard runs.count > 1 else { return runs.first?.action ?? DecisionDiagram.no }
    let middle = from | 1 << (31 - bit)
    // The last run that starts at or before `middle` reaches into the upper half.
    let split = runs.firstIndex { $0.start > middle } ?? runs.endIndex
    let upper = runs[(split - 1)...]
    let lower = runs[..<(runs.firstIndex { $0.start >= middle } ?? runs.endIndex)]
    let high = over(upper, bit: bit + 1, from: middle, &diagram)
    let low = over(lower, bit: bit + 1, from: from, &diagram)
    return diagram.node(Int32(Word.number * 32) + Int32(bit), low: low, high: high)
  }

  /// What the rules of one call say about its arguments.
  private static func function(
    of rules: [SystemCallRule], for call: SystemCall, otherwise: DecisionDiagram.Node,
    in diagram: inout DecisionDiagram
  ) throws(Failure) -> DecisionDiagram.Node {
    // Where each action applies; rules of one action may overlap, rules of two may not.
    var areas: [(action: SystemCallAction, rule: SystemCallRule, area: DecisionDiagram.Node)] = []
    for rule in rules {
      var area = DecisionDiagram.yes
      for condition in rule.conditions.reversed() {
        area = diagram.both(try condition.predicate(on: call, in: &diagram), area)
      }
      guard area != DecisionDiagram.no else { throw SystemCallPolicy.neverMatches(rule) }
      for other in areas where other.action != rule.action {
        let overlap = diagram.both(area, other.area)
        if overlap != DecisionDiagram.no {
          throw SystemCallPolicy.contradiction(
            rule, other.rule, witness: diagram.witness(overlap, of: DecisionDiagram.yes))
        }
      }
      if let index = areas.firstIndex(where: { $0.action == rule.action }) {
        areas[index].area = diagram.either(areas[index].area, area)
      } else {
        areas.append((rule.action, rule, area))
      }
      guard !diagram.isExhausted else { throw SystemCallPolicy.tooComplex }
    }
    return areas.reduce(otherwise) { diagram.choose($1.area, diagram.leaf($1.action.returnValue), $0) }
  }
}

extension ArgumentCondition {
  /// The predicate over the argument's words, at the width that the kernel gives the argument.
  fileprivate func predicate(
    on call: SystemCall, in diagram: inout DecisionDiagram
  ) throws(Failure) -> DecisionDiagram.Node {
    try check(on: call)
    let type = call.arguments[index]
    var bits = diagram.word(Word.argumentHigh(index)) + diagram.word(Word.argumentLow(index))
    bits.removeFirst(64 - type.bits)

    func value(_ value: UInt64) -> DecisionDiagram.Bits {
      (0..<type.bits).map { value >> UInt64(type.bits - 1 - $0) & 1 == 1 ? DecisionDiagram.yes : DecisionDiagram.no }
    }
    /// Two's complement numbers in the order of unsigned ones: the highest bit turned over.
    func ordered(_ bits: DecisionDiagram.Bits, in diagram: inout DecisionDiagram) -> DecisionDiagram.Bits {
      isSigned ? [diagram.not(bits[0])] + bits.dropFirst() : bits
    }
    func greater(_ bound: UInt64, orEqual: Bool, in diagram: inout DecisionDiagram) -> DecisionDiagram.Node {
      diagram.greater(
        ordered(bits, in: &diagram), ordered(value(bound), in: &diagram), orEqual: orEqual)
    }
    func masked(_ mask: UInt64, _ expected: UInt64, in diagram: inout DecisionDiagram) -> DecisionDiagram.Node {
      diagram.equal(diagram.and(bits, value(mask)), value(expected))
    }
    switch comparison {
    case .equal(let expected): return diagram.equal(bits, value(expected))
    case .notEqual(let expected): return diagram.not(diagram.equal(bits, value(expected)))
    case .less(let bound): return diagram.not(greater(bound, orEqual: true, in: &diagram))
    case .lessOrEqual(let bound): return diagram.not(greater(bound, orEqual: false, in: &diagram))
    case .greater(let bound): return greater(bound, orEqual: false, in: &diagram)
    case .greaterOrEqual(let bound): return greater(bound, orEqual: true, in: &diagram)
    case .range(let low, let high):
      let above = greater(low, orEqual: true, in: &diagram)
      let tooHigh = greater(high, orEqual: false, in: &diagram)
      return diagram.both(above, diagram.not(tooHigh))
    case .maskedEqual(let mask, let expected): return masked(mask, expected, in: &diagram)
    case .maskedNotEqual(let mask, let expected): return diagram.not(masked(mask, expected, in: &diagram))
    }
  }
}

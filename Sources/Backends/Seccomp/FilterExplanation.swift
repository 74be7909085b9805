internal import SandboxPlan
package import SystemCalls

/// What a filter does with one call, in words, and what the kernel knows about the call.
package enum FilterExplanation {
  package static func text(of call: SystemCall, in meaning: FilterMeaning, reasons: [SystemCallRule] = []) -> String {
    var meaning = meaning
    let architecture = meaning.architecture
    var lines: [String] = []
    guard let number = call.number(on: architecture) else {
      return "\(call.name): does not exist on \(architecture.rawValue)\n"
    }
    lines.append("\(call.name): number \(number) on \(architecture.rawValue), since Linux \(call.since)")
    lines.append("  group \(call.group.rawValue): \(call.group.reason)")
    for (index, type) in call.arguments.enumerated() {
      let remark =
        type == .pointer
        ? "no filter can check what it points at"
        : type.bits < 64 ? "the kernel ignores the other \(64 - type.bits) bits" : "all 64 bits count"
      lines.append("  argument \(index): \(type.spelling), \(type.bits) bits; \(remark)")
    }
    guard let cubes = meaning.cubes(of: number) else {
      lines.append("  action: depends on more than 512 combinations of arguments; ask about one with `simulate`")
      return lines.joined(separator: "\n") + "\n"
    }
    if cubes.count == 1 {
      let cached = meaning.isUnconditional(number) ? "; the kernel caches it" : ""
      lines.append("  action: \(cubes[0].action), whatever the arguments\(cached)")
    } else {
      // The action with the most cubes is what happens otherwise: permissions are few and are what people ask about.
      var counts: [(action: SystemCallAction, count: Int)] = []
      for cube in cubes {
        if let index = counts.firstIndex(where: { $0.action == cube.action }) {
          counts[index].count += 1
        } else {
          counts.append((cube.action, 1))
        }
      }
      let common = counts.reduce(counts[0]) { $1.count > $0.count ? $1 : $0 }.action
      for cube in cubes where cube.action != common {
        lines.append("  action: \(cube.action) when \(condition(cube, call))")
      }
      lines.append("  action: \(common) otherwise")
    }
    var seen: Set<String> = []
    for rule in reasons where rule.call == call.name && !rule.reason.isEmpty && seen.insert(rule.reason).inserted {
      lines.append("  reason: \(rule.reason)")
    }
    return lines.joined(separator: "\n") + "\n"
  }

  /// The calls whose action depends on arguments, by name.
  package static func conditionalCalls(in meaning: FilterMeaning) -> [SystemCall] {
    var meaning = meaning
    return SystemCall.all.sorted { $0.name < $1.name }.filter { call in
      call.number(on: meaning.architecture).map { meaning.function(of: $0) > 0 } ?? false
    }
  }

  private static func condition(_ cube: ArgumentCube, _ call: SystemCall) -> String {
    cube.tests.map { test in
      let all = test.index < call.arguments.count ? call.arguments[test.index].mask : .max
      let value = "0x" + String(test.value, radix: 16)
      if test.mask == all { return "argument \(test.index) == \(value)" }
      return "argument \(test.index) & 0x\(String(test.mask, radix: 16)) == \(value)"
    }.joined(separator: " and ")
  }
}

/// Facts about a program, for `verify` and the build report.
package struct FilterReport: Hashable, Sendable {
  package let instructions: Int
  /// Calls of the table that are allowed whatever their arguments.
  package let unconditional: Int
  /// How many of them the kernel's cache accepts.
  package let cacheable: Int
  /// Instructions executed at the most, over the table's calls with all arguments zero.
  package let worstPath: Int
  /// Whether the x32 and i386 entries are kept out: no call of them is permitted.
  package let rejectsForeign: Bool

  package init(_ filter: SystemCallFilter, _ meaning: FilterMeaning) {
    var meaning = meaning
    let token = filter.architecture.auditToken
    var unconditional = 0
    var cacheable = 0
    var worst = 0
    for call in SystemCall.all {
      guard let number = call.number(on: filter.architecture) else { continue }
      let outcome = BPFInterpreter.run(filter.program, on: SystemCallData(number: number, architecture: token))
      worst = max(worst, outcome.steps)
      guard meaning.isUnconditional(number) else { continue }
      unconditional += 1
      if BPFInterpreter.isCacheable(filter.program, number: number, architecture: token) { cacheable += 1 }
    }
    instructions = filter.program.count
    self.unconditional = unconditional
    self.cacheable = cacheable
    worstPath = worst
    rejectsForeign = !meaning.permitsForeign()
  }
}

extension FilterMeaning {
  /// Whether some call of another architecture, or of x32, may pass.
  mutating func permitsForeign() -> Bool {
    let isNative = diagram.equal(diagram.word(Word.architecture), diagram.constant(architecture.auditToken))
    var isForeign = diagram.not(isNative)
    if architecture == .x86_64 {
      let floor = diagram.constant(0x4000_0000)
      let isX32 = diagram.greater(diagram.word(Word.number), floor, orEqual: true)
      isForeign = diagram.either(isForeign, isX32)
    }
    let permitted = diagram.compare(root, root) { value, _ in
      switch SystemCallAction(returnValue: value) {
      case .allow, .log, .notify, .trace: true
      default: false
      }
    }
    return diagram.both(isForeign, permitted) != DecisionDiagram.no
  }
}

import Foundation
import SandboxPlan
import SeccompTrials
import SystemCalls
import SystemIO
import TestSupport
import Testing

@testable import Seccomp

/// Random policies through the whole compiler. `compile` proves every program; here the interpreter, the symbolic
/// executor and a plain evaluator have to agree as well. `LOCARA_SECCOMP_CASES` sets how many inputs are tried.
@Suite struct FilterPropertyTests {
  private static let cases = Locations.environment("LOCARA_SECCOMP_CASES").flatMap { Int($0) } ?? 24_000
  private static let perPolicy = 1000

  @Test(arguments: Architecture.allCases)
  func programsDoWhatThePolicySays(_ architecture: Architecture) throws {
    var random = SplitMix64.forTests(0x5EC + UInt64(architecture.auditToken & 0xFF))
    let seed = random.seed
    var tried = 0
    while tried < Self.cases / 3 {
      let policy = PolicyGenerator.satisfiable(PolicyGenerator.policy(&random))
      let filter = try SystemCallFilter.compile(policy, for: architecture)
      let meaning = try FilterMeaning(of: filter)
      for _ in 0..<Self.perPolicy {
        let data = PolicyGenerator.input(&random, policy, architecture)
        let expected = PlainEvaluator.action(policy, data, on: architecture)
        let actual = BPFInterpreter.run(filter.program, on: data).action
        try #require(actual == expected, "seed \(seed): \(data.spelling(on: architecture)) \(data)")
        try #require(meaning.action(for: data) == expected, "seed \(seed): \(data)")
        tried += 1
      }
    }
  }

  /// Whatever one instruction is changed to, the proof sees it when any input does.
  @Test func noMutantEscapesTheProof() throws {
    var random = SplitMix64.forTests(0xB17)
    let count = (Locations.environment("LOCARA_SECCOMP_MUTANTS").flatMap { Int($0) } ?? 120)
    let result = try MutantTrial.run(count: count, inputs: 300, &random)
    #expect(result.missed == 0)
    #expect(result.falseWitnesses == 0)
    #expect(result.changed > count / 2)
  }

  /// More than 255 instructions between a test and its target.
  @Test func longProgramsAreLaidOut() throws {
    var rules: [SystemCallRule] = []
    for (index, call) in SystemCall.all.enumerated() where !call.arguments.isEmpty && call.arguments[0] != .pointer {
      rules.append(SystemCallRule(call.name, where: [.init(0, .equal(UInt64(index)))], .allow))
      rules.append(SystemCallRule(call.name, where: [.init(0, .equal(UInt64(1000 + index)))], .errno(UInt16(index))))
    }
    let policy = SystemCallPolicy(denied: .operationNotPermitted, unknown: .noSuchCall, rules: rules)
    let filter = try SystemCallFilter.compile(policy, for: .x86_64)
    #expect(filter.program.count > 600)
  }

  @Test func tooLongProgramsAreReported() {
    var rules: [SystemCallRule] = []
    for call in SystemCall.all where !call.arguments.isEmpty && call.arguments[0] != .pointer {
      for value in 0..<24 {
        rules.append(
          SystemCallRule(
            call.name, where: [.init(0, .equal(UInt64(value * 977)))], .errno(UInt16(rules.count % 3000))))
      }
    }
    let policy = SystemCallPolicy(denied: .operationNotPermitted, unknown: .noSuchCall, rules: rules)
    let failure = #expect(throws: Failure.self) { try SystemCallFilter.compile(policy, for: .x86_64) }
    #expect(failure?.code == "LC009")
    #expect(failure?.help != nil)
  }

  @Test(arguments: Architecture.allCases) func compilingIsDeterministic(_ architecture: Architecture) throws {
    var random = SplitMix64.forTests(77)
    for _ in 0..<5 {
      let policy = PolicyGenerator.satisfiable(PolicyGenerator.policy(&random))
      let first = try SystemCallFilter.compile(policy, for: architecture)
      var shuffled = policy
      shuffled.rules.shuffle(using: &random)
      #expect(try SystemCallFilter.compile(policy, for: architecture) == first)
      #expect(try SystemCallFilter.compile(shuffled, for: architecture) == first)
    }
  }
}

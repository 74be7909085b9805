import CSeccomp
import Foundation
import Glibc
import SandboxPlan
import SeccompTrials
import SystemCalls
import TestSupport
import Testing

@testable import Seccomp

/// libseccomp as an oracle for equality and masked equality, the operators for which its generator is sound. The two
/// programs are compared on every input, by their meaning. libseccomp compares 64 bits, so where the kernel reads fewer,
/// the two have to differ by the upper bits and by nothing else.
@Suite struct LibseccompOracleTests {
  @Test(arguments: Architecture.allCases, 0..<12)
  func equalityRulesMeanTheSame(_ architecture: Architecture, _ round: Int) throws {
    var random = SplitMix64.forTests(0x11B + UInt64(round))
    let policy = PolicyGenerator.satisfiable(PolicyGenerator.policy(&random, equalityOnly: true))
      .keeping(architecture)
    let ours = try SystemCallFilter.compile(policy, for: architecture)
    let theirs = try Libseccomp.program(policy, architecture)

    var diagram = DecisionDiagram()
    let a = try #require(SymbolicExecutor.actions(of: ours.program, in: &diagram))
    let b = try #require(SymbolicExecutor.actions(of: theirs, in: &diagram))
    let differs = diagram.compare(a, b) { $0 != $1 }
    // What explains a difference: the upper half of a narrow argument, numbers that libseccomp knows as another ABI,
    // numbers that have a name (it cannot tell known from unknown), and other architectures.
    let unexplained = try explained(differs, policy, architecture, in: &diagram)
    if let words = diagram.witness(unexplained, of: DecisionDiagram.yes) {
      Issue.record("seed \(random.seed): \(SystemCallData(words: words))")
    }
  }

  /// The part of `differs` in which all narrow arguments have clear upper bits and the call is a native one.
  private func explained(
    _ differs: DecisionDiagram.Node, _ policy: SystemCallPolicy, _ architecture: Architecture,
    in diagram: inout DecisionDiagram
  ) throws -> DecisionDiagram.Node {
    var rest = differs
    let number = diagram.word(Word.number)
    if architecture == .x86_64 {
      let floor = diagram.constant(0x4000_0000)
      rest = diagram.both(rest, diagram.not(diagram.greater(number, floor, orEqual: true)))
    }
    for call in SystemCall.all {
      guard let value = call.number(on: architecture), policy.rules.contains(where: { $0.call == call.name }) else {
        continue
      }
      let isCall = diagram.equal(number, diagram.constant(value))
      var isNarrow = DecisionDiagram.yes
      for (index, type) in call.arguments.enumerated() where type.bits < 64 {
        let bits = diagram.word(Word.argumentHigh(index)) + diagram.word(Word.argumentLow(index))
        for bit in bits.prefix(64 - type.bits).reversed() { isNarrow = diagram.both(diagram.not(bit), isNarrow) }
      }
      let isWide = diagram.both(isCall, diagram.not(isNarrow))
      rest = diagram.both(rest, diagram.not(isWide))
    }
    return rest
  }

  /// The hole that a comparison at the wrong width leaves, in libseccomp's program and not in ours.
  @Test func theUpperHalfOfAnIntIsNotLookedAt() throws {
    let policy = SystemCallPolicy(
      denied: .operationNotPermitted, unknown: .operationNotPermitted,
      rules: [SystemCallRule("socket", where: [.init(0, .notEqual(40))], .allow)])
    let ours = try SystemCallFilter.compile(policy, for: .x86_64)
    let theirs = try Libseccomp.program(policy, .x86_64)
    let call = SystemCallData(
      number: 41, architecture: Architecture.x86_64.auditToken, arguments: [0x1_0000_0028, 1, 0])
    #expect(BPFInterpreter.run(ours.program, on: call).action == .operationNotPermitted)
    #expect(BPFInterpreter.run(theirs, on: call).action == .allow)
  }
}

extension SystemCallPolicy {
  /// Only the rules for calls that exist on an architecture and that libseccomp knows, with one default for all.
  func keeping(_ architecture: Architecture) -> SystemCallPolicy {
    var result = self
    result.unknown = result.denied
    result.rules = rules.filter {
      (SystemCall.named($0.call)?.number(on: architecture) ?? 999) <= 456
        && !TableFacts.afterLibseccomp.contains($0.call)
    }
    return result
  }
}

// INVARIANT: this module turns what calls are permitted into classic BPF and proves each program equal to what it came
// from. It loads no filter.

package import SandboxPlan
package import SystemIO

/// A compiled filter: what is loaded into the kernel with `SECCOMP_SET_MODE_FILTER`.
package struct SystemCallFilter: Hashable, Sendable {
  package let architecture: Architecture
  package let program: [BPFInstruction]

  /// The program as an array of `struct sock_filter`, little-endian as all of our architectures are.
  package var bytes: [UInt8] { program.flatMap(\.bytes) }

  /// Takes a program of any origin that the kernel would accept.
  package init(architecture: Architecture, program: [BPFInstruction]) throws(Failure) {
    try BPFChecker.check(program)
    self.architecture = architecture
    self.program = program
  }

  /// Compiles a policy, and proves that the program does what the policy says for every input.
  ///
  /// Throws when the policy contradicts itself, names what is not there, or needs more than 4096 instructions. A program
  /// that differs from the policy is `LC010`, an error of this compiler, and never returned.
  package static func compile(
    _ policy: SystemCallPolicy, for architecture: Architecture
  ) throws(Failure) -> SystemCallFilter {
    var diagram = DecisionDiagram()
    let (filter, meaning) = try generate(policy, architecture, in: &diagram)
    try FilterProof.check(filter, against: meaning, in: &diagram)
    return filter
  }

  /// The program without its proof: for measuring what the proof costs, and nothing else.
  package static func unproven(
    _ policy: SystemCallPolicy, for architecture: Architecture
  ) throws(Failure) -> SystemCallFilter {
    var diagram = DecisionDiagram()
    return try generate(policy, architecture, in: &diagram).filter
  }

  private static func generate(
    _ policy: SystemCallPolicy, _ architecture: Architecture, in diagram: inout DecisionDiagram
  ) throws(Failure) -> (filter: SystemCallFilter, meaning: PolicyDiagram) {
    let meaning = try PolicyDiagram(policy, architecture, in: &diagram)
    let program = FilterGenerator.generate(meaning, foreign: policy.foreign.returnValue, architecture, diagram)
    return (try SystemCallFilter(architecture: architecture, program: program), meaning)
  }
}

/// Translation validation: the generated program, executed symbolically, compared with the policy it came from.
enum FilterProof {
  static func check(
    _ filter: SystemCallFilter, against meaning: PolicyDiagram, in diagram: inout DecisionDiagram
  ) throws(Failure) {
    guard let actual = SymbolicExecutor.actions(of: filter.program, in: &diagram) else {
      throw SystemCallPolicy.tooComplex
    }
    if actual != meaning.root {
      throw Failure(
        "LC010",
        "internal error: the generated filter differs from the policy\(example(actual, meaning.root, &diagram))",
        help: "please report this; no filter was written")
    }
    for number in meaning.unconditional
    where !BPFInterpreter.isCacheable(filter.program, number: number, architecture: filter.architecture.auditToken) {
      throw Failure(
        "LC010", "internal error: the kernel cannot cache the unconditional permission of call \(number)",
        help: "please report this; no filter was written")
    }
  }

  private static func example(
    _ actual: DecisionDiagram.Node, _ expected: DecisionDiagram.Node, _ diagram: inout DecisionDiagram
  ) -> String {
    guard let words = diagram.witness(ofDifference: actual, expected) else { return "" }
    let data = SystemCallData(words: words)
    return " for number \(data.number), architecture 0x\(String(data.architecture, radix: 16)), arguments "
      + data.arguments.map { "0x" + String($0, radix: 16) }.joined(separator: " ")
  }
}

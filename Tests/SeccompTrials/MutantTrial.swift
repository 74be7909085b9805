internal import SandboxPlan
internal import Seccomp
package import TestSupport

/// Programs with one changed instruction, judged by the proof and by running them.
package enum MutantTrial {
  package struct Result {
    package var mutants = 0
    /// The proof found the mutant different.
    package var changed = 0
    /// The proof found it equal, and an input tells it apart: the proof missed it.
    package var missed = 0
    /// The proof found it different, but on its witness it is not.
    package var falseWitnesses = 0
  }

  package static func run(count: Int, inputs: Int, _ random: inout SplitMix64) throws -> Result {
    var result = Result()
    while result.mutants < count {
      let policy = PolicyGenerator.satisfiable(PolicyGenerator.policy(&random))
      let filter = try SystemCallFilter.compile(policy, for: .x86_64)
      var samples: [SystemCallData] = []
      for _ in 0..<inputs { samples.append(PolicyGenerator.input(&random, policy, .x86_64)) }
      for _ in 0..<20 where result.mutants < count {
        let program = mutant(of: filter.program, &random)
        guard program != filter.program,
          let mutated = try? SystemCallFilter(architecture: .x86_64, program: program)
        else { continue }
        result.mutants += 1
        let difference = try FilterDifference(from: .policy(policy), to: .program(mutated), on: .x86_64)
        if let change = difference.changes.first {
          result.changed += 1
          let actual = BPFInterpreter.run(program, on: change.witness).action
          let original = BPFInterpreter.run(filter.program, on: change.witness).action
          if actual == original || actual != change.new || original != change.old { result.falseWitnesses += 1 }
        } else if samples.contains(where: {
          BPFInterpreter.run(program, on: $0).action != BPFInterpreter.run(filter.program, on: $0).action
        }) {
          result.missed += 1
        }
      }
    }
    return result
  }

  private static func mutant(of program: [BPFInstruction], _ random: inout SplitMix64) -> [BPFInstruction] {
    var program = program
    let index = Int.random(in: 0..<program.count, using: &random)
    switch Int.random(in: 0..<6, using: &random) {
    case 0: program[index].operand ^= 1 << UInt32.random(in: 0..<32, using: &random)
    case 1: program[index].operand = program[index].operand &+ random.pick([1, UInt32.max])
    case 2: program[index].jumpTrue = UInt8.random(in: .min ... .max, using: &random)
    case 3: program[index].jumpFalse = program[index].jumpFalse &+ random.pick([1, 255])
    case 4: program[index].code = random.pick([0x15, 0x25, 0x35, 0x45, 0x20, 0x54, 0x06, 0x05])
    default: program.swapAt(index, Int.random(in: 0..<program.count, using: &random))
    }
    return program
  }
}

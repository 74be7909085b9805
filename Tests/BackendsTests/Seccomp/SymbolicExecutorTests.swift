import SandboxPlan
import SeccompTrials
import SystemIO
import TestSupport
import Testing

@testable import Seccomp

/// The symbolic executor and the interpreter agree on programs that no generator of ours would write: arithmetic, the
/// index register, scratch memory, computed returns.
@Suite struct SymbolicExecutorTests {
  @Test func agreesWithTheInterpreterOnArbitraryPrograms() throws {
    var random = SplitMix64.forTests(0xA1)
    var analyzed = 0
    for _ in 0..<1500 {
      let program = Self.program(&random)
      guard let filter = try? SystemCallFilter(architecture: .x86_64, program: program) else { continue }
      var diagram = DecisionDiagram(limit: 60_000)
      guard let node = SymbolicExecutor.actions(of: filter.program, in: &diagram) else { continue }
      analyzed += 1
      for _ in 0..<60 {
        let data = SystemCallData(
          number: UInt32(truncatingIfNeeded: PolicyGenerator.value(&random, bits: 32)),
          architecture: UInt32(truncatingIfNeeded: PolicyGenerator.value(&random, bits: 32)),
          instructionPointer: PolicyGenerator.value(&random, bits: 64),
          arguments: (0..<6).map { _ in PolicyGenerator.value(&random, bits: 64) })
        let words = (0..<Word.count).map { data.word(at: Word.offset(of: $0)) }
        let expected = BPFInterpreter.run(program, on: data)
        try #require(
          diagram.action(node, words) == expected.action,
          "seed \(random.seed): \(Disassembly.text(of: filter)) \(data)")
      }
    }
    #expect(analyzed > 600)
  }

  /// Calculations with one unknown or two, every operation, against ordinary arithmetic.
  @Test func everyOperationMeansWhatItSays() throws {
    var random = SplitMix64.forTests(0xA2)
    for code: UInt16 in [
      0x04, 0x14, 0x24, 0x34, 0x44, 0x54, 0x64, 0x74, 0xA4, 0x84, 0x0C, 0x1C, 0x3C, 0x4C, 0x5C, 0x6C, 0x7C, 0xAC,
    ] {
      for _ in 0..<40 {
        var operand = UInt32(truncatingIfNeeded: PolicyGenerator.value(&random, bits: 32))
        if code == 0x64 || code == 0x74 { operand %= 32 }
        if code == 0x34 { operand = max(1, operand >> UInt32.random(in: 20..<32, using: &random)) }
        if code == 0x24 { operand >>= 24 }
        let bound = UInt32(truncatingIfNeeded: PolicyGenerator.value(&random, bits: 32))
        // The unknown keeps a few bits, so that multiplying and dividing stay small.
        let program = [
          BPFInstruction(BPFCode.loadWord, 16), BPFInstruction(BPFCode.and, 0x3F), BPFInstruction(BPFCode.copyToIndex),
          BPFInstruction(BPFCode.loadWord, 24), BPFInstruction(BPFCode.and, 0xFF), BPFInstruction(code, operand),
          BPFInstruction(BPFCode.jumpGreater, bound >> UInt32.random(in: 0..<32, using: &random), jumpTrue: 1),
          BPFInstruction(BPFCode.returnConstant, 0x7FFF_0000), BPFInstruction(BPFCode.returnConstant, 0x0005_0001),
        ]
        let filter = try SystemCallFilter(architecture: .x86_64, program: program)
        var diagram = DecisionDiagram()
        let node = try #require(SymbolicExecutor.actions(of: filter.program, in: &diagram))
        for _ in 0..<50 {
          let data = SystemCallData(number: 0, architecture: 0, arguments: [random.next(), random.next()])
          let words = (0..<Word.count).map { data.word(at: Word.offset(of: $0)) }
          try #require(
            diagram.action(node, words) == BPFInterpreter.run(program, on: data).action,
            "code \(code) operand \(operand) \(data)")
        }
      }
    }
  }

  private static func program(_ random: inout SplitMix64) -> [BPFInstruction] {
    let length = Int.random(in: 3..<18, using: &random)
    let codes: [UInt16] = [
      0x20, 0x20, 0x20, 0x80, 0x00, 0x60, 0x01, 0x61, 0x02, 0x03, 0x07, 0x87, 0x84, 0x04, 0x14, 0x44, 0x54, 0x64, 0x74,
      0xA4, 0x0C, 0x5C, 0xAC, 0x15, 0x25, 0x35, 0x45, 0x15, 0x35, 0x1D, 0x2D, 0x3D, 0x4D, 0x05, 0x06, 0x16,
    ]
    var program: [BPFInstruction] = [BPFInstruction(BPFCode.store, 0), BPFInstruction(BPFCode.storeIndex, 1)]
    while program.count < length {
      let code = random.pick(codes)
      var operand = UInt32(truncatingIfNeeded: PolicyGenerator.value(&random, bits: 32))
      switch code {
      case 0x20: operand = UInt32.random(in: 0..<16, using: &random) * 4
      case 0x60, 0x61, 0x02, 0x03: operand = UInt32.random(in: 0..<2, using: &random)
      case 0x64, 0x74: operand %= 32
      case 0x05: operand = UInt32.random(in: 0..<3, using: &random)
      case 0x06: operand = random.pick([0x7FFF_0000, 0x8000_0000, 0, 0x0005_0001, 0x7FFC_0000, 0x1234_5678])
      default: break
      }
      program.append(
        BPFInstruction(
          code, operand, jumpTrue: UInt8.random(in: 0..<4, using: &random),
          jumpFalse: UInt8.random(in: 0..<4, using: &random)))
    }
    program.append(BPFInstruction(BPFCode.returnConstant, 0x7FFF_0000))
    return program
  }
}

@Suite struct BPFCheckerTests {
  private static let allow = BPFInstruction(BPFCode.returnConstant, 0x7FFF_0000)

  private func failure(_ program: [BPFInstruction]) -> Failure? {
    #expect(throws: Failure.self) { try BPFChecker.check(program) }
  }

  @Test func refusesWhatTheKernelRefuses() {
    #expect(failure([])?.code == "LC020")
    #expect(failure(Array(repeating: Self.allow, count: 4097))?.code == "LC009")
    #expect(failure([BPFInstruction(BPFCode.loadWord, 64), Self.allow])?.message.contains("offset 64") == true)
    #expect(failure([BPFInstruction(BPFCode.loadWord, 2), Self.allow])?.code == "LC020")
    #expect(failure([BPFInstruction(BPFCode.jump, 1), Self.allow])?.message.contains("out of the program") == true)
    #expect(failure([BPFInstruction(BPFCode.jump, .max), Self.allow])?.code == "LC020")
    #expect(failure([BPFInstruction(BPFCode.jumpEqual, 0, jumpTrue: 0, jumpFalse: 1), Self.allow])?.code == "LC020")
    #expect(failure([BPFInstruction(BPFCode.loadImmediate)])?.message.contains("not a return") == true)
    #expect(
      failure([BPFInstruction(BPFCode.loadMemory, 2), Self.allow])?.message.contains("before it is written") == true)
    #expect(failure([BPFInstruction(0x28, 0), Self.allow])?.message.contains("0x28") == true)
    #expect(failure([BPFInstruction(0x94, 3), Self.allow])?.code == "LC020")
  }

  @Test func refusesBytesThatAreNoProgram() {
    #expect(#expect(throws: Failure.self) { try BPFChecker.program(reading: [1, 2, 3]) }?.code == "LC020")
    #expect(#expect(throws: Failure.self) { try BPFChecker.program(reading: []) }?.code == "LC020")
    let long = [UInt8](repeating: 0, count: 4097 * 8)
    #expect(#expect(throws: Failure.self) { try BPFChecker.program(reading: long) }?.code == "LC009")
    var random = SplitMix64.forTests(9)
    for _ in 0..<20_000 {
      _ = try? BPFChecker.program(reading: random.bytes(8 * Int.random(in: 1..<6, using: &random)))
    }
  }

  @Test func bytesRoundTrip() throws {
    let filter = try SystemCallFilter.compile(.forApp(SystemCallNeeds()), for: .x86_64)
    #expect(try BPFChecker.program(reading: filter.bytes) == filter.program)
  }
}

import CSeccomp
import Foundation
import Glibc
import SandboxPlan
import SeccompTrials
import SystemCalls
import SystemIO
import TestSupport
import Testing

@testable import Seccomp

/// What the running kernel does with our programs.
@Suite(.serialized) struct KernelTests {
  /// Every decision, observed without side effects: actions become errors that no call gives (4000 and up), so that each
  /// call can be made with any arguments and says what the filter decided.
  @Test(arguments: AppPolicyTests.allNeeds) func decidesAsTheInterpreterSays(_ needs: SystemCallNeeds) throws {
    guard let architecture = Architecture.current else { return }
    let filter = try SystemCallFilter.compile(.forApp(needs), for: architecture)
    try observe(filter, architecture, seed: 0xCE11)
  }

  @Test(arguments: FixtureProfiles.names) func fixturesDecideAsTheInterpreterSays(_ name: String) throws {
    guard let architecture = Architecture.current else { return }
    let context = ProfileContext(architecture: architecture)
    let profile = try LoadedProfile(reading: try FixtureProfiles.bytes(name), for: context)
    try observe(try profile.filter(for: context), architecture, seed: 0xF1E)
  }

  @Test func randomPoliciesDecideAsTheInterpreterSays() throws {
    guard let architecture = Architecture.current else { return }
    var random = SplitMix64.forTests(0xFEED)
    for round in 0..<10 {
      let policy = PolicyGenerator.satisfiable(PolicyGenerator.policy(&random))
      try observe(try SystemCallFilter.compile(policy, for: architecture), architecture, seed: UInt64(round), policy)
    }
  }

  private func observe(
    _ filter: SystemCallFilter, _ architecture: Architecture, seed: UInt64, _ policy: SystemCallPolicy? = nil
  ) throws {
    var random = SplitMix64.forTests(seed)
    var probes: [(SystemCallData, Bool)] = []
    func add(_ number: UInt32, _ arguments: [UInt64], isI386: Bool = false) {
      let token: UInt32 = isI386 ? 0x4000_0003 : architecture.auditToken
      probes.append((SystemCallData(number: number, architecture: token, arguments: arguments), isI386))
    }
    // 335 and 336 are how the kernel itself enters from probed code: no filter sees them, and called by hand they end
    // the process.
    for number in UInt32(0)..<480 where !isProbe(number, architecture) {
      add(number, [0, 0, 0, 0, 0, 0])
      add(number, (0..<6).map { _ in PolicyGenerator.value(&random, bits: 64) })
      add(number, (0..<6).map { _ in PolicyGenerator.value(&random, bits: 5) })
    }
    for flags: UInt64 in [0x0001_0F00, 0x1000_0011, 0x11, 0x7E02_0000, 0x1_7E02_0000] { add(56, [flags]) }
    for request: UInt64 in [0x5412, 0x541C, 0x1_0000_5412, 0x5401] { add(16, [0, request]) }
    for family: UInt64 in [1, 2, 10, 16, 38, 40, 0x1_0000_0028] {
      add(41, [family, 1, 0]); add(41, [family, 0x80002, 0])
    }
    for number: UInt32 in [471, 500, 1000, 0x3FFF_FFFF, 0x4000_0000, 0x4000_0027, 0x7FFF_FFFF] { add(number, []) }
    #if arch(x86_64)
      for number: UInt32 in [3, 20, 102, 120] { add(number, [1, 2, 3], isI386: true) }
    #endif
    if let policy {
      for _ in 0..<2000 {
        let data = PolicyGenerator.input(&random, policy, architecture)
        if data.architecture == architecture.auditToken, !isProbe(data.number, architecture) {
          add(data.number, data.arguments)
        }
      }
    }

    let disguised = filter.program.map { instruction in
      var result = instruction
      if instruction.code == BPFCode.returnConstant { result.operand = disguise(instruction.operand) }
      return result
    }
    var calls = probes.map { data, isI386 in
      var call = seccomp_probe()
      call.number = Int(Int64(data.number))
      let a = data.arguments.map { UInt($0) }
      call.arguments = (a[0], a[1], a[2], a[3], a[4], a[5])
      call.through_i386 = isI386 ? 1 : 0
      call.result = 1 << 40
      return call
    }
    let result = load(disguised, &calls)
    try #require(result == 0, "the kernel refused the filter or ended the child: \(result)")
    for (index, (data, _)) in probes.enumerated() {
      let expected = disguise(BPFInterpreter.run(filter.program, on: data).returnValue) & 0xFFFF
      #expect(calls[index].result == -Int(expected), "\(data)")
    }
  }

  private func isProbe(_ number: UInt32, _ architecture: Architecture) -> Bool {
    ["uretprobe", "uprobe"].contains { SystemCall.named($0)?.number(on: architecture) == number }
  }

  /// An error that stands for an action; errors of the filter itself stay.
  private func disguise(_ value: UInt32) -> UInt32 {
    switch SystemCallAction(returnValue: value) {
    case .errno(let number): 0x0005_0000 | UInt32(number)
    case .allow: 0x0005_0000 | 4000
    case .log: 0x0005_0000 | 4001
    case .killProcess: 0x0005_0000 | 4002
    case .killThread: 0x0005_0000 | 4003
    case .trap: 0x0005_0000 | 4004
    case .trace: 0x0005_0000 | 4005
    case .notify: 0x0005_0000 | 4006
    }
  }

  private func load(_ program: [BPFInstruction], _ probes: inout [seccomp_probe]) -> Int32 {
    let filter = program.map { sock_filter(code: $0.code, jt: $0.jumpTrue, jf: $0.jumpFalse, k: $0.operand) }
    let count = Int32(probes.count)
    return filter.withUnsafeBufferPointer { filter in
      probes.withUnsafeMutableBufferPointer { probes in
        seccomp_probe_filter(filter.baseAddress, UInt16(filter.count), probes.baseAddress, count)
      }
    }
  }

  /// Undisguised: the call really happens, really fails, and really ends the process.
  @Test func actionsAreReal() throws {
    guard Architecture.current == .x86_64 else { return }
    let filter = try SystemCallFilter.compile(.forApp(SystemCallNeeds()), for: .x86_64)
    func results(_ numbers: [(Int, [UInt])]) -> (Int32, [Int]) {
      var probes = numbers.map { number, arguments in
        let a = arguments + Array(repeating: 0, count: 6 - arguments.count)
        return seccomp_probe(
          number: number, arguments: (a[0], a[1], a[2], a[3], a[4], a[5]), through_i386: 0, result: 1 << 40)
      }
      let status = load(filter.program, &probes)
      return (status, probes.map { Int($0.result) })
    }
    let (status, values) = results([
      (39, []), (41, [2, 1, 0]), (425, [1, 0]), (435, [0, 0]), (135, [0xFFFF_FFFF]), (16, [0, 0x5412]),
      (272, [0x1000_0000]), (1000, []), (319, [0, 1]),
    ])
    #expect(status == 0)
    #expect(values[0] > 0)
    #expect(values[1...] == [-1, -1, -38, values[4], -1, -1, -38, -1])
    #expect(values[4] >= 0)
    // x32 is not the ABI of the child: SIGSYS.
    let (killed, _) = results([(0x4000_0027, [])])
    #expect(killed & 0x7F == SIGSYS)
  }

  /// The checker accepts exactly the programs that the kernel accepts.
  @Test func theCheckerAgreesWithTheKernel() {
    let allow = BPFInstruction(BPFCode.returnConstant, 0x7FFF_0000)
    var programs: [[BPFInstruction]] = [[], [allow]]
    for code in UInt16(0)..<256 {
      for operand: UInt32 in [0, 1, 4, 15, 16, 31, 32, 60, 62, 64, 0xFFFF_FFFF] {
        programs.append([BPFInstruction(code, operand), allow])
        programs.append([
          BPFInstruction(BPFCode.store, operand), BPFInstruction(code, operand, jumpTrue: 1), allow, allow,
        ])
      }
      programs.append([BPFInstruction(code, 1)])
      programs.append([BPFInstruction(code, 1, jumpTrue: 200, jumpFalse: 0), allow])
      programs.append([BPFInstruction(code | 0x100, 0), allow])
    }
    programs.append([
      BPFInstruction(BPFCode.jumpEqual, 0, jumpTrue: 1), BPFInstruction(BPFCode.store, 3),
      BPFInstruction(BPFCode.loadMemory, 3), allow,
    ])
    programs.append(Array(repeating: BPFInstruction(BPFCode.loadImmediate, 0), count: 4095) + [allow])
    programs.append(Array(repeating: BPFInstruction(BPFCode.loadImmediate, 0), count: 4096) + [allow])
    var accepted = 0
    for program in programs {
      let isAccepted = (try? BPFChecker.check(program)) != nil
      if isAccepted { accepted += 1 }
      var none: [seccomp_probe] = []
      let result = load(program, &none)
      // A program that was accepted may end the child; one that was not gives EINVAL.
      #expect((result != -EINVAL) == isAccepted, "\(program.prefix(4)): \(result)")
    }
    #expect(accepted > 100)
  }
}

enum FixtureProfiles {
  static let names = ["app.json", "widths.json", "ranges.json"]

  static func bytes(_ name: String) throws -> [UInt8] {
    try Files.read(Locations.fixture("seccomp/\(name)"), limit: 1 << 20)
  }
}

import SandboxPlan
import SeccompTrials
import SystemIO
import TestSupport
import Testing

@testable import Seccomp

/// Changed bytes into the readers of programs and profiles, for `LOCARA_FUZZ_SECONDS` (a moment when not set). Nothing
/// may crash, and what is accepted has to make sense: a program means what running it says, a profile compiles or is
/// refused with a code.
@Suite struct SeccompMutationTests {
  private static let seconds = Locations.environment("LOCARA_FUZZ_SECONDS").flatMap { Int($0) }

  private static func repeatedly(_ body: (inout SplitMix64) throws -> Void) rethrows {
    // When asked to go on for longer, other bytes than the last time.
    var random = SplitMix64.forTests(seconds == nil ? 0xF022 : UInt64.random(in: .min ... .max))
    print("mutation seed \(random.seed); repeat with LOCARA_SEED=\(random.seed)")
    let end = ContinuousClock.now + .seconds(seconds ?? 1)
    while ContinuousClock.now < end { for _ in 0..<20 { try body(&random) } }
  }

  private static func mutate(_ bytes: [UInt8], _ random: inout SplitMix64) -> [UInt8] {
    var bytes = bytes
    for _ in 0..<Int.random(in: 1...4, using: &random) where !bytes.isEmpty {
      let index = Int.random(in: 0..<bytes.count, using: &random)
      switch Int.random(in: 0..<6, using: &random) {
      case 0: bytes[index] ^= 1 << UInt8.random(in: 0..<8, using: &random)
      case 1:
        bytes[index] = random.pick([0, 1, 0x7F, 0x80, 0xFF, UInt8(ascii: "\""), UInt8(ascii: "}"), UInt8(ascii: "9")])
      case 2: bytes.remove(at: index)
      case 3: bytes.insert(UInt8.random(in: .min ... .max, using: &random), at: index)
      case 4: bytes.removeLast(min(bytes.count, Int.random(in: 1...16, using: &random)))
      default:
        let end = min(bytes.count, index + Int.random(in: 1...32, using: &random))
        bytes.insert(contentsOf: bytes[index..<end], at: Int.random(in: 0...bytes.count, using: &random))
      }
    }
    return bytes
  }

  @Test func mutatedProgramsAreRefusedOrUnderstood() throws {
    let seed = try SystemCallFilter.compile(.forApp(SystemCallNeeds(threads: true, network: .tcp)), for: .x86_64).bytes
    try Self.repeatedly { random in
      let bytes = Self.mutate(seed, &random)
      guard let program = try? BPFChecker.program(reading: bytes) else { return }
      let filter = try SystemCallFilter(architecture: .x86_64, program: program)
      _ = Disassembly.text(of: filter)
      var diagram = DecisionDiagram(limit: 100_000)
      guard let node = SymbolicExecutor.actions(of: program, in: &diagram) else { return }
      for _ in 0..<20 {
        let data = SystemCallData(
          number: UInt32.random(in: 0..<500, using: &random), architecture: Architecture.x86_64.auditToken,
          arguments: (0..<6).map { _ in PolicyGenerator.value(&random, bits: 64) })
        let words = (0..<Word.count).map { data.word(at: Word.offset(of: $0)) }
        try #require(diagram.action(node, words) == BPFInterpreter.run(program, on: data).action, "\(bytes)")
      }
    }
  }

  @Test(arguments: FixtureProfiles.names) func mutatedProfilesAreRefusedOrCompiled(_ name: String) throws {
    let seed = try FixtureProfiles.bytes(name)
    let context = ProfileContext(architecture: .x86_64)
    Self.repeatedly { random in
      do {
        let profile = try LoadedProfile(reading: Self.mutate(seed, &random), for: context)
        _ = try profile.filter(for: context)
      } catch let failure as Failure {
        #expect(failure.code.hasPrefix("LC") && failure.code != "LC010", "\(failure)")
      } catch {
        Issue.record("\(error)")
      }
    }
  }
}

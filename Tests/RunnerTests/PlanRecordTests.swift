import SandboxPlan
import TestSupport
import Testing

/// Plans as records: what is written reads back, and wrong bytes are refused without harm.
@Suite struct PlanRecordTests {
  private func bytes(of plan: SandboxPlan) -> [UInt8] {
    var writer = RecordWriter()
    plan.write(to: &writer)
    return writer.bytes
  }

  private func read(_ bytes: [UInt8]) throws -> SandboxPlan {
    var reader = RecordReader(bytes)
    let plan = try SandboxPlan(from: &reader)
    try reader.finish()
    return plan
  }

  @Test func everyPlanReadsBackAsItWas() throws {
    var plan = try PlanCodecTests.plan
    #expect(try read(bytes(of: plan)) == plan)
    plan.wallTime = nil
    plan.database = nil
    #expect(try read(bytes(of: plan)) == plan)
  }

  @Test func aRecordThatIsCutOffOrTooLongIsRefused() throws {
    let whole = bytes(of: try PlanCodecTests.plan)
    for length in 0..<whole.count {
      #expect(throws: RecordError.self, "\(length) bytes") { try read(Array(whole.prefix(length))) }
    }
    #expect(throws: RecordError.self) { try read(whole + [0]) }
  }

  /// Damage gives an error or another plan, never a crash and never more memory than the record is long.
  @Test func damageIsSurvived() throws {
    let whole = bytes(of: try PlanCodecTests.plan)
    var generator = SplitMix64.forTests()
    var refused = 0
    for _ in 0..<20_000 {
      var damaged = whole
      for _ in 0..<Int.random(in: 1...4, using: &generator) {
        damaged[Int.random(in: 0..<damaged.count, using: &generator)] = UInt8.random(in: 0...255, using: &generator)
      }
      if (try? read(damaged)) == nil { refused += 1 }
    }
    #expect(refused > 5_000)
  }
}

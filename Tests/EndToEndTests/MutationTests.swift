import TestSupport
import Testing

/// Manifests and bundles that were changed at random: whatever comes in, the program ends by itself, in time, with one
/// of its documented statuses. `make fuzz` runs these for longer and with another seed each time.
@Suite struct MutationTests {
  /// How long each test goes on; without a request 60 rounds, with the same seed in every run.
  static let seconds = Locations.environment("LOCARA_FUZZ_SECONDS").flatMap { Double($0) }

  func rounds(_ salt: UInt64, _ body: (inout SplitMix64, World) -> Void) {
    var generator = SplitMix64.forTests(Self.seconds == nil ? salt : UInt64.random(in: .min ... .max))
    print("mutation seed \(generator.seed); repeat with LOCARA_SEED=\(generator.seed)")
    let start = ContinuousClock.now
    var count = 0
    let world = World("mutation")
    while Self.seconds.map({ start.duration(to: .now) < .seconds($0) }) ?? (count < 60) {
      body(&generator, world)
      count += 1
    }
    print("\(count) rounds")
  }

  func expectOrderlyEnd(_ outcome: Outcome, _ allowed: Set<Int32>, kept bytes: [UInt8], seed: UInt64) {
    if allowed.contains(outcome.status), !outcome.timedOut { return expectNoTrace(outcome) }
    let kept = "/tmp/locara-mutation-\(seed)"
    _ = run(["/bin/bash", "-c", "cat > '\(kept)'"], input: bytes)
    Issue.record("seed \(seed), input kept in \(kept): \(outcome)")
  }

  @Test func manifestsMutated() throws {
    let seeds = try ["hello-c", "semantic-notes"].map {
      try #require(contents(of: Locations.fixture("apps/\($0)/locara.yaml")))
    }
    rounds(11) { generator, world in
      var bytes = generator.pick(seeds)
      for _ in 0..<Int.random(in: 1...8, using: &generator) { mutate(&bytes, with: &generator) }
      let manifest = world.directory.write(bytes, to: "locara.yaml")
      let outcome = world.locara(["check", manifest], timeout: 20)
      // 1: a file that the manifest names is not there.
      expectOrderlyEnd(outcome, [0, 1, 65], kept: bytes, seed: generator.seed)
    }
  }

  @Test func bundlesMutated() throws {
    let whole = try #require(contents(of: Hello.built.bundle))
    rounds(12) { generator, world in
      var bytes = whole
      for _ in 0..<Int.random(in: 1...4, using: &generator) { mutate(&bytes, with: &generator) }
      let bundle = world.directory.write(bytes, to: "bad.locapp")
      let outcome = world.locara(["inspect", bundle], timeout: 20)
      expectOrderlyEnd(outcome, bytes == whole ? [0] : [65], kept: bytes, seed: generator.seed)
    }
  }

  /// Changes a byte or a run of bytes: flip, insert, delete, repeat, swap for a token that means something.
  private func mutate(_ bytes: inout [UInt8], with generator: inout SplitMix64) {
    guard !bytes.isEmpty else { return bytes = generator.bytes(16) }
    let place = Int.random(in: 0..<bytes.count, using: &generator)
    let end = min(bytes.count, place + Int.random(in: 1...64, using: &generator))
    switch Int.random(in: 0..<6, using: &generator) {
    case 0: bytes[place] ^= 1 << UInt8.random(in: 0..<8, using: &generator)
    case 1: bytes.insert(contentsOf: generator.bytes(Int.random(in: 1...8, using: &generator)), at: place)
    case 2: bytes.removeSubrange(place..<end)
    case 3: bytes.insert(contentsOf: bytes[place..<end], at: place)
    case 4: bytes[place] = generator.pick(Array("\u{0}{}[]:,&*!|>'\"%@`#-? \n\t".utf8))
    default:
      let tokens = [
        "{", "[[[[", "&a [*a]", "<<: *a", "!!binary ", "\u{FEFF}", "---\n", "...\n", "? ", "0o777",
        "99999999999999999999", ".inf", "\u{2028}",
      ]
      bytes.insert(contentsOf: Array(generator.pick(tokens).utf8), at: place)
    }
  }
}

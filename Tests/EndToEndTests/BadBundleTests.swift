import TestSupport
import Testing

/// Bundles that are not what they were when they were built: refused before anything starts, nothing left behind.
@Suite struct BadBundleTests {
  /// Runs and inspects the bundle in a world of its own, and expects a refusal.
  func expectRefusal(of bytes: [UInt8], _ what: String, sourceLocation: SourceLocation = #_sourceLocation) {
    let world = World("bundle")
    let bundle = world.directory.write(bytes, to: "bad.locapp")
    for command in [["inspect", bundle], ["run", bundle, "--", "greet"]] {
      let outcome = world.locara(command)
      // `run` passes the app's status on, so a failure of its own is 125.
      let status: Int32 = command[0] == "run" ? 125 : 65
      #expect(outcome.status == status, "\(what): \(outcome)", sourceLocation: sourceLocation)
      #expect(outcome.errors.contains(/\bL[A-Z][0-9]{3}\b/), "\(what): \(outcome)", sourceLocation: sourceLocation)
      #expect(!outcome.output.contains("Hello"), "\(what): \(outcome)", sourceLocation: sourceLocation)
      expectNoTrace(outcome, sourceLocation: sourceLocation)
    }
    #expect(halfWritten(in: world) == [], "\(what)", sourceLocation: sourceLocation)
  }

  @Test func truncatedAnywhere() throws {
    let whole = try #require(contents(of: Hello.built.bundle))
    var generator = SplitMix64.forTests(1)
    var lengths = [0, 1, 511, 512, 513, 1024, whole.count / 2, whole.count - 1, whole.count - 512, whole.count - 1025]
    lengths += (0..<10).map { _ in Int.random(in: 0..<whole.count, using: &generator) }
    for length in lengths { expectRefusal(of: Array(whole[..<length]), "cut to \(length) of \(whole.count) bytes") }
  }

  @Test func extended() throws {
    let whole = try #require(contents(of: Hello.built.bundle))
    expectRefusal(of: whole + [0x61], "one byte more")
    expectRefusal(of: whole + whole, "twice")
  }

  /// One flipped bit in the content of every entry of the archive, in every header, and at places drawn at random.
  @Test func oneFlippedBitAnywhere() throws {
    let whole = try #require(contents(of: Hello.built.bundle))
    let entries = try tarEntries(of: whole)
    #expect(entries.count > 5)
    var generator = SplitMix64.forTests(2)
    for entry in entries {
      var places = [entry.header + Int.random(in: 0..<512, using: &generator)]
      if entry.size > 0 {
        places += [entry.content, entry.content + entry.size - 1]
        places.append(entry.content + Int.random(in: 0..<entry.size, using: &generator))
      }
      for place in places {
        var bytes = whole
        bytes[place] ^= 1 << UInt8.random(in: 0..<8, using: &generator)
        expectRefusal(of: bytes, "byte \(place) of \(entry.name) (header at \(entry.header)) flipped")
      }
    }
  }

  @Test func otherFiles() {
    var generator = SplitMix64.forTests(3)
    expectRefusal(of: Array("schema: locara/v1\n".utf8), "a manifest")
    expectRefusal(of: [UInt8](repeating: 0, count: 10240), "an empty archive")
    expectRefusal(of: generator.bytes(50_000), "noise")
    expectRefusal(of: [0x1F, 0x8B, 8, 0], "gzip")
  }

  @Test func missingOrDirectory() {
    let world = World("missing")
    for (path, status) in [(world.directory("nowhere.locapp"), 65), (world.home, 65), ("/dev/null", 65)]
      as [(String, Int32)]
    {
      expectRefused(world.locara("run", path), status: 125)
      expectRefused(world.locara("inspect", path), status: status)
    }
  }

  /// A bundle that is whole but has no filter for this machine.
  @Test func otherArchitecture() throws {
    let whole = try #require(contents(of: Hello.built.bundle))
    let world = World("architecture")
    let bundle = try bundleForAnotherMachine(from: whole, in: world)
    // Whole it is: it can be looked at anywhere.
    expectSuccess(world.locara("inspect", bundle))
    expectRefused(world.locara("run", bundle, "--", "greet"), status: 125, naming: [machine])
  }

  /// The kernel's name for this machine's architecture.
  private var machine: String { run(["uname", "-m"]).output.split(separator: "\n").first.map(String.init) ?? "" }

  /// Whatever is left of an unfinished write.
  private func halfWritten(in world: World) -> [String] {
    entries(below: world.directory.path).filter { name in
      let last = name.split(separator: "/").last ?? ""
      return name.hasPrefix("data") && (last.hasPrefix(".") || last.hasSuffix(".tmp") || last.hasSuffix(".new"))
    }
  }
}

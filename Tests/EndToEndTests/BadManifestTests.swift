import TestSupport
import Testing

/// What is not a manifest, or is one with a mistake: one clear error, status 65, nothing written.
@Suite struct BadManifestTests {
  static let good = """
    schema: locara/v1
    name: small
    publisher: acme
    version: 0.1.0
    entry: {command: [bin/small]}
    files: [bin/**]

    """

  struct Mistake: Sendable, CustomTestStringConvertible {
    var name: String
    var text: String
    /// What the error must name.
    var words: [String]
    /// The line that the error must point at; nil when any will do.
    var line: Int?
    var testDescription: String { name }
  }

  static let mistakes = [
    Mistake(name: "empty file", text: "", words: [], line: nil),
    Mistake(name: "only a comment", text: "# nothing\n", words: [], line: nil),
    Mistake(
      name: "unknown key", text: good + "capabilites: {net: false}\n", words: ["capabilites", "capabilities"], line: 7),
    Mistake(name: "wrong type", text: good + "capabilities: {fs: [all]}\n", words: ["fs"], line: 7),
    Mistake(name: "duplicate key", text: good + "version: 0.2.0\n", words: ["version"], line: 7),
    Mistake(
      name: "wrong schema tag", text: good.replacing("locara/v1", with: "locara/v9"),
      words: ["locara/v9", "locara/v1"],
      line: 1),
    Mistake(
      name: "no schema tag", text: good.replacing("schema: locara/v1\n", with: ""), words: ["schema"], line: nil),
    Mistake(name: "not YAML", text: good + "a: [1, 2\n", words: [], line: nil),
    Mistake(name: "a tag", text: good + "license: !!python/object Apache-2.0\n", words: [], line: 7),
    Mistake(name: "two documents", text: good + "---\n" + good, words: [], line: nil),
    Mistake(name: "a list at the top", text: "- schema: locara/v1\n", words: [], line: 1),
    Mistake(name: "a wrong version", text: good.replacing("0.1.0", with: "1.0"), words: ["1.0"], line: 4),
    Mistake(name: "a wrong name", text: good.replacing("name: small", with: "name: Small Things"), words: [], line: 2),
    Mistake(name: "yes for true", text: good + "capabilities: {net: yes}\n", words: ["net"], line: 7),
    Mistake(
      name: "deep nesting", text: good + "tags: " + String(repeating: "[", count: 5000) + "\n", words: [], line: 7),
  ]

  @Test(arguments: mistakes)
  func isExplained(mistake: Mistake) {
    let world = World("mistake")
    let manifest = world.directory.write(mistake.text, to: "app/locara.yaml")
    for command in ["check", "compile"] {
      let outcome = world.locara(command, manifest)
      expectRefused(outcome, status: 65, naming: mistake.words)
      #expect(outcome.errors.contains("locara.yaml"), "\(outcome)")
      if let line = mistake.line { #expect(outcome.errors.contains("locara.yaml:\(line):"), "\(outcome)") }
    }
    let outcome = world.locara("build", manifest, "-o", world.directory("out.locapp"))
    expectRefused(outcome, status: 65)
    expectNothingNew(in: world)
  }

  @Test func severalMistakesAreFoundAtOnce() {
    let world = World("several")
    let text = Self.good.replacing("0.1.0", with: "one") + "capabilites: {}\nlimits: {memory: lots}\n"
    let outcome = world.locara("check", world.directory.write(text, to: "app/locara.yaml"))
    expectRefused(outcome, status: 65, naming: ["one", "capabilites", "lots"])
  }

  @Test func missingManifest() {
    let world = World("missing")
    for command in ["check", "compile", "build", "lock", "inspect"] {
      expectRefused(
        world.locara(command, world.directory("nowhere/locara.yaml")), status: 65, naming: ["nowhere/locara.yaml"])
    }
    expectNothingNew(in: world)
  }

  @Test func directoryInsteadOfFile() {
    let world = World("directory")
    world.directory.write("", to: "app/locara.yaml/inside")
    for command in ["check", "compile", "build", "lock"] {
      let outcome = world.locara(command, world.directory("app/locara.yaml"))
      expectRefused(outcome, status: 65, naming: ["locara.yaml"])
    }
  }

  @Test func binaryFile() {
    let world = World("binary")
    var generator = SplitMix64.forTests()
    for bytes in [
      generator.bytes(4096), [0x7F, 0x45, 0x4C, 0x46, 2, 1, 1, 0], Array("a: \u{0}\n".utf8), [0xFF, 0xFE, 0x61, 0],
    ] {
      let manifest = world.directory.write(bytes, to: "app/locara.yaml")
      expectRefused(world.locara("check", manifest), status: 65)
    }
  }

  @Test func tooLargeFile() {
    let world = World("large")
    let manifest = world.directory.write(
      Self.good + String(repeating: "# padding\n", count: 2_000_000), to: "locara.yaml")
    let outcome = world.locara("check", manifest)
    expectRefused(outcome, status: 65)
    #expect(outcome.seconds < 10)
  }

  @Test func endlessFile() {
    let world = World("endless")
    for path in ["/dev/zero", "/dev/full"] {
      expectRefused(world.locara(["check", path], timeout: 20), status: 65)
    }
  }

  @Test func wrongUseOfTheCommandLine() {
    let world = World("usage")
    for arguments in [
      ["frobnicate"], ["compile"], ["build", "--frobnicate", "x"], ["compile", "--emit", "poetry", "x"],
    ] {
      let outcome = world.locara(arguments)
      #expect(outcome.status == 64, "\(outcome)")
      #expect(outcome.errors.contains("Usage:") || outcome.errors.contains("Error:"), "\(outcome)")
    }
  }

  /// Expects that there is nothing in the world but what the test put there.
  private func expectNothingNew(in world: World, sourceLocation: SourceLocation = #_sourceLocation) {
    let known = ["app", "app/locara.yaml", "home", "home/Documents", "home/Documents/diary.txt"]
    let found = entries(below: world.directory.path).filter { !known.contains($0) && !$0.hasPrefix("data") }
    #expect(found == [], sourceLocation: sourceLocation)
  }
}

import TestSupport
import Testing

/// What is no profile, no program or no command line: one clear error with a code, and nothing left behind.
@Suite struct BadSeccompTests {
  @Test(arguments: SeccompProfiles.wrongProfiles + SeccompProfiles.wrongPrograms)
  func isExplained(mistake: SeccompProfiles.Mistake) {
    let world = World("bad")
    let input = world.directory.write(mistake.bytes, to: "wrong")
    let before = entries(below: world.directory.path)
    let good = world.directory.write(SeccompCommandTests.profile, to: "good.json")
    for words in [
      ["compile", input, "-o", world.directory("out.bpf")], ["disasm", input], ["simulate", input, "--call", "read"],
      ["verify", input], ["diff", input, good], ["diff", good, input], ["explain", input],
    ] {
      let outcome = world.locara(["seccomp"] + words + ["--arch", "x86_64"])
      expectRefused(outcome, status: 65, codes: [mistake.code], naming: mistake.words)
      #expect(outcome.errors.matches(of: /error\[/).count == 1, "\(outcome)")
      #expect(outcome.output == "", "\(outcome)")
    }
    #expect(entries(below: world.directory.path).filter { $0 != "good.json" } == before)
  }

  /// A failed compilation leaves the filter that is there.
  @Test func keepsTheFilterThatIsThere() {
    let world = World("kept")
    let output = world.directory.write("as it was", to: "out.bpf")
    let profile = world.directory.write("{}", to: "wrong.json")
    expectRefused(world.locara("seccomp", "compile", profile, "--arch", "x86_64", "-o", output), status: 65)
    #expect(contents(of: output) == Array("as it was".utf8))
  }

  @Test func programOfTheGreatestLengthIsTaken() {
    let world = World("longest")
    let program = Array(repeating: SeccompProfiles.load, count: 4095) + [SeccompProfiles.allow]
    let input = world.directory.write(program.flatMap { $0 }, to: "longest.bpf")
    let outcome = world.locara("seccomp", "verify", input, "--arch", "x86_64")
    expectSuccess(outcome)
    #expect(outcome.output.contains("instructions: 4096\n"), "\(outcome)")
  }

  @Test(arguments: [
    (["compile", "good.json", "--arch", "i386"], "LC031"), (["compile", "good.json", "--arch", "x32"], "LC031"),
    (["compile", "good.json", "--arch", "pdp11"], "LC031"), (["compile", "good.json", "--caps", "CAP_CHWON"], "LC032"),
    (["compile", "good.json", "--kernel", "six"], "LC034"), (["compile", "good.json", "--unknown", "shrug"], "LC033"),
    (["simulate", "good.json", "--call", "raed"], "LC001"), (["simulate", "good.json", "--call", "chown32"], "LC002"),
    (["simulate", "good.json", "--call", "open", "--arch", "aarch64"], "LC002"),
    (["simulate", "good.json", "--call", "0x100000000"], "LC035"),
    (["simulate", "good.json", "--call", "read", "--args", "0x10000000000000000"], "LC035"),
    (["simulate", "good.json", "--call", "read", "--args", "1", "2", "3", "4", "5", "6", "7"], "LC035"),
    (["compile", "nowhere.json"], "LX007"), (["compile", "."], "LX002"), (["compile", "/dev/zero"], "LX003"),
  ])
  func wrongArguments(words: [String], code: String) {
    let world = World("arguments")
    world.directory.write(SeccompCommandTests.profile, to: "good.json")
    let outcome = world.locara(["seccomp"] + words)
    expectRefused(outcome, status: 65, codes: [code])
    #expect(outcome.output == "", "\(outcome)")
  }

  @Test(arguments: [
    [], ["frobnicate"], ["compile"], ["simulate", "good.json"], ["diff", "good.json"],
    ["compile", "good.json", "--format", "pdf"],
  ])
  func wrongCommandLine(words: [String]) {
    let world = World("line")
    world.directory.write(SeccompCommandTests.profile, to: "good.json")
    let outcome = world.locara(["seccomp"] + words)
    // Without a verb it says which there are.
    #expect(outcome.status == (words.isEmpty ? 0 : 64), "\(outcome)")
    #expect(outcome.everything.lowercased().contains("usage: locara seccomp"), "\(outcome)")
    expectNoTrace(outcome)
  }
}

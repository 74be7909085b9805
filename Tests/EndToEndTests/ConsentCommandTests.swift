import TestSupport
import Testing

/// `locara run` and consent: what is recorded, what asks, what is refused, and what waits.
@Suite struct ConsentCommandTests {
  /// Four versions of one app, built once: the first, one that may do more, one that may do less, and an impostor that
  /// may do more under the number of the first.
  struct Versions: Sendable {
    var world: World
    var first: String
    var wider: String
    var narrower: String
    var impostor: String
    var outcomes: [Outcome]
  }

  static let versions: Versions = {
    let world = World("versions")
    let app = world.copy(app: "hello-c")
    let text = String(decoding: contents(of: "\(app)/locara.yaml") ?? [], as: UTF8.self)
    let base = text.firstRange(of: "tests:").map { String(text[..<$0.lowerBound]) } ?? text
    let wider = base.replacing("net: false", with: "net: true").replacing("[LANG]", with: "[LANG, TZ]")
    var outcomes: [Outcome] = []
    func build(_ name: String, _ text: String) -> String {
      world.directory.write(text, to: "hello-c/locara.yaml")
      let bundle = world.directory("\(name).locapp")
      outcomes.append(world.locara("build", "\(app)/locara.yaml", "-o", bundle))
      return bundle
    }
    return Versions(
      world: world, first: build("first", base), wider: build("wider", wider.replacing("0.1.0", with: "0.2.0")),
      narrower: build("narrower", base.replacing("[LANG]", with: "[]").replacing("0.1.0", with: "0.3.0")),
      impostor: build("impostor", wider), outcomes: outcomes)
  }()

  /// A user who has run the first version.
  private func user(hasRun: Bool = true) -> World {
    let world = World("user")
    for outcome in Self.versions.outcomes { expectSuccess(outcome) }
    if hasRun { expectSuccess(run(Self.versions.first, in: world)) }
    return world
  }

  private func run(_ bundle: String, _ options: String..., in world: World, app: [String] = ["greet"]) -> Outcome {
    world.locara(["run", bundle] + options + ["--"] + app, timeout: 60)
  }

  /// The same on a terminal of its own, where every question gets the same answer.
  private func runOnTerminal(
    _ bundle: String, answer: String, in world: World, options: [String] = []
  ) -> Outcome {
    let program = """
      import os, pty, sys
      child, terminal = pty.fork()
      if child == 0: os.execv(sys.argv[2], sys.argv[2:])
      seen, asked = b"", 0
      while True:
          try: piece = os.read(terminal, 65536)
          except OSError: break
          if not piece: break
          seen += piece
          if seen.count(b"[y/N]") > asked:
              asked += 1
              os.write(terminal, (sys.argv[1] + "\\n").encode())
      code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
      sys.stdout.buffer.write(seen.replace(b"\\r\\n", b"\\n"))
      sys.exit(code if code >= 0 else 128 - code)
      """
    return world.command(
      ["/usr/bin/python3", "-c", program, answer, Locations.locara, "run", bundle] + options + ["--", "greet"],
      timeout: 60)
  }

  private func grant(_ world: World) -> String {
    String(decoding: contents(of: world.directory("state/locara/consent/acme/hello-c.grant")) ?? [], as: UTF8.self)
  }

  @Test func theFirstStartIsRecorded() {
    let world = user(hasRun: false)
    let outcome = run(Self.versions.first, in: world)
    expectSuccess(outcome)
    #expect(outcome.errors == "", "nobody is there to read it: \(outcome)")
    #expect(grant(world).contains("\nversion 0.1.0\n"))
    let listed = world.locara("consent", "list")
    #expect(listed.output.hasPrefix("acme/hello-c 0.1.0  sha256:"), "\(listed)")
    #expect(world.locara("consent", "show", "acme/hello-c").output.contains("environment  LANG"))
    // The second start changes nothing.
    let before = grant(world)
    expectSuccess(run(Self.versions.first, in: world))
    #expect(grant(world) == before)
  }

  @Test func onATerminalTheFirstStartAsks() {
    let world = user(hasRun: false)
    let no = runOnTerminal(Self.versions.first, answer: "n", in: world)
    #expect(no.status == 125, "\(no)")
    #expect(no.output.contains("acme/hello-c 0.1.0 starts for the first time. It may:"), "\(no)")
    #expect(no.output.contains("app-data/**") && no.output.contains("LR062"), "\(no)")
    #expect(!no.output.contains("Hello"), "\(no)")
    #expect(grant(world) == "")
    let yes = runOnTerminal(Self.versions.first, answer: "y", in: world)
    #expect(yes.status == 0 && yes.output.contains("Start it with these rights? [y/N]"), "\(yes)")
    let again = runOnTerminal(Self.versions.first, answer: "n", in: world)
    #expect(again.status == 0 && !again.output.contains("[y/N]"), "asks only once: \(again)")
  }

  @Test func aWideningIsRefusedWithoutATerminal() {
    let world = user()
    let before = grant(world)
    let refused = run(Self.versions.wider, in: world)
    expectRefused(refused, status: 125, codes: ["LR063"], naming: ["--accept-widening"])
    #expect(refused.errors.contains("now allowed: connect tcp example.com:443"), "\(refused)")
    #expect(refused.errors.contains("now allowed: environment TZ"), "\(refused)")
    #expect(refused.output == "")
    #expect(grant(world) == before)
    expectSuccess(run(Self.versions.first, in: world))
    let accepted = run(Self.versions.wider, "--accept-widening", in: world)
    expectSuccess(accepted)
    #expect(grant(world).contains("\nversion 0.2.0\n"))
    expectSuccess(run(Self.versions.wider, in: world, app: ["socket", "inet"]))
  }

  @Test func aWideningAsksOnATerminal() {
    let world = user()
    let no = runOnTerminal(Self.versions.wider, answer: "n", in: world)
    #expect(no.status == 125 && no.output.contains("Agree to what is new? [y/N]"), "\(no)")
    #expect(no.output.contains("now allowed: connect tcp example.com:443"), "\(no)")
    let yes = runOnTerminal(Self.versions.wider, answer: "yes", in: world)
    #expect(yes.status == 0, "\(yes)")
    #expect(runOnTerminal(Self.versions.wider, answer: "n", in: world).status == 0)
  }

  @Test func narrowingNeverAsks() {
    let world = user()
    let outcome = run(Self.versions.narrower, in: world)
    expectSuccess(outcome)
    #expect(outcome.errors == "", "\(outcome)")
    #expect(grant(world).contains("\nversion 0.3.0\n"))
    let other = user()
    let onTerminal = runOnTerminal(Self.versions.narrower, answer: "n", in: other)
    #expect(onTerminal.status == 0 && !onTerminal.output.contains("[y/N]"), "\(onTerminal)")
  }

  @Test func oneVersionHasOnePolicy() {
    let world = user()
    for options in [[], ["--accept-widening"]] {
      let outcome = world.locara(["run", Self.versions.impostor] + options + ["--", "greet"])
      expectRefused(outcome, status: 125, codes: ["LR060"], naming: ["locara consent forget acme/hello-c"])
    }
    expectSuccess(world.locara("consent", "forget", "acme/hello-c"))
    expectRefused(world.locara("consent", "forget", "acme/hello-c"), status: 1, codes: ["LR065"])
    expectSuccess(run(Self.versions.impostor, in: world))
  }

  @Test func whatIsNewStaysOffUntilItsTime() {
    let world = user()
    let first = run(Self.versions.wider, "--accept-widening", "--cool-down", "7d", in: world, app: ["socket", "inet"])
    #expect(first.status == 13, "no socket yet: \(first)")
    #expect(first.errors.contains("what is new in acme/hello-c 0.2.0 stays off for 7 days"), "\(first)")
    // The next starts say nothing and have no more; what is old works.
    let environment = ["TZ": "UTC", "LANG": "C.UTF-8"]
    let second = world.locara(
      ["run", Self.versions.wider, "--", "env"], environment: environment.mapValues { Optional($0) })
    expectSuccess(second)
    #expect(second.output.contains("LANG=C.UTF-8") && !second.output.contains("TZ="), "\(second)")
    #expect(run(Self.versions.wider, in: world, app: ["socket", "inet"]).status == 13)
    let listed = world.locara("consent", "list")
    #expect(listed.output.contains("acme/hello-c 0.1.0") && listed.output.contains("0.2.0 waits"), "\(listed)")
    // The old version is what was agreed to, and the update waits on.
    expectSuccess(run(Self.versions.first, in: world))
    #expect(run(Self.versions.wider, in: world, app: ["socket", "inet"]).status == 13)
    // Agreeing ends the wait.
    expectSuccess(run(Self.versions.wider, "--accept-widening", in: world, app: ["socket", "inet"]))
    expectSuccess(run(Self.versions.wider, in: world, app: ["socket", "inet"]))
  }

  @Test func theTimeComes() {
    let world = user()
    #expect(
      run(Self.versions.wider, "--accept-widening", "--cool-down", "5s", in: world, app: ["socket", "inet"]).status
        == 13)
    _ = TestSupport.run(["sleep", "5.5"])
    expectSuccess(run(Self.versions.wider, in: world, app: ["socket", "inet"]))
    #expect(!grant(world).contains("until"))
    expectRefused(run(Self.versions.wider, "--cool-down", "soon", in: world), status: 64, codes: ["LR100"])
  }

  @Test func damagedRecordsAreRefused() {
    for file in ["grant", "plan", "filter"] {
      let world = user()
      _ = run(Self.versions.wider, "--accept-widening", "--cool-down", "7d", in: world)
      let path = world.directory("state/locara/consent/acme/hello-c.\(file)")
      var bytes = contents(of: path) ?? []
      #expect(bytes.count > 100, "\(file)")
      bytes[bytes.count / 2] ^= 1
      world.directory.write(bytes, to: "state/locara/consent/acme/hello-c.\(file)")
      let outcome = run(Self.versions.wider, in: world)
      expectRefused(
        outcome, status: 125, codes: ["LP009"], naming: ["acme/hello-c", "locara consent forget acme/hello-c"])
      expectSuccess(world.locara("consent", "forget", "acme/hello-c"))
      expectSuccess(run(Self.versions.wider, in: world))
    }
    // The long record is read when something has to be compared.
    let world = user()
    world.directory.write("{}", to: "state/locara/consent/acme/hello-c.json")
    expectSuccess(run(Self.versions.first, in: world))
    expectRefused(run(Self.versions.wider, in: world), status: 125, codes: ["LP009"])
  }
}

import TestSupport
import Testing

/// An app at a terminal has one of its own, and the caller's is as it was whatever happens.
@Suite struct TerminalTests {
  static let built: (world: World, bundle: String, outcome: Outcome) = {
    let world = World("terminal")
    let app = world.directory.copy(Locations.fixture("sandbox/terminal"), to: "terminal")
    let bundle = world.directory("terminal.locapp")
    let outcome = world.locara("build", "\(app)/locara.yaml", "-o", bundle)
    // At a terminal the first start would ask whether the app may start at all.
    _ = world.locara("run", bundle, "--", "facts")
    return (world, bundle, outcome)
  }()

  /// A person at a terminal starts the app, and does what the scenario says.
  private func session(_ scenario: String, _ verb: String) -> String {
    expectSuccess(Self.built.outcome)
    let outcome = Self.built.world.command(
      [
        "/usr/bin/python3", Locations.fixture("sandbox/terminal/session.py"), scenario, Locations.locara, "run",
        Self.built.bundle, "--", verb,
      ], timeout: 60)
    #expect(outcome.status == 0 && outcome.errors == "", "\(outcome)")
    return outcome.output
  }

  @Test func theAppHasATerminalOfItsOwn() throws {
    let lines = session("facts", "facts").split(separator: "\n").map(String.init)
    func fact(_ name: String) -> String? {
      lines.first { $0.hasPrefix(name + " ") }.map { String($0.dropFirst(name.count + 1)) }
    }
    #expect(fact("tty") == "1 1 1")
    #expect(fact("size") == "31 97")
    #expect(fact("foreground") == "1")
    #expect(try #require(fact("device")) != #require(fact("outer")))
    #expect(fact("/dev/tty") == "ok")
    // TIOCSTI is denied; and if it were not, it would hit the app's own terminal.
    #expect(lines.filter { $0.hasPrefix("push ") } == ["push EPERM", "push EPERM", "push EPERM"])
    // Nor pastes what is selected on a console.
    #expect(lines.filter { $0.hasPrefix("paste ") } == ["paste EPERM", "paste EPERM", "paste EPERM"])
    #expect(fact("modes") == "as before")
  }

  /// The caller's terminal does not turn a line feed into a new line meanwhile.
  @Test func denialsBeginAtTheLeft() {
    #expect(session("denials", "facts") == "ended 0\nmodes as before\nlines 6 bare 0\n")
  }

  @Test func theWindowSizeIsPassedOn() { #expect(session("resize", "resize") == "ended 0\nmodes as before\n") }

  @Test func whatTheAppSetsStaysItsOwn() { #expect(session("quiet", "quiet") == "ended 0\nmodes as before\n") }

  @Test func linesAreTypedIn() {
    #expect(session("line", "line") == "during changed\nended 0\nmodes as before\n")
  }

  @Test func aKeyInterruptsTheApp() { #expect(session("interrupt", "interrupt") == "ended 42\nmodes as before\n") }

  @Test func aKeyStopsAppAndRunnerAndTheyGoOn() {
    #expect(session("suspend", "line") == "stopped\nmodes as before\nended 0\nmodes as before\n")
  }

  /// The sandbox's first process gives the terminal back for a runner that cannot.
  @Test func aKilledRunnerLeavesTheTerminalAsItWas() {
    #expect(session("kill", "wait") == "during changed\nended 137\nmodes as before\n")
  }

  @Test func anEndedRunnerLeavesTheTerminalAsItWas() {
    #expect(session("terminate", "wait") == "ended 143\nmodes as before\n")
  }

  /// `locara run app | less`: the other program may read the terminal, so it is left alone.
  @Test func inAPipelineTheStreamsPassAsTheyAre() {
    #expect(session("pipeline", "line") == "during as before\ngot piped\nended 0\nmodes as before\n")
  }

  /// `locara run app &`: nothing is read from a terminal that is somebody else's for now.
  @Test func inTheBackgroundTheTerminalIsLeftAlone() {
    #expect(session("background", "wait") == "during as before\nended 143\nmodes as before\n")
  }
}

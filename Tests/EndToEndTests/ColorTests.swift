import TestSupport
import Testing

/// Colours are for people: on a terminal, and only when they want them.
@Suite struct ColorTests {
  /// What `locara check` writes of a wrong manifest to a terminal.
  private func onTerminal(_ environment: [String: String?]) -> String {
    let world = World("color")
    let manifest = world.directory.write(CheckCommandTests.misspelt, to: "locara.yaml")
    let program = "import pty, sys; sys.exit(pty.spawn(sys.argv[1:]) >> 8)"
    let outcome = world.command(
      ["/usr/bin/python3", "-c", program, Locations.locara, "check", manifest],
      environment: environment.merging(["TERM": "xterm-256color"]) { set, _ in set })
    #expect(outcome.status == 65, "\(outcome)")
    return outcome.output
  }

  @Test func aTerminalGetsThem() {
    let text = onTerminal([:])
    #expect(text.contains("\u{1B}[1;31merror[LM001]\u{1B}[0m"), "\(text)")
    #expect(text.contains("did you mean"))
  }

  @Test(arguments: [["NO_COLOR": "1"], ["TERM": "dumb"]]) func whoDoesNotWantThemGetsNone(_ wish: [String: String]) {
    let text = onTerminal(wish)
    #expect(text.contains("error[LM001]") && !text.contains("\u{1B}"), "\(text)")
  }

  @Test func aPipeGetsNone() {
    let world = World("color-pipe")
    let manifest = world.directory.write(CheckCommandTests.misspelt, to: "locara.yaml")
    let outcome = world.locara(["check", manifest], environment: ["TERM": "xterm-256color"])
    #expect(outcome.errors.contains("error[LM001]") && !outcome.errors.contains("\u{1B}"), "\(outcome)")
  }
}

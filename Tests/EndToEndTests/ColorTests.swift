import TestSupport
import Testing

/// Colors are for people: on a terminal, and only when they want them.
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

  /// What is said fits the terminal.
  @Test func linesAreAsLongAsTheTerminalIsWide() {
    let world = World("width")
    let words = (0..<40).map { "tag-\($0)" }.joined(separator: ", ")
    let manifest = world.directory.write(BadManifestTests.good + "tags: [\(words), A]\n", to: "locara.yaml")
    let program = """
      import fcntl, os, pty, struct, sys, termios
      pid, descriptor = pty.fork()
      if pid == 0:
          fcntl.ioctl(2, termios.TIOCSWINSZ, struct.pack('HHHH', 24, 60, 0, 0))
          os.execv(sys.argv[1], sys.argv[1:])
      text = b''
      try:
          while part := os.read(descriptor, 4096): text += part
      except OSError: pass
      os.waitpid(pid, 0)
      sys.stdout.buffer.write(text)
      """
    let outcome = world.command(
      ["/usr/bin/python3", "-c", program, Locations.locara, "check", manifest], environment: ["TERM": "dumb"])
    let excerpts = outcome.output.split(separator: "\r\n").filter { $0.hasPrefix("7 |") }
    #expect(!excerpts.isEmpty && excerpts.allSatisfy { $0.count <= 60 }, "\(outcome)")
  }

  @Test func aPipeGetsNone() {
    let world = World("color-pipe")
    let manifest = world.directory.write(CheckCommandTests.misspelt, to: "locara.yaml")
    let outcome = world.locara(["check", manifest], environment: ["TERM": "xterm-256color"])
    #expect(outcome.errors.contains("error[LM001]") && !outcome.errors.contains("\u{1B}"), "\(outcome)")
  }
}

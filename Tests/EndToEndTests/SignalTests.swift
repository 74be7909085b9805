import Glibc
import TestSupport
import Testing

/// Signals to the runner are the app's; what the app does to itself is nobody else's.
@Suite struct SignalTests {
  private func python(_ script: String, _ arguments: [String] = []) -> Outcome {
    World("signals").command(
      ["/usr/bin/python3", "-c", script, Locations.locara, Hello.built.bundle] + arguments, timeout: 90)
  }

  /// Starts the app in a process group with another process, as `make` or an interactive client does it.
  private static let start = """
    import os, signal, subprocess, sys, time
    def start(*words):
        command = [sys.argv[1], "run", *words]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, process_group=0)
        process.stdout.readline()
        return process
    def state(pid):
        with open(f"/proc/{pid}/stat") as file: return file.read().rpartition(")")[2].split()[0]

    """

  @Test(arguments: [SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2, SIGALRM])
  func endsTheApp(signal: Int32) {
    let outcome = python(
      Self.start + """
        process = start(sys.argv[2], "--", "sleep", "60")
        process.send_signal(int(sys.argv[3]))
        print(process.wait(30))
        """, ["\(signal)"])
    #expect(outcome.output == "\(128 + signal)\n", "\(outcome)")
  }

  /// The runner stops when it is asked to, and its app with it; both go on together.
  @Test func stopsAndGoesOn() {
    let outcome = python(
      Self.start + """
        process = start(sys.argv[2], "--", "sleep", "60")
        other = subprocess.Popen(["sleep", "60"], process_group=process.pid)
        process.send_signal(signal.SIGTSTP)
        _, status = os.waitpid(process.pid, os.WUNTRACED)
        print(os.WIFSTOPPED(status), state(other.pid) != "T")
        process.send_signal(signal.SIGCONT)
        time.sleep(0.2)
        print(state(process.pid) != "T")
        process.send_signal(signal.SIGTERM)
        print(process.wait(30))
        other.kill()
        """)
    #expect(outcome.output == "True True\nTrue\n143\n", "\(outcome)")
  }

  /// An app that stops itself neither stops whoever started it nor gets more time.
  @Test(arguments: [SIGSTOP, SIGTSTP, SIGTTIN]) func anAppStopsOnlyItself(signal: Int32) {
    let outcome = python(
      Self.start + """
        command = [sys.argv[1], "run", "--timeout", "1500ms", sys.argv[2], "--", "signal", sys.argv[3]]
        process = subprocess.Popen(command, process_group=0)
        other = subprocess.Popen(["sleep", "60"], process_group=process.pid)
        states = set()
        while process.poll() is None:
            states |= {state(process.pid), state(other.pid)}
            time.sleep(0.02)
        print("T" in states, process.returncode)
        other.kill()
        """, ["\(signal)"])
    #expect(outcome.output == "False 124\n", "\(outcome)")
  }

  /// A call waits for the supervisor's answer when that is killed: it is not made, and nothing of the app goes on.
  @Test func aPendingCallFailsClosed() {
    expectSuccess(TerminalTests.built.outcome)
    let outcome = World("pending").command(
      [
        "/usr/bin/python3", "-c",
        """
        import os, signal, subprocess, sys, time
        process = subprocess.Popen(
            [sys.argv[1], "run", sys.argv[2], "--", "later"], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        print(process.stdout.readline())
        process.send_signal(signal.SIGSTOP)
        process.stdin.write(b"now\\n")
        process.stdin.flush()
        time.sleep(0.5)
        os.set_blocking(process.stdout.fileno(), False)
        print(process.stdout.read())
        os.set_blocking(process.stdout.fileno(), True)
        process.kill()
        # The end comes when the app's own end of the pipe is closed: nothing of it is left then.
        print(process.stdout.read(), process.wait())
        """, Locations.locara, TerminalTests.built.bundle,
      ], timeout: 60)
    #expect(outcome.output.hasPrefix("b'ready\\n'\nNone\n"), "\(outcome)")
    #expect(outcome.output.hasSuffix("-9\n") && !outcome.output.contains("socket ok"), "\(outcome)")
  }
}

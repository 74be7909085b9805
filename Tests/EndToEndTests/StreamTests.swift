import TestSupport
import Testing

/// What `locara run` does with its own standard streams, whatever the caller has made of them.
@Suite struct StreamTests {
  private func script(_ world: World, _ text: String) -> Outcome {
    world.command(["/bin/bash", "-c", text, Locations.locara, Hello.built.bundle], timeout: 60)
  }

  /// Whoever read the denials has gone: the app goes on.
  @Test func aClosedReaderOfDenialsEndsNobody() {
    let outcome = script(
      World("closed"),
      """
      exec 3> >(true); sleep 0.3
      "$0" run "$1" -- socket inet 2>&3; echo "status $?"
      """)
    #expect(outcome.output == "denied EPERM\nstatus 13\n", "\(outcome)")
  }

  /// Programs that the runner starts have SIGPIPE as their caller had it.
  @Test func theAppHasSignalsAsUsual() {
    let outcome = script(World("signals"), #""$0" run "$1" -- read /proc/self/status"#)
    #expect(outcome.output.contains("SigIgn:\t0000000000000000\n"), "\(outcome)")
  }

  /// Nobody reads: neither the time nor a signal waits for that.
  @Test func aFullPipeKeepsNeitherTimeNorSignals() {
    let outcome = World("full").command(
      [
        "/usr/bin/python3", "-c",
        """
        import fcntl, os, subprocess, sys
        read, write = os.pipe()
        size = fcntl.fcntl(write, 1031, 4096)  # F_SETPIPE_SZ
        os.write(write, b"x" * size)
        command = [sys.argv[1], "run", sys.argv[2]]
        print(subprocess.run(command + ["--timeout", "500ms", "--", "sleep", "60"], stdout=2, stderr=write).returncode)
        # `socket` is denied, and told of, before the status is known.
        print(subprocess.run(command + ["--", "socket", "inet"], stdout=2, stderr=write, timeout=30).returncode)
        print(os.get_blocking(write))
        """, Locations.locara, Hello.built.bundle,
      ], timeout: 60)
    #expect(outcome.output == "124\n13\nTrue\n", "\(outcome)")
  }

  /// The first files that the runner opens would get the numbers of missing streams, and the app those files.
  @Test(arguments: ["<&-", "<&- >&-", "<&- >&- 2>&-", "2>&-"])
  func missingStreamsAreNoFilesOfTheRunner(closed: String) {
    let marker = "32\(UInt32.random(in: 100_000...999_999))"
    let outcome = script(
      World("missing"),
      """
      "$0" run "$1" -- sleep \(marker) \(closed) & runner=$!
      for try in $(seq 200); do
        app=$(pgrep -f '^[^ ]*bin/hello sleep \(marker)') && break; sleep 0.05
      done
      readlink /proc/$app/fd/0 /proc/$app/fd/1 /proc/$app/fd/2 | sed 's/.*output$/given/; s/.*errors$/given/'
      kill $runner; wait $runner; echo "status $?"
      """)
    // bash gives a background job /dev/null as its input.
    let output: Substring = closed.contains(" >&-") ? "/dev/null" : "given"
    let errors: Substring = closed.contains("2>&-") ? "/dev/null" : "given"
    let seen = outcome.output.split(separator: "\n").filter { $0 != "sleeping" }
    #expect(seen == ["/dev/null", output, errors, "status 143"], "\(outcome)")
  }

  /// Names of files on the command line reach the terminal as text only.
  @Test func namesInFailuresShowTheirEscapes() {
    let outcome = script(
      World("names"), #""$0" run $'/none\e]0;owned\a\xc2\x9b31m\nerror[LX000]: forged' -- greet"#)
    expectRefused(outcome, status: 125, naming: ["--> /none\\u{1b}]0;owned\\u{7}\\u{9b}31m\\u{a}error[LX000]: forged"])
    let isShown = outcome.errors.utf8.allSatisfy { $0 == 0x0A || $0 >= 0x20 && $0 < 0x7F }
    #expect(isShown, "\(outcome)")
  }
}

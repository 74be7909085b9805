import Glibc
import TestSupport
import Testing

/// `locara ps`: what runs now, and nothing that does not.
@Suite struct PsTests {
  private let world = World("ps")

  private var environment: [String: String?] { ["XDG_RUNTIME_DIR": world.directory("runtime")] }

  private func ps(_ arguments: String...) -> Outcome { world.locara(["ps"] + arguments, environment: environment) }

  /// Starts an app that sleeps, runs `body` with the runner's pid, and ends it by the signal.
  private func whileRunning(endingBy signal: String, _ commands: String) -> Outcome {
    world.directory.write([], to: "runtime/.keep")
    return world.command(
      [
        "/bin/bash", "-c",
        """
        "$0" run "$1" -- sleep 60 > /dev/null & pid=$!
        for try in $(seq 100); do ls "$XDG_RUNTIME_DIR"/locara/*.json > /dev/null 2>&1 && break; sleep 0.05; done
        echo "runner $pid"; \(commands)
        kill -\(signal) $pid; wait $pid; echo "ended $?"
        """, Locations.locara, Hello.built.bundle,
      ], environment: environment)
  }

  @Test func showsWhatRuns() throws {
    expectSuccess(Hello.built.outcome)
    let outcome = whileRunning(endingBy: "TERM", "\"$0\" ps; \"$0\" ps --format json")
    let process = try #require(outcome.output.firstMatch(of: /runner ([0-9]+)/)?.output.1)
    #expect(outcome.output.contains("acme/hello-c@0.1.0  pid \(process)  since 20"), "\(outcome)")
    #expect(outcome.output.contains("\"app\": \"acme/hello-c@0.1.0\""), "\(outcome)")
    #expect(outcome.output.contains("\"pid\": \(process)"), "\(outcome)")
    #expect(outcome.output.contains("ended 143"), "\(outcome)")
    // It takes its record with it.
    #expect(ps().output == "")
    #expect(entries(below: world.directory("runtime/locara")) == [], "\(entries(below: world.directory("runtime")))")
  }

  /// A killed runner leaves its record; the next look takes it for what it is.
  @Test func leftoversAreRemoved() {
    let outcome = whileRunning(endingBy: "KILL", "ls \"$XDG_RUNTIME_DIR\"/locara | wc -l")
    #expect(outcome.output.contains("ended 137"), "\(outcome)")
    #expect(entries(below: world.directory("runtime/locara")).count == 1)
    #expect(ps("--format", "json").output.contains("\"running\": []"))
    #expect(entries(below: world.directory("runtime/locara")) == [])
  }

  /// A runner that was killed while it wrote its record leaves half of one; a new one may be somebody's.
  @Test func halfRecordsAreRemovedWhenTheyAreOld() {
    for (name, age) in [("00000001.new", "2 minutes ago"), ("00000002.new", "now")] {
      world.directory.write([], to: "runtime/locara/\(name)")
      _ = run(["touch", "-d", age, world.directory("runtime/locara/\(name)")])
    }
    expectSuccess(ps())
    #expect(entries(below: world.directory("runtime/locara")) == ["00000002.new"])
  }

  /// Two who look at the same moment do not take each other for a runner.
  @Test func whoLooksIsNoRunner() {
    world.directory.write([], to: "runtime/.keep")
    let record = #"{"app":"acme/gone@1","bundle":"sha256:0","id":"00000003","pid":1,"since":1}"#
    world.directory.write(record, to: "runtime/locara/00000003.json")
    let path = world.directory("runtime/locara/00000003.json")
    let outcome = world.command(
      ["flock", "--shared", path, Locations.locara, "ps", "--format", "json"], environment: environment)
    #expect(outcome.output.contains("\"running\": []"), "\(outcome)")
    #expect(entries(below: world.directory("runtime/locara")) == [])
  }

  @Test func withoutAnythingRunningItSaysSo() {
    let outcome = World("idle").locara("ps")
    expectSuccess(outcome)
    #expect(outcome.output == "" && outcome.errors.contains("nothing runs"), "\(outcome)")
  }
}

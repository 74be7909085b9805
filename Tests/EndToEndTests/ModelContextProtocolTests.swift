import TestSupport
import Testing

/// A stdio server of the Model Context Protocol, in its sandbox, talks to the protocol's own client.
@Suite struct ModelContextProtocolTests {
  @Test(.enabled(if: PythonPackages.areExpected, "\(PythonPackages.reason)"))
  func aServerInItsSandboxTalksToAClient() {
    let world = World("mcp")
    let app = world.directory.copy(Locations.fixture("sandbox/mcp"), to: "words")
    let bundle = world.directory("words.locapp")
    expectSuccess(world.locara("build", "\(app)/locara.yaml", "-o", bundle))
    func talk(to server: [String]) -> Outcome {
      world.command(
        ["/usr/bin/python3", "-B", Locations.fixture("sandbox/mcp/client.py")] + server,
        environment: ["PYTHONPATH": PythonPackages.path ?? "", "LOCARA_DATA": world.directory("own")], timeout: 60)
    }
    // The client gives a server little of its environment: what it needs to find its data is in the command.
    let outcome = talk(to: ["/usr/bin/env", "XDG_DATA_HOME=\(world.data)", Locations.locara, "run", bundle])
    #expect(outcome.status == 0, "\(outcome)")
    #expect(
      outcome.output == """
        server words 0.1.0
        tools count_words reach_out
        count_words 3 words, asked 1 times
        count_words 3 words, asked 2 times
        reach_out socket denied 1, home denied 2

        """, "\(outcome)")
    // The denial is told where the client's user sees it, and not in the protocol's stream.
    #expect(outcome.errors.contains("denied socket(AF_INET"), "\(outcome)")
    // When the client has gone, the server ends as it would outside: by the end of its input.
    #expect(outcome.errors.contains("the client has gone"), "\(outcome)")
  }
}

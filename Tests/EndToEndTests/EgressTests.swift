import Foundation
import TestSupport
import Testing

/// Real programs in the sandbox, in a small Internet that `fixtures/egress/world.py` makes in a network namespace: a name
/// server, hosts that the app may reach, one that it may not, and an eye on every packet.
@Suite struct EgressTests {
  /// What a client that works says.
  @Test(arguments: [
    ("curl", "hello from 2606:2800:220:1::34\n"), ("curl-tls", "hello from 93.184.216.34\n"),
    ("literal", "hello from 93.184.216.37\n"), ("urllib_client", "hello from 2606:2800:220:1::34\n"),
    ("requests_client", "hello from 2606:2800:220:1::34\n"), ("websocket_client", "there and back\n"),
    ("raw_client", "3000000 bytes\n"), ("asyncio_client", "4950\n"),
    ("epoll_first", "hello from 2606:2800:220:1::34\n"),
    ("static", "hello from 2606:2800:220:1::34\n"), ("git", "from the repository\n"), ("back_pressure", "enough\n"),
    ("long_lived", "done\n"), ("many", "1000\n"), ("only6", "hello from 2606:2800:220:1::34\n"),
    ("both_versions", "hello from 2606:2800:220:1::34\nhello from 2606:2800:220:1::34\n"),
    // Aliases with and without their target, an address of another name, a thousand addresses, dead ones before the good.
    ("name-alias", "hello from 93.184.216.34\n"), ("name-bare", "hello from 93.184.216.34\n"),
    ("name-same", "hello from 93.184.216.34\n"), ("name-many", "hello from 93.184.216.34\n"),
    ("name-dead6", "hello from 93.184.216.34\n"), ("name-dead4", "hello from 93.184.216.34\n"),
    ("name-slow", "hello from 93.184.216.34\n"), ("name-silent", "hello from 93.184.216.34\n"),
    ("moving", "hello from 93.184.216.34\nhello from 93.184.216.36\nhello from 93.184.216.34\n"),
    // Name servers that do not answer, fail, lead in a circle, lie, or send what is no answer.
    ("lookup-never", "no address -3\nin time\n"), ("lookup-failing", "no address -3\nin time\n"),
    ("lookup-circle", "no address -3\nin time\n"), ("lookup-liar", "no address -3\nin time\n"),
    ("lookup-broken", "no address -3\nin time\n"), ("lookup-missing", "no address -2\nin time\n"),
    ("lookup-without-server", "no address -3\nin time\n"), ("lookup-dead-server", "no address -3\nin time\n"),
  ])
  func reachesWhatIsListed(name: String, output: String) throws {
    let step = try EgressWorld.step(name)
    #expect(step.status == 0, "\(step)")
    #expect(step.output == output, "\(step)")
  }

  /// Each ends with 0 when it did not get out, and with something else when it did or could not be made.
  @Test(arguments: EgressWorld.tries) func staysInside(name: String) throws {
    let step = try EgressWorld.step(name)
    #expect(step.status == 0, "\(step)")
    #expect(!step.output.contains("GOT OUT"), "\(step)")
  }

  @Test func triesAreManyAndInTheSpecification() throws {
    #expect(EgressWorld.tries.count >= 25)
    let text = try String(contentsOfFile: Locations.repository + "/spec/egress.md", encoding: .utf8)
    let rows = text.split(separator: "## Tries to get out")[1].split(separator: "\n").filter { $0.hasPrefix("| `") }
    let named = rows.flatMap { row in
      row.split(separator: "|")[0].split(separator: ",").map { $0.trimmingCharacters(in: ["`", " "]) }
    }
    let made = EgressWorld.tries.map { $0.replacing(/^(try_|reach-)/, with: "") }.filter { $0 != "reach" }
    #expect(named.sorted() == made.sorted())
  }

  @Test func leavesNoPacketForAForbiddenName() throws {
    let world = try EgressWorld.outcome.get()
    #expect(world.packets.contains("93.184.216.34"), "the eye sees nothing")
    #expect(world.packets.filter { $0.contains("93.184.216.35") || $0.contains("2606:2800:220:1::35") } == [])
    #expect(world.packets.filter { $0.hasPrefix("10.") || $0.hasPrefix("169.254.") || $0.hasPrefix("100.64.") } == [])
    #expect(world.questions.contains("allowed.example"))
    #expect(world.questions.filter { $0.contains("forbidden") } == [])
  }

  @Test func survivesTheLossOfTheBroker() throws {
    let killed = try EgressWorld.step("killed")
    #expect(killed.output.contains("hello"), "\(killed)")
    #expect(killed.output.contains("failed:"), "\(killed)")
    #expect(killed.output.hasSuffix("held\n"), "\(killed)")
    #expect(killed.errors.contains("the egress broker has ended"), "\(killed)")
    let stopped = try EgressWorld.step("stopped")
    #expect(stopped.output.hasSuffix("held\n"), "\(stopped)")
  }

  @Test func explainsDenials() throws {
    let name = try EgressWorld.step("denied-name")
    #expect(name.status != 0)
    #expect(name.errors.contains("denied resolve(forbidden.example) = NXDOMAIN: curl:"), "\(name)")
    #expect(name.errors.contains(#"`net: {allowed_hosts: ["forbidden.example"]}`"#), "\(name)")
    let port = try EgressWorld.step("denied-port")
    #expect(port.errors.contains("denied connect(allowed.example, 22) = EACCES: curl:"), "\(port)")
    #expect(port.errors.contains(#"`net: {allowed_hosts: ["allowed.example:22"]}`"#), "\(port)")
    let datagram = try EgressWorld.step("try_udp")
    #expect(datagram.errors.contains("connect(93.184.216.35, 53) = EACCES"), "\(datagram)")
    #expect(datagram.errors.contains("UDP goes to the resolver alone"), "\(datagram)")
  }

  @Test func logsConnections() throws {
    _ = try EgressWorld.step("curl")
    let lines = try EgressWorld.log("curl")
    let line = try #require(lines.first)
    #expect(line["name"] as? String == "allowed.example")
    #expect(line["address"] as? String == "2606:2800:220:1::34")
    #expect(line["port"] as? Int == 80)
    #expect(line["verdict"] as? String == "allowed")
    #expect((line["sent"] as? Int ?? 0) > 50)
    #expect((line["received"] as? Int ?? 0) > 50)
    let denied = try EgressWorld.log("denied-name")
    #expect(denied.map { $0["verdict"] as? String } == ["denied"])
  }

  @Test(arguments: [
    ("tls_whole", "shook hands\n"), ("tls_pieces", "shook hands\n"), ("tls_other_name", "refused\n"),
    ("tls_nothing", "refused\n"),
  ])
  func checksTheServerName(name: String, output: String) throws {
    let step = try EgressWorld.step(name)
    #expect(step.output.hasSuffix(output), "\(step)")
  }

  @Test func hasTheBrokersFilterFromItsProfile() {
    for architecture in ["aarch64", "riscv64", "x86_64"] {
      let outcome = run([
        Locations.locara, "seccomp", "compile", Locations.fixture("egress/broker.json"), "--arch", architecture,
        "--format", "c", "--name", "broker_filter",
      ])
      #expect(outcome.status == 0, "\(outcome)")
      expectGolden(outcome.output, "../Sources/Runner/CEgress/filters/\(architecture).h")
    }
  }

  @Test func publishesAPort() throws {
    let step = try EgressWorld.step("server")
    #expect(step.output == "served\n", "\(step)")
    #expect(step.fetched.hasSuffix("from the app\n"), "\(step)")
    #expect(try EgressWorld.log("server").contains { $0["verdict"] as? String == "accepted" })
  }
}

/// The app, its world and everything that was done in it, once for all tests.
enum EgressWorld {
  struct Step: CustomStringConvertible, Sendable {
    var status: Int
    var output: String
    var errors: String
    var fetched: String
    var description: String { "status \(status)\n--- output\n\(output)--- errors\n\(errors)" }
  }

  struct Outcome: Sendable {
    var steps: [String: Step]
    var packets: [String]
    var questions: [String]
  }

  struct Problem: Error, CustomStringConvertible { var description: String }

  static let world = World("egress")

  /// The names of the functions of `tries.py` that try to get out, and the hosts with addresses that are not on the Internet.
  static let tries: [String] = {
    let source = (try? String(contentsOfFile: Locations.fixture("egress/tries.py"), encoding: .utf8)) ?? ""
    let functions = source.matches(of: /def (try_\w+)\(\)/).map { String($0.output.1) }
    return functions + special.map { "reach-\($0)" }
  }()

  private static let special = [
    "private", "loopback", "metadata", "shared", "mapped", "linklocal", "unique", "translated",
  ]

  static func step(_ name: String) throws -> Step {
    guard let step = try outcome.get().steps[name] else { throw Problem(description: "no step \(name)") }
    return step
  }

  static func log(_ name: String) throws -> [[String: Any]] {
    let text = try String(contentsOfFile: world.directory("log-\(name)"), encoding: .utf8)
    return try text.split(separator: "\n").map {
      try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any] ?? [:]
    }
  }

  static let outcome: Result<Outcome, any Error> = Result { try make() }

  private static func make() throws -> Outcome {
    let plain = try build("tries", requiresTLS: false)
    let secure = try build("secure", requiresTLS: true)
    var steps: [[String: Any]] = []
    func step(_ name: String, _ words: [String], _ more: [String: Any] = [:], app: String = plain) {
      let log = world.directory("log-\(name)")
      let command = [Locations.locara, "run", app, "--egress", log, "--"] + words
      steps.append(["name": name, "command": command].merging(more) { $1 })
    }
    func python(_ name: String, _ words: String...) { step(name, ["python3", "tries.py"] + words) }

    for client in [
      "urllib_client", "requests_client", "websocket_client", "raw_client", "asyncio_client", "epoll_first",
      "both_versions", "back_pressure", "long_lived", "moving",
    ] { python(client, client) }
    python("many", "many", "1000")
    step("curl", ["curl", "-sS", "http://allowed.example/"])
    step("curl-tls", ["curl", "-sS", "https://same.wild.example/"])
    step("literal", ["curl", "-sS", "http://93.184.216.37/"])
    step("only6", ["curl", "-sS", "http://only6.wild.example/"])
    step("static", ["/app/bin/static", "allowed.example"])
    step("git", ["sh", "-c", "git clone -q https://allowed.example/repository /tmp/r && cat /tmp/r/file"])
    for name in ["alias", "bare", "same", "many", "dead6", "dead4", "slow"] {
      step("name-\(name)", ["curl", "-sS", "http://\(name).wild.example/"])
    }
    for name in ["never", "failing", "circle", "missing", "liar", "broken"] {
      python("lookup-\(name)", "failing_lookup", "\(name).wild.example")
    }
    step("name-silent", ["curl", "-sS", "http://silent.wild.example:7002/"])
    for (name, resolver) in [("without-server", ""), ("dead-server", "nameserver 93.184.216.99\n")] {
      step("lookup-\(name)", ["python3", "tries.py", "failing_lookup", "allowed.example"], ["resolver": resolver])
    }
    for name in tries where name.hasPrefix("try_") { python(name, name) }
    for name in special { python("reach-\(name)", "try_reach", "\(name).wild.example") }
    for name in ["tls_whole", "tls_pieces", "tls_other_name", "tls_nothing"] {
      step(name, ["python3", "tries.py", name], app: secure)
    }
    step("denied-name", ["curl", "-sS", "http://forbidden.example/"])
    step("denied-port", ["curl", "-sS", "http://allowed.example:22/"])
    step("killed", ["python3", "tries.py", "stay", "2"], ["during": ["SIGKILL"]])
    step("stopped", ["python3", "tries.py", "stay", "2"], ["during": ["SIGSTOP", "sleep 2", "SIGCONT"]])
    step("server", ["python3", "tries.py", "server", "8090"], ["during": ["fetch 8090"]])

    let request = try JSONSerialization.data(
      withJSONObject: ["steps": steps, "certificates": world.directory("certificates")])
    let run = world.command(
      ["/usr/bin/python3", Locations.fixture("egress/world.py")], input: Array(request), timeout: 240)
    guard run.status == 0, let document = try JSONSerialization.jsonObject(with: Data(run.bytes)) as? [String: Any],
      let results = document["results"] as? [String: [String: Any]]
    else { throw Problem(description: "\(run)") }
    return Outcome(
      steps: results.mapValues {
        Step(
          status: $0["status"] as? Int ?? -1, output: $0["output"] as? String ?? "",
          errors: $0["errors"] as? String ?? "", fetched: $0["fetched"] as? String ?? "")
      },
      packets: document["packets"] as? [String] ?? [], questions: document["questions"] as? [String] ?? [])
  }

  /// The bundle of the test app: clients of the machine, its own script, and a static program.
  private static func build(_ name: String, requiresTLS: Bool) throws -> String {
    let place = world.directory("app")
    func command(_ words: String...) throws {
      let outcome = world.command(words)
      guard outcome.status == 0 else { throw Problem(description: "\(outcome)") }
    }
    try command("mkdir", "-p", "\(place)/bin", "\(place)/git")
    try command("cp", Locations.fixture("egress/tries.py"), place)
    try command("cc", "-static", "-O2", "-w", "-o", "\(place)/bin/static", Locations.fixture("egress/static.c"))
    // Git starts these by its own directory of programs; an app may start only what it names.
    try command("cp", "-L", "/usr/lib/git-core/git-remote-https", "/usr/lib/git-core/git-http-fetch", "\(place)/git")
    try command("cp", "/usr/bin/git", "\(place)/git/git")
    try command(
      "/usr/bin/python3", Locations.fixture("egress/world.py"), "certificates", world.directory("certificates"))
    try command("cp", world.directory("certificates/certificate.pem"), "\(place)/certificate.pem")
    world.directory.write(
      """
      export GIT_EXEC_PATH=/app/git GIT_SSL_CAINFO=/app/certificate.pem CURL_CA_BUNDLE=/app/certificate.pem
      exec "$@"

      """, to: "app/run.sh")
    world.directory.write(
      """
      schema: locara/v1
      name: \(name)
      publisher: acme
      version: 0.1.0
      displayName: Tries
      description: Reaches what it may reach, and tries to reach more.
      license: Apache-2.0
      category: developer-tools
      capabilities:
        net:
          allowed_hosts: [allowed.example, "other.example:8080", "*.wild.example", "93.184.216.37:80"]
          allowed_ports: [80, 443, 7000, 7001, 7002, 8081]
          require_tls: \(requiresTLS)
          listen: ["127.0.0.1:8090"]
        process:
          spawn: [curl, python3, sh, git, cat, bin/static, git/git-remote-https, git/git-http-fetch, git/git]
      entry: {command: [sh, run.sh]}
      runtime: host
      files: [run.sh, tries.py, bin/static, git/*, certificate.pem]
      limits: {open-files: 20000, processes: 4096}

      """, to: "app/locara.yaml")
    let bundle = world.directory("\(name).locapp")
    try command(Locations.locara, "build", "\(place)/locara.yaml", "-o", bundle)
    return bundle
  }
}

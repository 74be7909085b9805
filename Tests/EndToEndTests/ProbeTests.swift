import TestSupport
import Testing

/// `locara test` asks the kernel: each statement is tried in the sandbox that the compiled artifacts make.
@Suite struct ProbeTests {
  /// Statements with the capabilities that they are about, of which every one can be tried.
  struct Case: Sendable, CustomTestStringConvertible {
    var name: String
    var capabilities: String
    var allow: [String] = []
    var deny: [String] = []
    var testDescription: String { name }
  }

  static let cases = [
    Case(
      name: "data that may be written", capabilities: "{fs: {app-data: read-write}}",
      allow: ["read app-data/a/b", "write app-data/a/b", "create app-data/new/file", "remove app-data/old"]),
    Case(
      name: "data that may be read", capabilities: "{fs: {app-data: read}}", allow: ["read app-data/a"],
      deny: ["write app-data/a", "create app-data/b", "remove app-data/a"]),
    Case(
      name: "the user's files", capabilities: "{fs: {user-paths: {documents: read}}}",
      allow: ["read documents/a.txt"],
      deny: [
        "write documents/a.txt", "create documents/b.txt", "remove documents/a.txt", "read pictures/a.png",
        "read ~/.ssh/id_ed25519", "read host/etc/hostname",
      ]),
    Case(
      name: "files that are handed over", capabilities: "{fs: {user-selected: read-write}}",
      allow: ["read user-selected/a"]),
    Case(name: "no files that are handed over", capabilities: "{}", deny: ["read user-selected/a"]),
    Case(
      name: "the app's own files", capabilities: "{}", allow: ["read app/bin/small"],
      deny: ["write app/bin/small", "remove app/bin/small", "create app/bin/other"]),
    Case(
      name: "no network", capabilities: "{net: false}",
      deny: ["connect example.com:443", "connect udp example.com:53", "connect 1.1.1.1:53", "listen loopback:8080"]),
    Case(
      name: "the whole network", capabilities: "{net: true}",
      allow: ["connect example.com:443", "connect udp example.com:53", "connect 1.1.1.1:53"],
      deny: ["listen any:8080"]),
    Case(
      name: "programs", capabilities: "{process: {spawn: [git, bin/tool]}}", allow: ["spawn git", "spawn bin/tool"],
      deny: ["spawn python3", "spawn bin/other"]),
    Case(name: "no programs", capabilities: "{}", allow: ["start thread"], deny: ["spawn git", "spawn bin/tool"]),
    Case(name: "no threads", capabilities: "{process: {threads: false}}", deny: ["start thread"]),
    Case(
      name: "variables", capabilities: "{environment: [LANG]}", allow: ["environment LANG"],
      deny: ["environment TZ", "environment SECRET_TOKEN"]),
    Case(
      name: "talking to other programs", capabilities: "{ipc: {shared-memory: true}}", allow: ["ipc shared-memory"],
      deny: ["ipc dbus", "ipc wayland"]),
    Case(name: "no shared memory", capabilities: "{}", deny: ["ipc shared-memory"]),
  ]

  private func manifest(_ test: Case) -> String {
    func list(_ name: String, _ statements: [String]) -> String {
      statements.isEmpty ? "" : "    \(name): [\(statements.map { "\"\($0)\"" }.joined(separator: ", "))]\n"
    }
    return BadManifestTests.good
      + "capabilities: \(test.capabilities)\ntests:\n  - name: \(test.name)\n\(list("allow", test.allow))\(list("deny", test.deny))"
  }

  private func write(_ text: String, in world: World) -> String {
    for name in ["small", "tool"] { world.directory.write("a program\n", to: "app/bin/\(name)") }
    return world.directory.write(text, to: "app/locara.yaml")
  }

  @Test(arguments: cases) func theKernelAgreesWithThePolicy(test: Case) {
    let world = World("probe")
    let before = entries(below: world.home)
    let outcome = world.locara("test", write(manifest(test), in: world))
    expectSuccess(outcome)
    let lines = outcome.output.split(separator: "\n").map(String.init)
    for (statement, verb, answer) in test.allow.map({ ($0, "allow", "permits") })
      + test.deny.map({ ($0, "deny", "refuses") })
    {
      let index = lines.firstIndex(of: "ok   \(test.name): \(verb) \(statement)")
      let next = index.map { lines[$0 + 1] } ?? ""
      #expect(next.hasPrefix("ok     the kernel \(answer) it: "), "\(statement): \(outcome)")
    }
    // The user's own home is not what is tried on.
    #expect(entries(below: world.home) == before)
  }

  /// The policy draws a line that no mount and no Landlock rule can: the statement holds of the policy, and not of what
  /// the kernel enforces.
  @Test func whatIsOverApproximatedFails() {
    let world = World("wide")
    let text = manifest(
      Case(
        name: "only the notes", capabilities: "{fs: {read: [\"~/Documents/*/notes.txt\"]}}",
        allow: ["read ~/Documents/a/notes.txt"], deny: ["read ~/Documents/a/secret.txt"]))
    let outcome = world.locara("test", write(text, in: world))
    #expect(outcome.status == 65, "\(outcome)")
    #expect(
      outcome.output.contains("ok   only the notes: deny read ~/Documents/a/secret.txt\nFAIL   the kernel permits it"))
    // The policy alone sees nothing of it.
    expectSuccess(world.locara("test", "--policy-only", world.directory("app/locara.yaml")))
  }

  @Test func whatCannotBeTriedSaysWhy() {
    let world = World("untried")
    let text = manifest(
      Case(
        name: "untried", capabilities: "{fs: {app-data: read}}", allow: [],
        deny: [
          "use camera", "notify alert", "background active", "serve mcp-stdio", "remove host/etc/passwd",
          "read host/nowhere", "environment PATH", "listen any:80",
        ]))
    let outcome = world.locara("test", write(text, in: world), "--format", "json")
    expectSuccess(outcome)
    let answer = run(
      [
        "/usr/bin/python3", "-c",
        "import json, sys; d = json.load(sys.stdin); print(d['format']); "
          + "[print(s['statement'], s['policy'], s['kernel'], bool(s.get('notTried'))) for s in d['statements']]",
      ], input: outcome.bytes)
    let lines = answer.output.split(separator: "\n").map(String.init)
    #expect(lines.first == "locara-tests/1", "\(answer)")
    #expect(lines.count == 9)
    for line in lines.dropFirst() where !line.hasPrefix("use camera") {
      #expect(line.hasSuffix("True None True"), "\(line)")
    }
  }

  /// An app that listens has sockets of the machine's kind, and its own loopback address answers: nothing is learnt there.
  @Test func connectingIsNotTriedForAnAppThatListens() {
    let world = World("listening")
    let text = manifest(
      Case(
        name: "listening", capabilities: "{net: {listen: ['127.0.0.1:8080']}}", allow: ["listen loopback:8080"],
        deny: ["connect example.com:443"]))
    let outcome = world.locara("test", write(text, in: world))
    expectSuccess(outcome)
    #expect(outcome.output.contains("deny connect example.com:443\n"), "\(outcome)")
    #expect(outcome.output.contains("an app that listens may connect to itself"), "\(outcome)")
  }
}

import Diagnostics
import Digests
import Lowering
import PolicyIR
import Testing

@Suite struct LoweringTests {
  private func run(_ text: String, lock: [ModelPin]? = nil, files: [String]? = nil) -> (CompilerOutput, Source) {
    let source = Source(path: "/home/ada/locara.yaml", bytes: Array((ManifestTests.identity + text).utf8))
    return (compile(CompilerInput(manifest: source, lock: lock, files: files)), source)
  }

  private func authority(_ text: String) throws -> Authority {
    let (output, _) = run(text)
    #expect(output.diagnostics.filter { $0.severity == .error } == [])
    return try #require(output.policy).policy.authority
  }

  private func marks(_ text: String, lock: [ModelPin]? = nil, files: [String]? = nil) -> [String] {
    let (output, source) = run(text, lock: lock, files: files)
    return output.diagnostics.map { "\($0.code) \(source.text($0.primary.span))" }
  }

  private func permits(_ authority: Authority, _ text: String) throws -> Bool {
    authority.permits(try #require(Operation(text)))
  }

  @Test func silenceIsTheDefault() throws {
    let authority = try authority("")
    for permitted in ["read app/main.py", "write app-data/a", "create app-data/b/c", "start thread"] {
      #expect(try permits(authority, permitted), "\(permitted)")
    }
    for denied in [
      "write app/main.py", "read models/m/x", "read home/a", "read host/etc/passwd", "read user-selected/a",
      "connect example.com:443", "connect 1.1.1.1:53", "listen loopback:80", "spawn sh", "use microphone",
      "ipc dbus", "environment HOME", "notify alert", "background passive", "serve mcp-stdio",
    ] {
      #expect(try !permits(authority, denied), "\(denied)")
    }
    #expect(authority.isFullyLocal)
  }

  @Test func everyGrantPermitsWhatItSaysAndNothingBeside() throws {
    let cases: [(String, [String], [String])] = [
      ("net: true", ["connect a.b:1", "connect udp 1.1.1.1:53", "connect [2001:db8::1]:9"], ["listen loopback:1"]),
      (
        "net: {allowed_hosts: ['*.example.com', api.test:8443, 10.0.0.0/8], allowed_ports: [443, 8000-8001]}",
        [
          "connect a.example.com:443", "connect b.a.example.com:8001", "connect api.test:8443", "connect 10.1.2.3:8000",
        ],
        [
          "connect example.com:443", "connect api.test:443", "connect 11.0.0.1:443", "connect a.example.com:80",
          "connect udp a.example.com:443",
        ]
      ),
      ("net: {listen: ['127.0.0.1:8080']}", ["listen loopback:8080"], ["listen any:8080", "listen loopback:80"]),
      ("net: {listen: ['0.0.0.0:80']}", ["listen loopback:80", "listen any:80"], ["listen any:81"]),
      ("fs: {app-data: read}", ["read app-data/a"], ["write app-data/a", "create app-data/a"]),
      ("fs: {app-data: false}", [], ["read app-data/a"]),
      ("fs: {user-selected: read-write}", ["remove user-selected/a"], ["read home/a"]),
      ("fs: {user-paths: {documents: read}}", ["read documents/a/b"], ["write documents/a", "read music/a"]),
      (
        "fs: {read: ['~/a/*/b', '/srv/x/**', '~/f']}", ["read home/a/q/b", "read host/srv/x/y/z", "read home/f"],
        ["read home/a/b", "read home/a/q/c/b", "read home/f/g", "write home/f"]
      ),
      ("fs: {write: ['~/out/**']}", ["create home/out/a", "remove home/out/a/b"], ["write home/other"]),
      ("device: {camera: true, gpu: false}", ["use camera"], ["use gpu"]),
      ("process: {spawn: [bin/x, sh], threads: false}", ["spawn bin/x", "spawn sh"], ["spawn bash", "start thread"]),
      ("ipc: {shared-memory: true}", ["ipc shared-memory"], ["ipc dbus", "ipc wayland"]),
      ("environment: [LANG]", ["environment LANG"], ["environment TZ"]),
      ("tools: {mcp: stdio}", ["serve mcp-stdio"], []), ("tools: {mcp: false}", [], ["serve mcp-stdio"]),
      ("background: {mode: active}", ["background active", "background passive"], []),
      ("background: {mode: passive}", ["background passive"], ["background active"]),
      ("notifications: {modes: [badge]}", ["notify badge"], ["notify alert"]),
    ]
    for (text, permitted, denied) in cases {
      let authority = try authority("capabilities: {\(text)}")
      for operation in permitted { #expect(try permits(authority, operation), "\(text): \(operation)") }
      for operation in denied { #expect(try !permits(authority, operation), "\(text): \(operation)") }
    }
  }

  @Test func spellingNeverReachesThePolicy() throws {
    let one = try #require(run("capabilities: {net: false, fs: {app-data: read-write}, environment: [A, B]}").0.policy)
    let two = try #require(run("capabilities:\n  environment: ['B', \"A\"]\n").0.policy)
    #expect(one == two)
    #expect(one.policy.canonicalBytes == two.policy.canonicalBytes)
  }

  @Test func modalitiesGrantAndSayWhere() throws {
    let pin = ModelPin(
      id: "m", role: "speech-to-text", source: "hf:a/b", revision: "c",
      files: [ModelPin.File(path: "w", size: 1, digest: Digest.of([1]))], license: "")
    let text =
      "modalities: [speech-to-text]\nmodels: [{id: m, role: speech-to-text, source: hf:a/b@main, files: [w]}]\n"
    let (output, _) = run(text, lock: [pin])
    #expect(output.diagnostics == [])
    let origins = output.origins.origins(of: .use(.microphone))
    #expect(origins.map(\.reason) == ["implied by modality speech-to-text at line 6"])
    #expect(origins.map(\.path) == ["locara.yaml"])
    #expect(output.policy?.policy.models.map(\.id) == ["m"])
    #expect(marks("modalities: [speech-to-text]") == ["LM070 speech-to-text"])
  }

  @Test(arguments: [
    ("tooling: [vector.search]", "storage: {schema: db/schema.sql}"),
    ("tooling: [net.fetch]", "capabilities: {net: {allowed_hosts: [api.example.com]}}"),
    ("tooling: [audio.record]", "capabilities: {device: {microphone: true}}"),
    (
      "tooling: [file.write]\ncapabilities: {fs: {user-selected: read}}",
      "capabilities: {fs: {user-selected: read-write}}"
    ),
    ("tooling: [mcp.server]", "capabilities: {tools: {mcp: stdio}}"),
    ("tooling: [process.spawn]", "capabilities: {process: {spawn: [bin/helper]}}"),
    ("tooling: [notify]", "capabilities: {notifications: {modes: [alert]}}"),
    ("tooling: [net.serve]", "capabilities: {net: {listen: [\"127.0.0.1:8080\"]}}"),
  ])
  func toolingNamesTheMissingLine(_ text: String, _ line: String) {
    let found = run(text).0
    #expect(found.diagnostics.map(\.code) == ["LM073"])
    #expect(found.diagnostics.first?.notes.first == "add `\(line)`")
    #expect(found.policy == nil)
  }

  @Test func theNamedLineIsEnough() throws {
    for (tool, line) in [
      ("net.fetch", "net: {allowed_hosts: [api.example.com]}"), ("audio.record", "device: {microphone: true}"),
      ("file.write", "fs: {user-selected: read-write}"), ("process.spawn", "process: {spawn: [helper]}"),
      ("net.serve", "net: {listen: ['127.0.0.1:8080']}"), ("mcp.server", "tools: {mcp: stdio}"),
    ] {
      #expect(run("tooling: [\(tool)]\ncapabilities: {\(line)}").0.policy != nil, "\(tool)")
    }
  }

  @Test func aToolNeverExceedsItsApp() {
    let tool = "tools: [{name: t, command: [sh], capabilities: {net: {allowed_hosts: [a.example]}}}]"
    let (output, source) = run(tool)
    let problem = output.diagnostics.first { $0.code == "LM074" }
    #expect(problem?.primary.text == "permits `connect tcp a.example:443`")
    #expect(problem.map { source.text($0.primary.span) } == "a.example")
    #expect(marks("capabilities: {net: true}\n" + tool) == [])
    #expect(
      marks("limits: {memory: 1GiB}\ntools: [{name: t, command: [sh], limits: {memory: 2GiB}}]")
        == ["LM075 2GiB"])
    #expect(
      marks("tools: [{name: t, command: [sh]}, {name: t, command: [sh]}]") == ["LM072 t"])
  }

  @Test func testsAreEvaluatedAgainstThePolicy() {
    #expect(marks("tests: [{name: a, deny: ['connect example.com:443'], allow: ['write app-data/x']}]") == [])
    #expect(marks("tests: [{name: a, allow: ['connect example.com:443']}]") == ["LM076 'connect example.com:443'"])
    let (output, source) = run(
      "capabilities: {fs: {user-paths: {documents: read}}}\ntests: [{name: a, deny: ['read ~/Documents/x']}]")
    #expect(output.diagnostics.map(\.code) == ["LM076"])
    #expect(output.diagnostics.first?.secondary.map { source.text($0.span) } == ["read"])
    #expect(marks("tests: [{name: a}]") == ["LM077 a"])
  }

  /// What an alias names is written before what was read already.
  @Test func everyStatementIsAskedBesideAliases() {
    let kept = "['write app-data/a', 'write app-data/b', 'write app-data/c']"
    let tests = (1...4).map { number in
      "  - {name: t\(number), allow: \(number == 1 ? "&kept \(kept)" : "*kept"), deny: ['read app/\(number)']}\n"
    }
    #expect(marks("tests:\n" + tests.joined()) == (1...4).map { "LM076 'read app/\($0)'" })
    // And what it names is asked each time.
    let denied = "tests:\n  - {name: a, deny: ['read ~/x'], allow: &wrong ['read ~/y']}\n  - {name: b, allow: *wrong}\n"
    #expect(marks(denied) == ["LM076 'read ~/y'", "LM076 'read ~/y'"])
  }

  @Test func modelsNeedALockThatFits() {
    let model = "modalities: [text-to-text]\nmodels: [{id: m, role: text-to-text, source: hf:a/b@main, files: [w]}]"
    func pin(_ source: String = "hf:a/b", _ files: [String] = ["w"]) -> ModelPin {
      ModelPin(
        id: "m", role: "text-to-text", source: source, revision: "r",
        files: files.map { ModelPin.File(path: $0, size: 1, digest: Digest.of([1])) }, license: "")
    }
    #expect(marks(model) == ["LM080 m"])
    #expect(marks(model, lock: []) == ["LM080 m"])
    #expect(marks(model, lock: [pin()]) == [])
    #expect(marks(model, lock: [pin("hf:x/y")]) == ["LM081 hf:a/b@main"])
    #expect(marks(model, lock: [pin("hf:a/b", ["w", "v"])]) == ["LM081 m"])
    #expect(marks(model, lock: [pin("hf:a/b", ["v"])]) == ["LM081 w"])
  }

  @Test func whatIsReferredToMustBeInTheBundle() {
    #expect(marks("", files: ["bin/app"]) == [])
    #expect(marks("", files: ["bin/ap"]) == ["LM084 bin/app"])
    #expect(marks("files: [bin/*, lib/**]", files: ["bin/app"]) == ["LM085 lib/**"])
    #expect(marks("capabilities: {process: {spawn: [bin/x, sh]}}", files: ["bin/app"]) == ["LM084 bin/x"])
  }

  @Test func aMistakeDoesNotCascade() {
    // The grant that tooling needs is there, misspelt: only the misspelling is reported.
    #expect(marks("tooling: [net.fetch]\ncapabilities: {nett: true}") == ["LM001 nett"])
    #expect(marks("tests: [{name: a, allow: ['use camera']}]\ncapabilities: {device: {camera: yes}}") == ["LM002 yes"])
  }

  @Test func limitsAreInUnitsOfTheirResource() throws {
    let policy = try #require(run("limits: {memory: 1.5GiB, cpu: 0.5, processes: 3, wall-time: 1h30m}").0.policy).policy
    #expect(policy.limits[.memory] == 1_610_612_736)
    #expect(policy.limits[.cpu] == 500)
    #expect(policy.limits[.processes] == 3)
    #expect(policy.limits[.wallTime] == 5_400_000)
    #expect(policy.limits[.openFiles] == 1024)
  }
}

import TestSupport
import Testing

/// hello-c from its manifest to its sandbox: what a permitted program can do.
@Suite struct HelloTests {
  @Test func builds() {
    expectSuccess(Hello.built.outcome)
    #expect(contents(of: Hello.built.bundle) != nil)
  }

  @Test func greets() {
    let outcome = Hello.run("greet", "Ada")
    expectSuccess(outcome)
    #expect(outcome.output == "Hello, Ada!\n")
    #expect(outcome.errors == "")
  }

  @Test func passesArgumentsAsTheyAre() {
    let words = ["", " ", "two words", "--help", "-x", "a\nb", "é ü 漢", "$HOME", "'\"\\"]
    let outcome = Hello.built.world.locara(["run", Hello.built.bundle, "--", "args"] + words)
    expectSuccess(outcome)
    #expect(outcome.output == words.map { $0 + "\n" }.joined())
  }

  @Test func passesTheStreams() {
    let outcome = Hello.run("cat", input: Array("in\nand out\n".utf8))
    expectSuccess(outcome)
    #expect(outcome.output == "in\nand out\n")
  }

  @Test(arguments: [0, 1, 2, 7, 64, 65, 124, 126, 200, 255] as [Int32])
  func passesTheExitStatus(status: Int32) {
    let outcome = Hello.run("exit", "\(status)")
    #expect(outcome.status == status, "\(outcome)")
    #expect(outcome.output == "")
  }

  /// SIGHUP, SIGINT, SIGABRT, SIGKILL, SIGSEGV, SIGTERM: 128 + n, as shells say it.
  @Test(arguments: [1, 2, 6, 9, 11, 15] as [Int32])
  func passesTheSignal(signal: Int32) {
    let outcome = Hello.run("signal", "\(signal)")
    #expect(outcome.status == 128 + signal, "\(outcome)")
  }

  @Test func keepsDataBetweenRuns() {
    let world = World("keep")
    expectSuccess(Hello.run("keep", "greeting.txt", "kept", world: world))
    let outcome = Hello.run("show", "greeting.txt", world: world)
    expectSuccess(outcome)
    #expect(outcome.output == "kept")
    // Another user has another data directory.
    #expect(Hello.run("show", "greeting.txt", world: World("other")).output == "denied ENOENT\n")
  }

  @Test func seesOnlyTheEnvironmentThatItMay() {
    let outcome = Hello.run(
      "env",
      environment: ["LANG": "C.UTF-8", "SECRET": "hunter2", "LD_PRELOAD": nil, "TZ": "Asia/Tokyo", "http_proxy": "x"])
    expectSuccess(outcome)
    let variables = outcome.output.split(separator: "\n").map(String.init)
    #expect(variables.contains("LANG=C.UTF-8"))
    #expect(variables.contains("LOCARA_DATA=/data"))
    let names = Set(variables.compactMap { $0.split(separator: "=").first.map(String.init) })
    #expect(names.isDisjoint(with: ["SECRET", "TZ", "http_proxy", "XDG_DATA_HOME"]), "\(outcome)")
    #expect(!outcome.output.contains(Hello.built.world.home), "\(outcome)")
  }

  @Test func getsNoDescriptorButTheStreams() {
    let script = "exec 5</etc/passwd 7</ 9>/dev/null; exec \"$@\""
    let outcome = Hello.built.world.command(
      ["/bin/bash", "-c", script, "bash", Locations.locara, "run", Hello.built.bundle, "--", "fds"])
    expectSuccess(outcome)
    #expect(outcome.output == "0\n1\n2\n")
  }

  @Test func isAloneInItsNamespaces() throws {
    let outcome = Hello.run("id")
    expectSuccess(outcome)
    let facts = Dictionary(
      uniqueKeysWithValues: outcome.output.split(separator: "\n").compactMap { line in
        line.firstIndex(of: " ").map { (String(line[..<$0]), String(line[line.index(after: $0)...])) }
      })
    #expect(facts["no_new_privs"] == "1")
    let process = try #require(facts["pid"].flatMap { Int($0) })
    #expect(process < 10, "not in a pid namespace of its own: \(outcome)")
  }

  @Test(arguments: [("as", "268435456"), ("core", "0"), ("nofile", "64"), ("nproc", "16"), ("fsize", "16777216")])
  func hasTheLimits(resource: String, value: String) {
    let outcome = Hello.run("limit", resource)
    expectSuccess(outcome)
    #expect(outcome.output == "\(value) \(value)\n")
  }

  @Test func stopsAtItsLimits() {
    #expect(Hello.run("allocate", "64").output == "ok\n")
    #expect(Hello.run("allocate", "1024").output == "denied ENOMEM\n")
    #expect(Hello.run("fill", "large", "8").output == "ok\n")
    #expect(Hello.run("fill", "large", "32").output.hasPrefix("denied "))
  }

  @Test func runsManyAtOnce() async {
    let statuses = await withTaskGroup(of: String.self) { group in
      for number in 0..<16 { group.addTask { Hello.run("greet", "\(number)").output } }
      return await group.reduce(into: Set<String>()) { $0.insert($1) }
    }
    #expect(statuses == Set((0..<16).map { "Hello, \($0)!\n" }))
  }

  @Test func leavesNoProcessBehind() {
    let marker = "31\(UInt32.random(in: 100_000...999_999))"
    let outcome = Hello.built.world.command(
      ["timeout", "-s", "KILL", "1", Locations.locara, "run", Hello.built.bundle, "--", "sleep", marker])
    #expect(outcome.status == 137, "\(outcome)")
    // The kernel ends a pid namespace with its first process; give it a moment.
    let left = run(["bash", "-c", "sleep 0.5; pgrep -f 'sleep \(marker)' | grep -v $$ || true"])
    #expect(left.output == "", "\(left)")
  }
}

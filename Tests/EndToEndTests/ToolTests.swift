import TestSupport
import Testing

/// An app with tools, built once: its program starts them, and they are hello-c, which tries what it is told to.
enum Toolbox {
  static let built: (world: World, bundle: String, outcome: Outcome) = {
    let world = World("toolbox")
    let app = world.directory.copy(Locations.fixture("sandbox/tools"), to: "toolbox")
    world.directory.write(
      contents(of: Locations.fixture("apps/hello-c/src/hello.c")) ?? [], to: "toolbox/src/hello.c")
    let bundle = world.directory("toolbox.locapp")
    return (world, bundle, world.locara("build", "\(app)/locara.yaml", "-o", bundle))
  }()

  /// What the app says when it starts a program, without its first line, which is about itself.
  static func run(_ arguments: String..., environment: [String: String?] = [:]) -> Outcome {
    var outcome = built.world.locara(["run", built.bundle, "--"] + arguments, environment: environment)
    #expect(outcome.output.hasPrefix("app ok ok\n"), "\(outcome)")
    outcome.output = String(outcome.output.drop { $0 != "\n" }.dropFirst())
    return outcome
  }
}

/// A tool runs with its own rights, which are fewer than its app's.
@Suite struct ToolTests {
  @Test func builds() {
    expectSuccess(Toolbox.built.outcome)
    // `tools` and `limits.cpu` are enforced: there is no warning about them.
    #expect(!Toolbox.built.outcome.errors.contains("LM060"), "\(Toolbox.built.outcome)")
    let inspected = Toolbox.built.world.locara("inspect", Toolbox.built.bundle)
    #expect(inspected.output.contains("start tool probe"), "\(inspected)")
    #expect(inspected.output.contains("start bin/probe by its path"), "\(inspected)")
  }

  /// The name is found by PATH, arguments and standard streams pass, and so does the exit status.
  @Test func startsByName() {
    #expect(Toolbox.run("probe", "greet", "tool").output == "Hello, tool!\nexit 0\n")
    #expect(Toolbox.run("probe", "args", "", "a b", "é").output == "\na b\né\nexit 0\n")
    #expect(Toolbox.run("probe", "exit", "42").output == "exit 42\n")
    #expect(Toolbox.run("probe", "signal", "15").output == "signal 15\n")
  }

  /// What the app has and the tool's manifest entry has not.
  @Test(arguments: [
    ["read", "/data/kept"], ["write", "/data/new"], ["list", "/data"], ["socket", "inet"], ["socket", "udp"],
    ["remove", "/data/kept"], ["mkdir", "/data/d"],
  ])
  func hasLessThanItsApp(words: [String]) {
    let outcome = Toolbox.built.world.locara(["run", Toolbox.built.bundle, "--", "probe"] + words)
    #expect(outcome.output.contains("denied E"), "\(outcome)")
    #expect(outcome.output.hasSuffix("exit 13\n"), "\(outcome)")
  }

  /// Another tool of the same program has what its own entry grants, and the arguments that it always gets.
  @Test func hasWhatItsEntryGrants() {
    #expect(Toolbox.run("keeper", "/data/made", "by the tool").output == "ok\nexit 0\n")
    #expect(contents(of: "\(Toolbox.built.world.data)/locara/data/acme/toolbox/made") == Array("by the tool".utf8))
  }

  @Test func getsNoDescriptorOfTheApp() {
    #expect(Toolbox.run("probe", "fds").output == "0\n1\n2\nexit 0\n")
  }

  @Test func hasItsOwnLimits() {
    #expect(Toolbox.run("probe", "limit", "nofile").output == "16 16\nexit 0\n")
    #expect(Toolbox.run("probe", "limit", "fsize").output == "1048576 1048576\nexit 0\n")
    // The app's, where the tool has none of its own.
    #expect(Toolbox.run("probe", "limit", "as").output == "1073741824 1073741824\nexit 0\n")
    #expect(Toolbox.run("keeper", "/data/x", "y").output == "ok\nexit 0\n")
  }

  @Test func hasItsOwnEnvironment() {
    let variables = ["LANG": "C.UTF-8", "TZ": "UTC"] as [String: String?]
    let probe = Toolbox.run("probe", "env", environment: variables).output
    #expect(!probe.contains("LANG=") && !probe.contains("TZ=") && !probe.contains("LOCARA_DATA="), "\(probe)")
    #expect(probe.contains("PATH=/usr/bin:/bin\n") && probe.contains("HOME=/tmp\n"), "\(probe)")
    // What the app adds to its own does not reach a tool either.
    let shell = Toolbox.run("/run/locara/app/bin/probe", "env", environment: variables).output
    #expect(shell.contains("TZ=UTC"), "\(shell)")
  }

  /// The time is kept outside of the tool.
  @Test func endsWhenItsTimeIsOver() {
    let outcome = Toolbox.run("hasty", "sleep", "60")
    #expect(outcome.output == "sleeping\nexit 124\n", "\(outcome)")
    #expect(outcome.errors.contains("its time of 300 ms was over"), "\(outcome)")
    #expect(outcome.seconds < 20)
    #expect(Toolbox.run("hasty", "exit", "3").output == "exit 3\n")
    #expect(Toolbox.run("hasty", "signal", "9").output == "signal 9\n")
  }

  /// What a tool with a time leaves behind would have no time any more.
  @Test func leavesNothingBehind() {
    #expect(Toolbox.run("leaver").output == "exit 5\n")
  }

  /// Started by its path, the program does not run, and everybody learns why.
  @Test func aStartByPathIsDeniedAndExplained() {
    let outcome = Toolbox.run("/app/bin/probe", "greet", "path")
    #expect(outcome.output == "exit 126\n", "\(outcome)")
    #expect(outcome.errors.contains("denied execve(\"/app/bin/probe\") = EACCES"), "\(outcome)")
    #expect(outcome.errors.contains("the tool `hasty`") || outcome.errors.contains("the tool `probe`"), "\(outcome)")
    #expect(outcome.errors.contains("started by its name"), "\(outcome)")
  }

  /// A plan whose policy file is not what the launcher reads, a tool that does not exist: nothing runs.
  @Test func whatIsNoToolIsNotStarted() {
    #expect(Toolbox.run("nothing", "greet").output == "not started ENOENT\nexit 127\n")
    #expect(Toolbox.run("/run/locara/tools/probe", "greet").output == "not started EACCES\nexit 127\n")
    // The app cannot change what its tools are held to.
    #expect(Toolbox.run("/run/locara/app/bin/probe", "write", "/run/locara/tools/probe").output.hasPrefix("denied "))
    #expect(Toolbox.run("/run/locara/app/bin/probe", "write", "/run/locara/bin/probe").output.hasPrefix("denied "))
    #expect(Toolbox.run("/run/locara/app/bin/probe", "remove", "/run/locara/bin/probe").output.hasPrefix("denied "))
  }

  /// The launcher is a program of the installation; without it nothing of the app is started.
  @Test func withoutTheLauncherTheAppIsNotStarted() {
    let world = World("launcherless")
    // So that there is a store, whichever test is first.
    #expect(Toolbox.run("probe", "exit", "0").output == "exit 0\n")
    expectSuccess(
      world.command([
        "/bin/bash", "-ec", "install -D '\(Locations.locara)' bin/locara && cp -al '\(Toolbox.built.world.data)' own",
      ]))
    let outcome = world.command(
      [world.directory("bin/locara"), "run", Toolbox.built.bundle, "--", "probe", "greet"],
      environment: ["XDG_DATA_HOME": world.directory("own")])
    expectRefused(outcome, status: 125, codes: ["LR041"], naming: ["locara-tool"])
    #expect(outcome.output == "", "\(outcome)")
  }
}

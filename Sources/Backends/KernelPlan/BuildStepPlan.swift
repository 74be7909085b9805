package import PolicyIR
internal import SandboxPlan
internal import Seccomp
internal import Structures

extension KernelPlan {
  /// The name under which the runner is given the directory that a build step works in.
  package static let workDirectoryGrant = "work"
  /// Where that directory is inside; the same on every machine, so that it can reach an output without harm.
  package static let workDirectory = "/work"

  /// The plan for one step of a build: the runtime's programs, one directory to work in, and nothing else. No network,
  /// no user data, a fixed environment.
  ///
  /// - Parameters:
  ///   - command: argv; a first element without a slash is a program of the runtime.
  ///   - runtime: that of the app, so that what is built is built with what it will run with.
  package static func buildStep(command: [String], runtime: RuntimeEnvironment) -> KernelPlan {
    var builder = PlanBuilder()
    builder.lowerRuntime(runtime, mayExecuteRuntime: true)
    // What the C library counts processors by; the runner gives a step one.
    builder.mount(PlanMount(.file(content: "0\n"), at: "/sys/devices/system/cpu/online"))
    builder.allow([.readFile, .readDirectory], at: "/sys")
    builder.lowerDevices(.nothing, sharedMemory: false)
    for loader in SandboxLayout.loaders { builder.allow([.execute, .readFile], at: loader, isOptional: true) }
    builder.mount(
      PlanMount(.granted(workDirectoryGrant), at: workDirectory, isReadOnly: false, permitsExecution: true))
    builder.allow(FileAccessSet.readWrite.landlockRights.union(.execute), at: workDirectory)

    let program = command.first ?? ""
    let sandbox = SandboxPlan(
      namespaces: Namespace.allCases, mounts: builder.orderedMounts,
      landlock: LandlockPlan(
        minimumABI: 3, handledFiles: .all, fileRules: builder.fileRules, handledPorts: [.bindTCP, .connectTCP],
        portRules: [], scopes: [.abstractUnixSocket, .signal]),
      filters: [], limits: [ResourceLimit(.core, 0), ResourceLimit(.openFiles, 4096)], wallTime: nil,
      launch: LaunchPlan(
        arguments: [path(ofStep: program)] + command.dropFirst(),
        acceptsArguments: false, workingDirectory: workDirectory, environment: buildEnvironment,
        passedEnvironment: [], streams: .inherit),
      database: nil, enforcement: builder.rows)
    return KernelPlan(
      sandbox: sandbox,
      systemCalls: SystemCallNeeds(
        Authority(process: ProcessAuthority(programs: FiniteSet(["*"]), threads: true))),
      refusals: builder.refusals)
  }

  private static func path(ofStep program: String) -> String {
    if program.hasPrefix("/") { return program }
    return program.contains("/") ? "\(workDirectory)/\(program)" : "/usr/bin/\(program)"
  }

  /// Nothing of the caller's environment reaches a step. `SOURCE_DATE_EPOCH` is what reproducible-builds.org says; it
  /// is the start of 1980, since zip archives know no earlier time.
  private static let buildEnvironment = [
    LaunchPlan.Variable("HOME", workDirectory),
    LaunchPlan.Variable("LANG", "C.UTF-8"),
    LaunchPlan.Variable("LC_ALL", "C.UTF-8"),
    LaunchPlan.Variable("PATH", "/usr/bin:/bin"),
    LaunchPlan.Variable("PYTHONDONTWRITEBYTECODE", "1"),
    LaunchPlan.Variable("PYTHONHASHSEED", "0"),
    LaunchPlan.Variable("SOURCE_DATE_EPOCH", "315532800"),
    LaunchPlan.Variable("TMPDIR", SandboxLayout.temporary),
    LaunchPlan.Variable("TZ", "UTC"),
  ]
}

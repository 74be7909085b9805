internal import PolicyIR
internal import SandboxPlan
internal import Structures

// Tools: each one's authority as a Landlock domain and a filter that are stacked on the app's. Both layers can only take
// rights away, so what the app lacks no tool has, whatever a plan says.

extension PlanBuilder {
  /// What each tool runs under. The app gets what it takes to start them: their commands, and their programs.
  mutating func lowerTools(of policy: Policy) -> [ToolPlan] {
    guard !policy.tools.isEmpty else { return [] }
    allow([.readFile, .readDirectory], at: ToolPlan.policyDirectory)
    return policy.tools.map { tool in lower(tool, of: policy) }
  }

  private mutating func lower(_ tool: ToolPolicy, of policy: Policy) -> ToolPlan {
    let word = tool.command[0]
    let isInPayload = word.contains("/") && !word.hasPrefix("/")
    let path = isInPayload ? "\(ToolPlan.programDirectory)/\(word)" : SandboxLayout.path(ofProgram: word)
    let covered = isInPayload && policy.entry.command[0] != word ? SandboxLayout.path(ofProgram: word) : nil

    let command = "\(ToolPlan.commandDirectory)/\(tool.name)"
    mount(PlanMount(.toolLauncher, at: command, permitsExecution: true))
    allow([.execute, .readFile], at: command)
    allow([.execute, .readFile], at: path)
    if isInPayload { mount(PlanMount(.payload, at: ToolPlan.programDirectory, permitsExecution: true)) }
    grant(
      "start tool \(tool.name)", by: ["landlock", "seccomp"], .overApproximated,
      covered == nil
        ? "\(path) can be started by itself as well, with the app's rights and no more"
        : "as \(path) its program can be started by itself as well, with the app's rights and no more")
    if let covered {
      mount(PlanMount(.toolLauncher, at: covered, permitsExecution: true))
      deny("start \(word) by its path", by: ["mount"])
    }
    refuseHosts(of: tool)
    if policy.limits[.cpu] != .max && tool.limits[.cpu] < policy.limits[.cpu] {
      refuse(
        nil, "tool \(tool.name): limits.cpu",
        "where the app is held to some processors, a tool cannot be held to fewer: leave it out, the app's limit holds")
    }
    return ToolPlan(
      name: tool.name, arguments: [path] + tool.command.dropFirst(), coveredPath: covered,
      landlock: domain(of: tool, startedAs: path, policy),
      limits: PlanBuilder.resourceLimits(tool.limits).filter { limit in
        limit.value < PlanBuilder.resourceLimits(policy.limits).first { $0.resource == limit.resource }?.value ?? .max
      },
      wallTime: tool.limits[.wallTime] < policy.limits[.wallTime] ? tool.limits[.wallTime] : nil,
      environment: KernelPlan.environment(
        of: tool.authority, models: policy.models, storage: policy.storage, hasTools: false),
      passedEnvironment: tool.authority.environment.elements)
  }

  private func domain(of tool: ToolPolicy, startedAs path: String, _ policy: Policy) -> LandlockPlan {
    var rules = PlanBuilder()
    rules.lowerRuntime(policy.runtime, mayExecuteRuntime: false)
    rules.lowerDevices(tool.authority.devices, sharedMemory: tool.authority.ipc.permits(.sharedMemory))
    rules.lowerPrograms(startedAs: path, programs: tool.authority.process.programs)
    rules.lowerFiles(tool.authority.files, models: policy.models)
    let hasNetwork = tool.authority.connect == .full
    return LandlockPlan(
      minimumABI: 3, handledFiles: .all, fileRules: rules.fileRules,
      handledPorts: hasNetwork ? .bindTCP : [.bindTCP, .connectTCP], portRules: [],
      scopes: [.abstractUnixSocket, .signal])
  }

  /// A tool has the whole of the app's network or none of it: a list of its own would need a broker of its own.
  private mutating func refuseHosts(of tool: ToolPolicy) {
    let connect = tool.authority.connect
    if connect != .nothing && connect != .full {
      refuse(
        connect.witness.map { .connect($0) }, "tool \(tool.name): connect to listed hosts",
        "a list of hosts cannot be enforced for a tool; use `net: false`, or `net: true` when the app has it")
    }
    if tool.authority.listen != .nothing {
      refuse(
        tool.authority.listen.witness.map { .listen($0) }, "tool \(tool.name): listen",
        "accepting connections cannot be enforced for a tool; remove `net.listen`")
    }
  }
}

// INVARIANT: this module turns a policy into the plan of its sandbox. It is pure: it reads no file, asks no kernel and
// knows no bundle.

package import PolicyIR
package import SandboxPlan
internal import Schemas
package import Seccomp
internal import Structures

/// A policy as mechanisms of the kernel: what is mounted, which Landlock rules and limits apply, which system calls are
/// needed, and for each grant and denial how exactly it is enforced.
package struct KernelPlan: Hashable, Sendable {
  /// A grant that no mechanism of this target enforces. Nothing is silently widened, so nothing is built from a plan
  /// that has one.
  package struct Refusal: Hashable, Sendable {
    /// An operation that the grant permits, by which its origin is found; nil when it has none.
    package var witness: Operation?
    /// The grant in the policy's words.
    package var subject: String
    /// Why, and what to write instead: one sentence without a full stop.
    package var reason: String
  }

  /// Complete but for `filters`, which the seccomp backend makes from `systemCalls`.
  package var sandbox: SandboxPlan
  package var systemCalls: SystemCallNeeds
  /// What each tool of `sandbox.tools` needs, in their order.
  package var tools: [SystemCallNeeds] = []
  package var refusals: [Refusal]

  /// What of an app's policy this target cannot enforce; the same as `refusals` of its plan.
  package static func refusals(of app: AppPolicy) -> [Refusal] {
    var builder = PlanBuilder()
    builder.asksOnly = true
    _ = lower(app.policy, &builder)
    return builder.refusals
  }

  /// The parts of a plan that are not in the builder.
  private struct Parts {
    var network: PlanBuilder.Network
    var tools: [ToolPlan]
    var limits: [ResourceLimit]
  }

  private static func lower(_ policy: Policy, _ builder: inout PlanBuilder) -> Parts {
    let authority = policy.authority
    if !builder.asksOnly {
      // These refuse nothing.
      builder.lowerRuntime(policy.runtime, mayExecuteRuntime: false)
      builder.lowerDevices(authority.devices, sharedMemory: authority.ipc.permits(.sharedMemory))
      builder.lowerPrograms(
        startedAs: SandboxLayout.path(ofProgram: policy.entry.command[0]), programs: authority.process.programs)
    }
    builder.lowerFiles(authority.files, models: policy.models)
    let network = builder.lowerNetwork(authority.connect, authority.listen)
    builder.lowerFacilities(authority)
    let tools = builder.lowerTools(of: policy)
    return Parts(
      network: network, tools: tools, limits: builder.asksOnly ? [] : builder.lowerLimits(policy.limits))
  }

  /// Lowers the policy of an app.
  package static func lowering(_ app: AppPolicy) -> KernelPlan {
    let policy = app.policy
    let authority = policy.authority
    var builder = PlanBuilder()
    let parts = lower(policy, &builder)
    let network = parts.network
    let hasOwnNetwork = if case .machine = network { false } else { true }
    var handledPorts: LandlockPlan.PortRights = .bindTCP
    var egress: EgressPlan?
    switch network {
    case .machine: break
    case .none: handledPorts.insert(.connectTCP)
    case .brokered(let plan):
      // Ports of a network that only the broker reaches need no further rule.
      handledPorts = []
      egress = plan
    }

    let sandbox = SandboxPlan(
      namespaces: Namespace.allCases.filter { $0 != .network || hasOwnNetwork },
      mounts: builder.orderedMounts,
      landlock: LandlockPlan(
        // ABI 3 brings `truncate`, without which a file could be emptied that may not be written; with the machine's
        // network, only the scopes of ABI 6 keep abstract sockets of others out.
        minimumABI: hasOwnNetwork ? 3 : 6, handledFiles: .all, fileRules: builder.fileRules,
        handledPorts: handledPorts, portRules: [],
        scopes: [.abstractUnixSocket, .signal]),
      filters: [], limits: parts.limits,
      wallTime: policy.limits[.wallTime] == .max ? nil : policy.limits[.wallTime],
      launch: launch(policy), database: database(policy.storage), egress: egress, tools: parts.tools,
      enforcement: builder.rows)
    var needs = SystemCallNeeds(authority)
    if !policy.tools.isEmpty { needs.spawn = true }
    needs.choosesProcessors = policy.limits[.cpu] == .max
    return KernelPlan(
      sandbox: sandbox, systemCalls: needs, tools: policy.tools.map(toolNeeds),
      refusals: builder.refusals)
  }

  private static func toolNeeds(_ tool: ToolPolicy) -> SystemCallNeeds {
    var needs = SystemCallNeeds(tool.authority)
    needs.choosesProcessors = tool.limits[.cpu] == .max
    return needs
  }

  private static func launch(_ policy: Policy) -> LaunchPlan {
    let directory = policy.entry.workingDirectory
    return LaunchPlan(
      arguments: [SandboxLayout.path(ofProgram: policy.entry.command[0])] + policy.entry.command.dropFirst(),
      acceptsArguments: true,
      workingDirectory: directory.isEmpty ? SandboxLayout.payload : "\(SandboxLayout.payload)/\(directory)",
      environment: environment(
        of: policy.authority, models: policy.models, storage: policy.storage, hasTools: !policy.tools.isEmpty),
      passedEnvironment: policy.authority.environment.elements,
      streams: policy.entry.streams == .inherit ? .inherit : .null)
  }

  /// The variables with fixed values of an app or a tool, sorted by name.
  static func environment(
    of authority: Authority, models: [ModelPin], storage: Storage?, hasTools: Bool
  ) -> [LaunchPlan.Variable] {
    func reads(_ root: String) -> Bool { authority.files.permits(FileAuthority.Operation(.read, PolicyPath([root]))) }
    let hasData = reads("app-data")
    var environment = [
      LaunchPlan.Variable("HOME", hasData ? SandboxLayout.data : SandboxLayout.temporary),
      LaunchPlan.Variable("LOCARA_APP", SandboxLayout.payload),
      LaunchPlan.Variable("PATH", (hasTools ? "\(ToolPlan.commandDirectory):" : "") + "/usr/bin:/bin"),
      LaunchPlan.Variable("TMPDIR", SandboxLayout.temporary),
    ]
    if hasData { environment.append(LaunchPlan.Variable("LOCARA_DATA", SandboxLayout.data)) }
    if !models.isEmpty { environment.append(LaunchPlan.Variable("LOCARA_MODELS", SandboxLayout.models)) }
    if let storage, hasData {
      environment.append(LaunchPlan.Variable("LOCARA_DATABASE", "\(SandboxLayout.data)/\(storage.file)"))
    }
    return environment.sorted { $0.name < $1.name }
  }

  private static func database(_ storage: Storage?) -> DatabasePlan? {
    guard let storage else { return nil }
    return DatabasePlan(
      file: storage.file, schema: storage.schema.digest, userVersion: storage.schema.userVersion,
      extensions: storage.extensions.map { "\(SandboxLayout.payload)/\($0)" })
  }
}

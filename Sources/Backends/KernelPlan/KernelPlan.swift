// INVARIANT: `Backends` turns values into bytes. It is pure: it reads no file, asks no kernel and knows no bundle.

package import PolicyIR
package import SandboxPlan

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
  package var refusals: [Refusal]

  /// Lowers the policy of an app.
  package static func lowering(_ app: AppPolicy) -> KernelPlan {
    let policy = app.policy
    let authority = policy.authority
    var builder = PlanBuilder()
    builder.lowerRuntime(policy.runtime, mayExecuteRuntime: false)
    builder.lowerDevices(authority.devices, sharedMemory: authority.ipc.permits(.sharedMemory))
    builder.lowerPrograms(entry: policy.entry, programs: authority.process.programs)
    builder.lowerFiles(authority.files, models: policy.models)
    let network = builder.lowerNetwork(authority.connect, authority.listen)
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
    builder.lowerFacilities(authority)
    let limits = builder.lowerLimits(policy.limits)

    let sandbox = SandboxPlan(
      namespaces: Namespace.allCases.filter { $0 != .network || hasOwnNetwork },
      mounts: builder.orderedMounts,
      landlock: LandlockPlan(
        // ABI 3 brings `truncate`, without which a file could be emptied that may not be written; with the machine's
        // network, only the scopes of ABI 6 keep abstract sockets of others out.
        minimumABI: hasOwnNetwork ? 3 : 6, handledFiles: .all, fileRules: builder.fileRules,
        handledPorts: handledPorts, portRules: [],
        scopes: [.abstractUnixSocket, .signal]),
      filters: [], limits: limits,
      wallTime: policy.limits[.wallTime] == .max ? nil : policy.limits[.wallTime],
      launch: launch(policy), database: database(policy.storage), egress: egress, enforcement: builder.rows)
    return KernelPlan(
      sandbox: sandbox, systemCalls: SystemCallNeeds(authority), refusals: builder.refusals)
  }

  private static func launch(_ policy: Policy) -> LaunchPlan {
    let files = policy.authority.files
    let hasData = files.permits(FileAuthority.Operation(.read, PolicyPath(["app-data"])))
    var environment = [
      LaunchPlan.Variable("HOME", hasData ? SandboxLayout.data : SandboxLayout.temporary),
      LaunchPlan.Variable("LOCARA_APP", SandboxLayout.payload),
      LaunchPlan.Variable("PATH", "/usr/bin:/bin"),
      LaunchPlan.Variable("TMPDIR", SandboxLayout.temporary),
    ]
    if hasData { environment.append(LaunchPlan.Variable("LOCARA_DATA", SandboxLayout.data)) }
    if !policy.models.isEmpty { environment.append(LaunchPlan.Variable("LOCARA_MODELS", SandboxLayout.models)) }
    if let storage = policy.storage {
      environment.append(LaunchPlan.Variable("LOCARA_DATABASE", "\(SandboxLayout.data)/\(storage.file)"))
    }
    let directory = policy.entry.workingDirectory
    return LaunchPlan(
      arguments: [SandboxLayout.path(ofProgram: policy.entry.command[0])] + policy.entry.command.dropFirst(),
      acceptsArguments: true,
      workingDirectory: directory.isEmpty ? SandboxLayout.payload : "\(SandboxLayout.payload)/\(directory)",
      environment: environment.sorted { $0.name < $1.name },
      passedEnvironment: policy.authority.environment.elements,
      streams: policy.entry.streams == .inherit ? .inherit : .null)
  }

  private static func database(_ storage: Storage?) -> DatabasePlan? {
    guard let storage else { return nil }
    return DatabasePlan(
      file: storage.file, schema: storage.schema.digest, userVersion: storage.schema.userVersion,
      extensions: storage.extensions.map { "\(SandboxLayout.payload)/\($0)" })
  }
}

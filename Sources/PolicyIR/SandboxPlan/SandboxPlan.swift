// INVARIANT: this module is what the kernel is asked to enforce, as a value. `KernelPlan` writes it, `Runner` obeys it, and
// neither knows the other. No I/O, no Foundation, nothing of the machine that the value was made on.

package import Digests

/// Everything that the runner needs to start an app with exactly the rights of its policy, on any machine.
///
/// Places on the machine appear only as roles (`PlanMount.Source`), which the runner resolves.
package struct SandboxPlan: Hashable, Sendable {
  /// Namespaces to create, in the order of `Namespace.allCases`.
  package var namespaces: [Namespace]
  /// The whole visible file tree, parents before children. What is not listed does not exist inside.
  package var mounts: [PlanMount]
  package var landlock: LandlockPlan
  /// System-call filters by architecture; exactly one of them is loaded.
  package var filters: [FilterReference]
  /// Resource limits in the order of `ResourceLimit.Resource.allCases`.
  package var limits: [ResourceLimit]
  /// Wall-clock time after which the app is ended, in milliseconds; nil is without end.
  package var wallTime: UInt64?
  package var launch: LaunchPlan
  /// The app's database, when it declares one.
  package var database: DatabasePlan?
  /// What the egress broker does for an app that may reach some hosts, or accepts connections; nil when there is none.
  package var egress: EgressPlan?
  /// The programs that the app starts by name and that run with less than its rights, sorted by name.
  package var tools: [ToolPlan]
  /// How each grant and each denial is enforced; shown to people, and checked before start.
  package var enforcement: [EnforcementRow]

  package init(
    namespaces: [Namespace], mounts: [PlanMount], landlock: LandlockPlan, filters: [FilterReference],
    limits: [ResourceLimit], wallTime: UInt64?, launch: LaunchPlan, database: DatabasePlan?,
    egress: EgressPlan? = nil, tools: [ToolPlan] = [], enforcement: [EnforcementRow]
  ) {
    self.namespaces = namespaces
    self.mounts = mounts
    self.landlock = landlock
    self.filters = filters
    self.limits = limits
    self.wallTime = wallTime
    self.launch = launch
    self.database = database
    self.egress = egress
    self.tools = tools
    self.enforcement = enforcement
  }
}

/// A Linux namespace, namespaces(7).
package enum Namespace: String, Hashable, Sendable, CaseIterable {
  case user, mount, pid, ipc, uts, cgroup, network
}

/// An instruction set that filters are made for.
package enum Architecture: String, Hashable, Sendable, CaseIterable, Comparable {
  case aarch64, riscv64, x86_64

  /// The `AUDIT_ARCH_*` token that seccomp_data carries, linux/audit.h.
  package var auditToken: UInt32 {
    switch self {
    case .aarch64: 0xC000_00B7
    case .riscv64: 0xC000_00F3
    case .x86_64: 0xC000_003E
    }
  }

  /// The architecture that this program was compiled for; nil when no filters are made for it.
  package static var current: Architecture? {
    #if arch(x86_64)
      .x86_64
    #elseif arch(arm64)
      .aarch64
    #elseif arch(riscv64)
      .riscv64
    #else
      nil
    #endif
  }

  package static func < (left: Architecture, right: Architecture) -> Bool { left.rawValue < right.rawValue }
}

/// Where a filter's bytes are: a blob of the bundle.
package struct FilterReference: Hashable, Sendable {
  package var architecture: Architecture
  /// Of the program as an array of `struct sock_filter`, linux/filter.h, in the byte order of the architecture.
  package var digest: Digest
  /// Number of instructions, 1...4096.
  package var instructions: Int

  package init(architecture: Architecture, digest: Digest, instructions: Int) {
    self.architecture = architecture
    self.digest = digest
    self.instructions = instructions
  }
}

/// An upper bound on one resource: a setrlimit(2) limit, soft and hard alike, unless the resource says otherwise.
package struct ResourceLimit: Hashable, Sendable {
  package enum Resource: String, Hashable, Sendable, CaseIterable {
    /// Bytes of address space.
    case addressSpace = "as"
    /// Bytes of a core file; always 0.
    case core
    /// Bytes of one file.
    case fileSize = "fsize"
    /// Processes and threads of the user.
    case processes = "nproc"
    /// Open descriptors.
    case openFiles = "nofile"
    /// Thousandths of a processor for all processes together: by control group, or else by affinity.
    case processors = "cpu"
  }

  package var resource: Resource
  package var value: UInt64

  package init(_ resource: Resource, _ value: UInt64) {
    self.resource = resource
    self.value = value
  }
}

/// What is started.
package struct LaunchPlan: Hashable, Sendable {
  package enum StandardStreams: String, Hashable, Sendable, CaseIterable {
    /// The three streams of the caller.
    case inherit
    /// `/dev/null`, all three.
    case null
  }

  /// argv; the first is an absolute path inside the sandbox. At least one.
  package var arguments: [String]
  /// Whether arguments of the caller are appended.
  package var acceptsArguments: Bool
  /// Absolute path inside the sandbox.
  package var workingDirectory: String
  /// Variables with fixed values, sorted by name.
  package var environment: [Variable]
  /// Names of variables that are copied from the caller when it has them, sorted.
  package var passedEnvironment: [String]
  package var streams: StandardStreams

  package struct Variable: Hashable, Sendable {
    package var name: String
    package var value: String

    package init(_ name: String, _ value: String) {
      self.name = name
      self.value = value
    }
  }

  package init(
    arguments: [String], acceptsArguments: Bool, workingDirectory: String, environment: [Variable],
    passedEnvironment: [String], streams: StandardStreams
  ) {
    self.arguments = arguments
    self.acceptsArguments = acceptsArguments
    self.workingDirectory = workingDirectory
    self.environment = environment
    self.passedEnvironment = passedEnvironment
    self.streams = streams
  }
}

/// The app's SQLite database.
package struct DatabasePlan: Hashable, Sendable {
  /// File name in the app's data directory.
  package var file: String
  /// Of the schema's canonical bytes.
  package var schema: Digest
  /// What the file's header says in `user_version` once the schema is in place: the first 31 bits of `schema`, never 0.
  package var userVersion: Int32
  /// Loadable extensions, as absolute paths inside the sandbox, in order.
  package var extensions: [String]

  package init(file: String, schema: Digest, userVersion: Int32, extensions: [String]) {
    self.file = file
    self.schema = schema
    self.userVersion = userVersion
    self.extensions = extensions
  }
}

/// How one grant or one denial becomes fact.
package struct EnforcementRow: Hashable, Sendable {
  package enum Exactness: String, Hashable, Sendable, CaseIterable {
    case exact
    /// The kernel permits more than the manifest says; `remark` says what.
    case overApproximated = "over-approximated"
    case unenforced
  }

  /// The grant or denial in the policy's words: "write app-data/**", "connect nothing".
  package var subject: String
  package var isGrant: Bool
  /// The mechanisms, in the order they act: "mount", "landlock", "seccomp", "namespace network", "rlimit".
  package var mechanisms: [String]
  package var exactness: Exactness
  /// One sentence; empty when there is nothing to add.
  package var remark: String

  package init(
    subject: String, isGrant: Bool, mechanisms: [String], exactness: Exactness, remark: String = ""
  ) {
    self.subject = subject
    self.isGrant = isGrant
    self.mechanisms = mechanisms
    self.exactness = exactness
    self.remark = remark
  }
}

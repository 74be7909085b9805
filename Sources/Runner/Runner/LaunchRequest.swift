package import SandboxPlan
package import SystemIO

/// Everything that one start of a sandbox needs besides the plan: what the plan's roles mean on this machine.
package struct LaunchRequest {
  package var plan: SandboxPlan
  /// The system-call filter for this machine's architecture: an array of `struct sock_filter`, linux/filter.h.
  /// The caller has checked it against the digest in `plan.filters`.
  package var filter: [UInt8]
  /// The filters of `plan.tools`, in their order, checked in the same way.
  package var toolFilters: [[UInt8]] = []
  /// What `.toolLauncher` means: the path of `locara-tool`. Empty when the plan has no tools.
  package var toolLauncher = ""
  /// What `.payload` means: the unpacked payload of the bundle. Empty when the plan has no such mount.
  package var payloadDirectory: String
  /// What `.appData` means: a directory that exists. Empty when the plan has no such mount.
  package var dataDirectory: String
  /// What the payload's directory has to be; nil accepts any.
  package var payloadIdentity: FileIdentity?
  /// What `.modelFile` means: paths of verified files by digest, 64 hexadecimal digits.
  package var modelFiles: TextTable
  /// What `.image` means: unpacked root file systems by digest, 64 hexadecimal digits.
  package var images: TextTable = [:]
  /// What `.granted` means: paths by name.
  package var granted: TextTable

  /// Appended to the plan's argv when the plan accepts arguments; otherwise they must be empty.
  package var arguments: [String]
  /// Takes the place of the plan's whole argv, for work on the app's behalf inside its sandbox: applying its
  /// database schema, say. The first is an absolute path inside.
  package var replacedArguments: [String]?
  /// Added to the plan's environment, over it.
  package var extraEnvironment: [LaunchPlan.Variable]
  /// Variables of the caller: those that the plan's `passedEnvironment` takes, and `placeVariables`.
  package var callerEnvironment: TextTable

  /// Mounted after the plan's mounts. With `extraRules` this is how a program of ours comes in.
  package var extraMounts: [PlanMount]
  /// Landlock rules for `extraMounts`.
  package var extraRules: [LandlockPlan.FileRule]
  /// Rules about places of the machine; see `HostLayout`.
  var placedRules: [PlacedRule] = []

  /// What the user hands over for this run; the plan must have a place for it.
  package var selected: [SelectedFile] = []

  package var streams: Streams
  /// Whether the signals that end or stop a program are passed on to the app while it runs, as a program in the
  /// foreground does it. A library that runs a build step leaves them to its host.
  package var forwardsSignals: Bool

  /// Whether the program is given one processor, whatever the machine has: what it makes must not depend on the number.
  package var isOnOneProcessor = false

  /// Milliseconds after which the app is ended; the plan's own limit holds as well.
  package var timeLimit: UInt64?

  /// Start without namespaces, with what Landlock and the system-call filter deny alone; see `HostLayout`. Somebody has
  /// to have accepted that.
  package var withoutNamespaces = false

  /// Done while the sandbox is being set up, by another process: what may take as long as that.
  package var meanwhile: (() -> Void)?
  /// Asked once the sandbox's file tree is complete and before anything of the app runs: whether what is mounted there is
  /// still what was verified. False ends the start with LR039.
  package var isStillVerified: (() -> Bool)?
  /// Kept once the program has been started, for the next start.
  package var prepared: PreparedStart?
  /// Where the egress broker writes what was connected to what, a descriptor of the caller; -1 for nowhere.
  package var egressLog: Int32 = -1
  /// The program that is the egress broker when one is needed: one that begins with `BrokerProgram`.
  package var brokerProgram = "/proc/self/exe"

  /// Who is told of denied calls. Without a receiver the filter is loaded as it is, and nothing is told.
  package var denials: (any DenialReceiver)?

  /// Whether `denials` is told of files too. Every call that names a file then asks the supervisor, which takes time.
  package var explainsFiles = false

  /// The variables that say where the user's directories are; they are not passed on.
  package static let placeVariables = ["HOME", "XDG_CONFIG_HOME"]

  /// A file or directory that the user hands over. It appears below `selectedDirectory` under its own name.
  package struct SelectedFile: Hashable, Sendable {
    package var path: String
    package var isReadOnly: Bool

    package init(path: String, isReadOnly: Bool) {
      self.path = path
      self.isReadOnly = isReadOnly
    }
  }

  /// Where handed-over files are inside; a plan that accepts them has an empty directory there and a rule for it.
  package static let selectedDirectory = "/user/selected"

  /// The app's standard streams as descriptors of the caller; they are used and not closed.
  package struct Streams: Hashable, Sendable {
    package var input: Int32
    package var output: Int32
    package var error: Int32

    package init(input: Int32 = 0, output: Int32 = 1, error: Int32 = 2) {
      self.input = input
      self.output = output
      self.error = error
    }
  }

  package init(
    plan: SandboxPlan, filter: [UInt8], payloadDirectory: String = "", dataDirectory: String = "",
    modelFiles: TextTable = [:], granted: TextTable = [:], arguments: [String] = [],
    replacedArguments: [String]? = nil, extraEnvironment: [LaunchPlan.Variable] = [],
    callerEnvironment: TextTable = [:], extraMounts: [PlanMount] = [],
    extraRules: [LandlockPlan.FileRule] = [], streams: Streams = Streams(), forwardsSignals: Bool = false,
    timeLimit: UInt64? = nil, denials: (any DenialReceiver)? = nil
  ) {
    self.plan = plan
    self.filter = filter
    self.payloadDirectory = payloadDirectory
    self.dataDirectory = dataDirectory
    self.modelFiles = modelFiles
    self.granted = granted
    self.arguments = arguments
    self.replacedArguments = replacedArguments
    self.extraEnvironment = extraEnvironment
    self.callerEnvironment = callerEnvironment
    self.extraMounts = extraMounts
    self.extraRules = extraRules
    self.streams = streams
    self.forwardsSignals = forwardsSignals
    self.timeLimit = timeLimit
    self.denials = denials
  }
}

/// How an app ended.
package enum ExitStatus: Hashable, Sendable {
  /// exit(3) with this code, 0...255.
  case exited(Int32)
  /// Ended by this signal.
  case signaled(Int32)
  /// Ended by the runner because the plan's wall time was over.
  case timedOut

  /// What a shell reports: the code, 128 and the signal, or 124 as timeout(1) has it.
  package var shellCode: Int32 {
    switch self {
    case .exited(let code): code
    case .signaled(let signal): 128 + signal
    case .timedOut: 124
    }
  }
}

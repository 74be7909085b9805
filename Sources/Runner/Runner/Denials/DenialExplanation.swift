internal import SystemCalls

/// Which line of a manifest allows what a call is for.
struct DenialExplanation {
  var capability: String
  var manifest: String
  var reason: String

  private init(_ capability: String, _ manifest: String, _ reason: String) {
    self.capability = capability
    self.manifest = manifest
    self.reason = reason
  }

  private static func never(_ reason: String) -> DenialExplanation { DenialExplanation("", "", reason) }

  /// - Parameter arguments: decoded, as in `Denial`.
  init(_ group: SystemCallGroup, arguments: [String]) {
    let family = arguments.first ?? ""
    self =
      switch group {
      case .socket where family == "AF_INET" || family == "AF_INET6":
        DenialExplanation("net", "net: true", "the app has no network")
      case .socket where family == "AF_UNIX":
        DenialExplanation("ipc", "ipc: {dbus: true}", "the app may not reach other programs through unix sockets")
      case .socket where family == "AF_NETLINK":
        DenialExplanation("net", "net: true", "only apps with the network may ask the kernel about it")
      case .socket: .never("no app gets sockets of this family")
      case .socketConnect, .socketListen, .socketSend:
        DenialExplanation("net", "net: true", "the app has no network")
      case .spawn, .execute:
        DenialExplanation("process.spawn", "process: {spawn: [PROGRAM]}", "the app may not start programs")
      case .clone where arguments.first?.contains("CLONE_NEW") == true:
        .never("an app cannot leave its namespaces")
      case .clone where arguments.first?.contains("CLONE_THREAD") == true:
        DenialExplanation("process.threads", "process: {threads: true}", "the app may not start threads")
      case .clone:
        DenialExplanation("process.spawn", "process: {spawn: [PROGRAM]}", "the app may not start processes")
      case .sharedMemory:
        DenialExplanation("ipc.shared-memory", "ipc: {shared-memory: true}", "the app may not share memory by name")
      case .memoryFile: .never("memory files need MFD_NOEXEC_SEAL, so that nothing is executed from them")
      case .fileMode: .never("no app may make programs set-user-id or set-group-id")
      case .fileNode: .never("no app may make device nodes")
      case .ioctl: .never("no app may type into or reconfigure a terminal")
      case .identityChange: .never("an app is one user from start to end")
      case .clockSetting: .never("the clock belongs to the machine")
      case .inspection: .never("no app may look into other processes")
      case .namespace: .never("a new namespace would bring back privileges")
      case .mount: .never("the app's file tree is its policy, and is fixed")
      case .keyring: .never("keyrings are not separated between apps")
      case .ioURing: .never("io_uring goes past the filter; libraries fall back to ordinary calls")
      case .fileHandle: .never("handles reach files past the app's file tree")
      case .kernel, .hardware: .never("this administers the machine")
      case .personality: .never("other execution domains weaken address randomisation")
      case .socketPair: .never("no app gets pairs of sockets other than unix ones")
      case .removed: .never("Linux has no code behind this number")
      case .memory, .numa, .descriptor, .file, .fileOwner, .fileAttribute, .clock, .signal, .identity, .thread,
        .process, .selfRestriction, .systemInformation, .socketTransfer:
        .never("the app's policy does not permit this call")
      }
  }
}

package import SystemCalls

// What an app's filter does with each group; the reason is shown by `explain`.

extension SystemCallGroup {
  /// What an app's filter does with the calls of a group.
  package enum Disposition: Hashable, Sendable {
    /// Every app has it.
    case permitted
    /// Permitted by what the app needs, or for some arguments only; `SystemCallPolicy.forApp` says when.
    case conditional
    /// No app has it; EPERM.
    case denied
    /// The kernel itself answers ENOSYS, and so does the filter.
    case absent
  }

  package var disposition: Disposition { row.disposition }

  /// Why, one sentence.
  package var reason: String { row.reason }

  private var row: (disposition: Disposition, reason: String) {
    switch self {
    case .memory:
      (.permitted, "Maps and protects the process's own memory.")
    case .memoryFile:
      (.conditional, "A memory file that can be executed goes round Landlock, so only MFD_NOEXEC_SEAL is permitted.")
    case .numa:
      (.permitted, "Places the process's own memory on the machine's nodes, as numerical libraries do at their start.")
    case .descriptor:
      (.permitted, "Works on descriptors that the process has already; opening them is what is checked.")
    case .file:
      (.permitted, "Names files; which of them, the mount tree and Landlock decide.")
    case .fileMode:
      (.conditional, "Changes modes, but never to set-user-ID or set-group-ID.")
    case .fileNode:
      (.conditional, "Makes regular files, FIFOs and sockets, but no device nodes.")
    case .fileOwner:
      (.permitted, "Changes owners, which the kernel limits to the user's own files and groups.")
    case .fileAttribute:
      (.permitted, "Reads and writes attributes of files that the mount tree makes writable.")
    case .ioctl:
      (.conditional, "Speaks to devices, which Landlock checks, but never types into or reconfigures a terminal.")
    case .clock:
      (.permitted, "Reads clocks and waits.")
    case .clockSetting:
      (.denied, "Sets the machine's clock.")
    case .signal:
      (.permitted, "Sends signals, within the sandbox's processes, and handles them.")
    case .identity:
      (.permitted, "Reads the process's own numbers.")
    case .identityChange:
      (.denied, "An app is one user with one set of groups from start to end.")
    case .thread:
      (.permitted, "Locks, and schedules the process's own threads; starting one is `clone`.")
    case .clone:
      (.conditional, "Starts threads or processes as needed, never a namespace; clone3 hides its flags in memory.")
    case .spawn:
      (.conditional, "Starts processes, for apps that may.")
    case .execute:
      (.permitted, "Needed to start the app itself; Landlock decides which files can be executed.")
    case .process:
      (.permitted, "Ends, waits, and sets limits of the process's own.")
    case .selfRestriction:
      (.permitted, "Can only take rights away.")
    case .systemInformation:
      (.permitted, "Reads facts about the kernel, and random bytes.")
    case .personality:
      (.conditional, "Reads the execution domain or sets the default one; others weaken address randomisation.")
    case .socket:
      (.conditional, "Families and types by the network and unix-socket rights.")
    case .socketPair:
      (.conditional, "Pairs of unix sockets connect the process with nobody but itself and its children.")
    case .socketTransfer:
      (.permitted, "Works on sockets that the process has already; creating them is what is checked.")
    case .socketSend:
      (.conditional, "Sends; with checked ports not with MSG_FASTOPEN, which connects past Landlock's check.")
    case .socketConnect:
      (.conditional, "Connects and binds, for apps with the network or with unix sockets.")
    case .socketListen:
      (.conditional, "Waits for connections, for apps that may.")
    case .sharedMemory:
      (.conditional, "Objects of System V and POSIX that are shared by key or name, for apps that may.")
    case .inspection:
      (.denied, "Looks into other processes, or takes their descriptors.")
    case .namespace:
      (.denied, "A new user namespace gives capabilities, and with them most of the kernel's attack surface.")
    case .mount:
      (.denied, "The mount tree is the policy.")
    case .keyring:
      (.denied, "Keyrings are not separated by namespaces.")
    case .ioURing:
      (.denied, "Opens files and sockets without passing the filter.")
    case .fileHandle:
      (.denied, "Reaches files by number, or watches whole file systems, past the mount tree.")
    case .kernel:
      (.denied, "Administers the machine or extends the kernel.")
    case .hardware:
      (.denied, "Reaches ports and segments of the processor that only emulators need.")
    case .removed:
      (.absent, "Linux has the number and no code behind it.")
    }
  }
}

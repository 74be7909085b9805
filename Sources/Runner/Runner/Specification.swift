internal import CSandbox
internal import Glibc
internal import SandboxPlan
internal import SystemIO

/// A launch request as the plain struct that `CSandbox` takes, with the memory that it points into.
@safe final class Specification {
  private var sandbox = unsafe locara_sandbox()
  private let memory = SpecificationMemory()
  /// Stands in for the streams of an app that gets none; -1 otherwise.
  private var nullDevice: Int32 = -1
  /// Until the first process has its own copies of their descriptors.
  private var heldFiles: [HeldFile] = []

  init(
    _ request: LaunchRequest, _ egress: EgressSession?, _ terminal: TerminalRelay?, _ group: ControlGroup?
  ) throws(Failure) {
    let plan = request.plan
    unsafe sandbox.namespaces = plan.namespaces.reduce(0) { $0 | $1.cloneFlag }
    unsafe sandbox.user_inside = Specification.userInside
    unsafe sandbox.group_inside = Specification.userInside
    unsafe sandbox.user_outside = geteuid()
    unsafe sandbox.group_outside = getegid()
    unsafe sandbox.host_name = UnsafePointer(try string("locara"))
    try setMounts(request, hasTerminal: terminal != nil)
    var extraRules = request.extraRules
    if terminal != nil {
      extraRules.append(
        LandlockPlan.FileRule(path: "/dev/tty", rights: [.readFile, .writeFile, .ioctlDevice], isOptional: true))
    }
    try setLandlock(plan.landlock, extra: extraRules, placed: request.placedRules)
    setLimits(plan.limits)
    unsafe sandbox.control_group = group?.descriptor.number ?? -1
    unsafe sandbox.processors = group?.applied.contains("cpu") == true ? 0 : plan.wholeProcessors
    var filter = request.filter
    if request.denials != nil {
      let program = FilterProgram(filter)
      if request.explainsFiles, let architecture = Architecture.current {
        filter = program.asking(before: FileCall.numbers(on: architecture), on: architecture)
      } else {
        filter = program.asking
      }
    }
    unsafe sandbox.filter = UnsafeRawPointer(memory.bytes(filter))
    unsafe sandbox.wants_notifications = request.denials == nil && egress == nil ? 0 : 1
    unsafe sandbox.awaits_permission = request.isStillVerified == nil ? 0 : 1
    unsafe sandbox.filter_length = UInt16(filter.count / 8)
    unsafe sandbox.arguments = try strings(try request.resolvedArguments())
    unsafe sandbox.environment = try strings(request.resolvedEnvironment())
    unsafe sandbox.working_directory = UnsafePointer(try string(plan.launch.workingDirectory))
    var streams = request.streams
    if plan.launch.streams == .null {
      let null = try FileDescriptor.open("/dev/null", O_RDWR).release()
      nullDevice = null
      streams = LaunchRequest.Streams(input: null, output: null, error: null)
    }
    unsafe sandbox.input = streams.input
    unsafe sandbox.output = streams.output
    unsafe sandbox.error = streams.error
    unsafe sandbox.one_processor = request.isOnOneProcessor ? 1 : 0
    if let egress { setNetwork(egress) }
    if let terminal {
      unsafe sandbox.terminal = 1
      unsafe sandbox.input = terminal.end
      unsafe sandbox.output = terminal.end
      if isatty(streams.error) == 1 { unsafe sandbox.error = terminal.end }
      unsafe sandbox.caller_terminal = terminal.callerInput
      unsafe sandbox.former_modes = UnsafeRawPointer(copy(terminal.formerModes))
      unsafe sandbox.changed_modes = UnsafeRawPointer(copy(terminal.changedModes))
    }
  }

  deinit {
    if nullDevice >= 0 { close(nullDevice) }
  }

  func withSandbox<Result>(_ body: (UnsafePointer<locara_sandbox>) -> Result) -> Result {
    unsafe withUnsafePointer(to: &sandbox) { unsafe body($0) }
  }

  /// The user and the group inside, whoever the caller is: an app never sees itself as root.
  static let userInside: UInt32 = 1000

  private func setMounts(_ request: LaunchRequest, hasTerminal: Bool) throws(Failure) {
    guard request.plan.namespaces.contains(.mount) else { return }
    let sources = try MountResolver(request, hasTerminal: hasTerminal).resolve()
    heldFiles = sources.compactMap(\.holder)
    let mounts = unsafe memory.room(for: sources.count, of: locara_mount.self)
    for index in sources.indices {
      let source = sources[index]
      var mount = unsafe locara_mount()
      unsafe mount.flags = source.flags
      unsafe mount.target = UnsafePointer(try string(String(source.target.dropFirst())))
      switch source.content {
      case .bind(let base, let relative):
        unsafe mount.kind = Int32(LOCARA_MOUNT_BIND.rawValue)
        unsafe mount.base = UnsafePointer(try string(base))
        unsafe mount.relative = UnsafePointer(try string(relative))
        unsafe mount.device = source.identity?.device ?? 0
        unsafe mount.inode = source.identity?.inode ?? 0
      case .temporary(let bytes):
        unsafe mount.kind = Int32(LOCARA_MOUNT_TEMPORARY.rawValue)
        unsafe mount.size = bytes
      case .proc: unsafe mount.kind = Int32(LOCARA_MOUNT_PROC.rawValue)
      case .directory: unsafe mount.kind = Int32(LOCARA_MOUNT_DIRECTORY.rawValue)
      case .link(let target):
        unsafe mount.kind = Int32(LOCARA_MOUNT_LINK.rawValue)
        unsafe mount.content = UnsafePointer(try string(target))
      case .file(let content):
        unsafe mount.kind = Int32(LOCARA_MOUNT_FILE.rawValue)
        unsafe mount.content = UnsafePointer(memory.bytes(content).assumingMemoryBound(to: CChar.self))
        unsafe mount.content_length = content.count
      }
      unsafe (mounts + index).initialize(to: mount)
    }
    unsafe sandbox.mounts = UnsafePointer(mounts)
    unsafe sandbox.mount_count = sources.count
  }

  private func setLandlock(
    _ plan: LandlockPlan, extra: [LandlockPlan.FileRule], placed: [PlacedRule]
  ) throws(Failure) {
    let landlock = plan.masked(to: Int(locara_landlock_abi()))
    guard !landlock.handledFiles.isEmpty || !landlock.handledPorts.isEmpty || !landlock.scopes.isEmpty else { return }
    unsafe sandbox.landlock = 1
    unsafe sandbox.handled_files = landlock.handledFiles.rawValue
    unsafe sandbox.handled_ports = landlock.handledPorts.rawValue
    unsafe sandbox.scopes = landlock.scopes.rawValue
    if !landlock.handledFiles.isEmpty {
      let wanted = (landlock.fileRules + extra).map(PlacedRule.init) + placed
      let rules = unsafe memory.room(for: wanted.count, of: locara_path_rule.self)
      for index in wanted.indices {
        let rule = wanted[index]
        unsafe (rules + index).initialize(
          to: locara_path_rule(
            path: UnsafePointer(try string(rule.base)), relative: UnsafePointer(try string(rule.relative)),
            device: rule.identity?.device ?? 0, inode: rule.identity?.inode ?? 0,
            access: rule.rights.intersection(landlock.handledFiles).rawValue, optional: rule.isOptional ? 1 : 0))
      }
      unsafe sandbox.path_rules = UnsafePointer(rules)
      unsafe sandbox.path_rule_count = wanted.count
    }
    let ports = unsafe memory.room(for: landlock.portRules.count, of: locara_port_rule.self)
    var count = 0
    for rule in landlock.portRules where !rule.rights.isEmpty {
      unsafe (ports + count).initialize(to: locara_port_rule(port: UInt64(rule.port), access: rule.rights.rawValue))
      count += 1
    }
    unsafe sandbox.port_rules = UnsafePointer(ports)
    unsafe sandbox.port_rule_count = count
  }

  private func setLimits(_ wanted: [ResourceLimit]) {
    let limits = unsafe memory.room(for: wanted.count, of: locara_limit.self)
    var count = 0
    for limit in wanted {
      guard let resource = limit.resource.number else { continue }
      unsafe (limits + count).initialize(to: locara_limit(resource: resource, value: limit.value))
      count += 1
    }
    unsafe sandbox.limits = UnsafePointer(limits)
    unsafe sandbox.limit_count = count
  }

  private func setNetwork(_ egress: EgressSession) {
    unsafe sandbox.has_broker = 1
    unsafe sandbox.network_channel = egress.networkChannel
    unsafe withUnsafeMutableBytes(of: &sandbox.own_address4) { unsafe $0.copyBytes(from: EgressSession.ownAddress4) }
    unsafe withUnsafeMutableBytes(of: &sandbox.own_address6) { unsafe $0.copyBytes(from: EgressSession.ownAddress6) }
    unsafe withUnsafeMutableBytes(of: &sandbox.resolver_address) {
      unsafe $0.copyBytes(from: EgressSession.resolverAddress)
    }
  }

  // MARK: Memory

  private func string(_ text: String) throws(Failure) -> UnsafeMutablePointer<CChar> {
    guard let copy = unsafe memory.string(text) else { throw Specification.nulCharacter(in: text) }
    return unsafe copy
  }

  private static func nulCharacter(in text: String) -> Failure {
    Failure("LR005", "a NUL character in \"\(text.filter { $0 != "\0" })\"", help: "leave it out")
  }

  private func strings(_ texts: [String]) throws(Failure) -> UnsafePointer<UnsafePointer<CChar>?> {
    guard let copies = unsafe memory.strings(texts) else {
      throw Specification.nulCharacter(in: texts.first { $0.utf8.contains(0) } ?? "")
    }
    return unsafe copies
  }

  private func copy<Element: BitwiseCopyable>(_ value: Element) -> UnsafePointer<Element> {
    let place = unsafe memory.room(for: 1, of: Element.self)
    unsafe place.initialize(to: value)
    return unsafe UnsafePointer(place)
  }
}

extension Namespace {
  /// `CLONE_NEW*`, linux/sched.h.
  var cloneFlag: UInt64 {
    switch self {
    case .user: 0x1000_0000
    case .mount: 0x0002_0000
    case .pid: 0x2000_0000
    case .ipc: 0x0800_0000
    case .uts: 0x0400_0000
    case .cgroup: 0x0200_0000
    case .network: 0x4000_0000
    }
  }
}

extension ResourceLimit.Resource {
  /// `RLIMIT_*`, asm-generic/resource.h; nil for what is no limit of setrlimit(2).
  var number: Int32? {
    switch self {
    case .fileSize: 1
    case .core: 4
    case .processes: 6
    case .openFiles: 7
    case .addressSpace: 9
    case .processors: nil
    }
  }
}

extension SandboxPlan {
  /// How many whole processors the app is held to; 0 is all.
  var wholeProcessors: UInt32 {
    limits.first { $0.resource == .processors }.map { UInt32(clamping: ($0.value + 999) / 1000) } ?? 0
  }
}

extension LandlockPlan {
  /// Without what a kernel of this ABI does not know; whether that is acceptable was checked before.
  func masked(to abi: Int) -> LandlockPlan {
    var files = FileRights.all
    if abi < 5 { files.remove(.ioctlDevice) }
    if abi < 3 { files.remove(.truncate) }
    if abi < 2 { files.remove(.refer) }
    var plan = self
    plan.handledFiles = abi < 1 ? [] : handledFiles.intersection(files)
    plan.handledPorts = abi < 4 ? [] : handledPorts
    plan.portRules =
      abi < 4 ? [] : portRules.map { PortRule(port: $0.port, rights: $0.rights.intersection(handledPorts)) }
    plan.scopes = abi < 6 ? [] : scopes
    return plan
  }
}

internal import CSandbox
internal import Glibc
internal import SandboxPlan
internal import SystemIO

/// What a plan needs of the kernel, checked before anything is started.
enum Requirements {
  static func check(_ request: LaunchRequest) throws(Failure) {
    let plan = request.plan
    guard request.filter.count % 8 == 0, request.filter.count > 0, request.filter.count / 8 <= 4096 else {
      let name = Architecture.current?.rawValue ?? "this machine"
      throw Failure(
        "LR002",
        "there is no system-call filter for \(name): expected 1 to 4096 instructions of 8 bytes, found "
          + "\(request.filter.count) bytes",
        help: "build the bundle for this architecture")
    }
    guard plan.namespaces.contains(.mount) || (plan.mounts.isEmpty && request.extraMounts.isEmpty) else {
      throw Failure("LR008", "the plan has mounts but no mount namespace to put them in", help: "compile the app again")
    }
    try ToolMounts.check(request)
    for landlock in [plan.landlock] + plan.tools.map(\.landlock) { try checkLandlock(landlock) }
  }

  private static func checkLandlock(_ landlock: LandlockPlan) throws(Failure) {
    guard landlock.minimumABI > 0 else { return }
    let abi = Int(locara_landlock_abi())
    // Before anything is allocated, which may change it.
    let number = errno
    guard abi < 0 else {
      guard abi < landlock.minimumABI else { return }
      throw Failure(
        "LR010", "Landlock has ABI version \(abi) on this kernel, and the app's policy needs \(landlock.minimumABI)",
        help: "use Linux \(KernelFeatures.firstKernel(landlockABI: landlock.minimumABI)) or newer; "
          + "`locara doctor` shows what this kernel can enforce")
    }
    throw Failure(
      "LR010", "this kernel has no Landlock (\(SystemIO.describe(errno: number))), and the app's policy needs it",
      help: number == EOPNOTSUPP
        ? "Landlock is built in but switched off: add `landlock` to the kernel's boot parameter lsm="
        : "use Linux \(KernelFeatures.firstKernel(landlockABI: landlock.minimumABI)) or newer with CONFIG_SECURITY_LANDLOCK",
      errno: number)
  }

  private static let weakerWay = "; or accept weaker isolation with `locara run --no-namespaces`"

  /// A failed step of the set-up, in terms of what the machine lacks.
  static func explain(_ message: locara_message, of plan: SandboxPlan) -> Failure {
    let step = text(of: message, \.step)
    let path = text(of: message, \.path)
    let place = path.isEmpty ? nil : path
    let number = message.error
    switch step {
    case "create the namespaces", "create the network namespace":
      if number == ENOSYS {
        return Failure(
          "LR015", "this kernel has no clone3", help: "use Linux 5.12 or newer, and no outer filter that denies it",
          errno: number)
      }
      return Failure(
        "LR011",
        "cannot create \(plan.namespaces.map { "a \($0.rawValue) namespace" }.joined(separator: ", ")): "
          + SystemIO.describe(errno: number),
        help: KernelFeatures.adviceOnUserNamespaces(errno: number) + Requirements.weakerWay, errno: number)
    case "make mounts private", "give up setgroups", "map the user", "map the group":
      // The namespace exists but has no rights in it: this is how AppArmor's restriction shows.
      return Failure(
        "LR011", "user namespaces are restricted on this machine: cannot \(step): \(SystemIO.describe(errno: number))",
        path: place, help: KernelFeatures.adviceOnUserNamespaces(errno: number) + Requirements.weakerWay, errno: number)
    case "create a procfs" where number == EPERM:
      return Failure(
        "LR013", "a new /proc cannot be mounted here, as it happens inside containers that hide parts of theirs",
        help: "run outside the container, or give the container an unmasked /proc", errno: number)
    case "load the system-call filter" where number == EINVAL || number == ENOSYS:
      return Failure(
        "LR012", "this kernel does not load the system-call filter: \(SystemIO.describe(errno: number))",
        help: "use a kernel with CONFIG_SECCOMP_FILTER; `locara doctor` shows what this kernel can enforce",
        errno: number)
    case "execute":
      return Failure(
        "LR006", "the program cannot be executed: \(SystemIO.describe(errno: number))", path: place,
        help: number == ENOENT
          ? "the file, or the interpreter that it names, is not mounted in the sandbox"
          : number == EACCES
            ? "neither mount nor Landlock may forbid its execution, and it needs the x permission" : nil,
        errno: number)
    default:
      if number == ENOSYS {
        return Failure(
          "LR013", "this kernel lacks a call that the sandbox needs: cannot \(step)", path: place,
          help: "use Linux 5.12 or newer; `locara doctor` shows what is missing", errno: number)
      }
      return Failure("LR001", "cannot \(step): \(SystemIO.describe(errno: number))", path: place, errno: number)
    }
  }

  /// A failed step as it is, without regard to a plan.
  static func describe(_ message: locara_message) -> Failure {
    let path = text(of: message, \.path)
    return Failure(
      "LR001", "cannot \(text(of: message, \.step)): \(SystemIO.describe(errno: message.error))",
      path: path.isEmpty ? nil : path, errno: message.error)
  }

  private static func text<Tuple>(of message: locara_message, _ field: KeyPath<locara_message, Tuple>) -> String {
    unsafe withUnsafeBytes(of: message[keyPath: field]) { buffer in
      unsafe String(decoding: buffer.prefix { $0 != 0 }, as: UTF8.self)
    }
  }
}

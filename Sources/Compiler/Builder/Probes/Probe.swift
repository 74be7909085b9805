internal import KernelPlan
internal import PolicyIR
internal import Runner
internal import SystemIO

/// What a probe of one operation found.
package enum ProbeResult: Hashable, Sendable {
  /// The kernel let it be done; how it answered.
  case permitted(String)
  /// The kernel did not; how it answered.
  case refused(String)
  /// It was not tried, or the answer says nothing about rights: why.
  case notProbed(String)
}

/// How one operation is tried: what has to be on the outside for the answer to mean something, and what is done inside.
struct Probe {
  enum Preparation: Hashable {
    /// A file at a place of the scratch world, and the directories above it.
    case file(ScratchPlace)
    /// Only the directories above it.
    case parents(ScratchPlace)
    /// A variable of the caller.
    case variable(name: String, value: String)
    /// A file that the user hands over.
    case selected(name: String)
  }

  var attempt: Attempt
  var preparations: [Preparation] = []
  /// Errors that say that the operation was let through and failed for another reason.
  var isPermittedBy: Set<Int32> = []
  /// Errors that say nothing, with the reason.
  var saysNothing: [Int32: String] = [:]

  /// The probe of an operation under a policy; else why there is none.
  static func of(_ operation: Operation, policy: Policy) -> Result<Probe, NoProbe> {
    switch operation {
    case .file(let operation): file(operation)
    case .connect(let operation): connect(operation, policy.authority)
    case .listen(let operation): listen(operation)
    case .process(.spawn(let program)): spawn(program)
    case .process(.startThread): .success(Probe(attempt: Attempt("thread")))
    case .use(let device): use(device)
    case .communicate(let facility): communicate(facility)
    case .readVariable(let name): variable(name)
    case .notify: .failure(NoProbe("notifications go through the session bus, which no kernel rule tells apart"))
    case .runInBackground: .failure(NoProbe("no system call is work in the background; the runner decides it"))
    case .serve: .failure(NoProbe("a protocol on the standard streams is no system call of its own"))
    }
  }

  struct NoProbe: Error, Hashable {
    var reason: String
    init(_ reason: String) { self.reason = reason }
  }

  // MARK: Files

  private static func file(_ operation: FileAuthority.Operation) -> Result<Probe, NoProbe> {
    guard let root = operation.path.components.first, let base = SandboxLayout.path(ofRoot: root) else {
      return .failure(NoProbe("no place inside the sandbox is called that"))
    }
    let below = Array(operation.path.components.dropFirst())
    let inside = ([base] + below).joined(separator: "/")
    var probe = Probe(attempt: Attempt(operation.access.rawValue, inside.isEmpty ? "/" : inside))
    switch root {
    case "host":
      guard operation.access == .read || operation.access == .write else {
        return .failure(NoProbe("trying it would change this machine if the kernel let it"))
      }
      guard Files.exists("/" + below.joined(separator: "/")) else {
        return .failure(NoProbe("this machine has no such file"))
      }
    case "models": return .failure(NoProbe("models are mounted file by file, and there is no file of that name to try"))
    case "user-selected":
      guard let name = below.first else { return .failure(NoProbe("it names no file that could be handed over")) }
      probe.preparations = [.selected(name: name)]
    default:
      guard let role = ScratchPlace.Root(policyRoot: root) else {
        return .failure(NoProbe("nothing stands for it on the outside"))
      }
      // The place itself is a directory that is there.
      let place = ScratchPlace(role, below)
      if !below.isEmpty { probe.preparations = [operation.access == .create ? .parents(place) : .file(place)] }
    }
    if below.isEmpty || root == "user-selected", operation.access != .read {
      return .failure(NoProbe("it is about a directory as a whole; name a file in it"))
    }
    return .success(probe)
  }

  // MARK: Network

  /// Nothing is sent to the peer: the attempt goes to this machine's own loopback address, at the same port and by the
  /// same transport. What the kernel enforces is the right to connect at all; it knows no names.
  private static func connect(
    _ operation: ConnectAuthority.Operation, _ authority: Authority
  ) -> Result<Probe, NoProbe> {
    guard authority.connect == .nothing || authority.connect == .full else {
      return .failure(NoProbe("which peers are reached is decided by the broker outside of the sandbox"))
    }
    // An app that listens has sockets, and may reach its own loopback address by them: connecting there says nothing.
    guard authority.connect == .full || authority.listen == .nothing else {
      return .failure(NoProbe("an app that listens may connect to itself, and trying another peer would send to it"))
    }
    let isSix = if case .address(.v6) = operation.peer { true } else { false }
    return .success(
      Probe(
        attempt: Attempt("connect", operation.transport.rawValue, isSix ? "::1" : "127.0.0.1", "\(operation.port)"),
        isPermittedBy: [Errors.inProgress, Errors.refused, Errors.timedOut],
        saysNothing: [Errors.addressNotAvailable: "this machine has no loopback address of that version"]))
  }

  private static func listen(_ operation: ListenAuthority.Operation) -> Result<Probe, NoProbe> {
    if operation.port < 1024 { return .failure(NoProbe("ports below 1024 are the system's, whatever the policy says")) }
    return .success(
      Probe(
        attempt: Attempt("listen", operation.transport.rawValue, operation.scope.rawValue, "\(operation.port)"),
        isPermittedBy: [Errors.addressInUse]))
  }

  // MARK: The rest

  private static func spawn(_ program: String) -> Result<Probe, NoProbe> {
    let inside = SandboxLayout.path(ofProgram: program)
    var probe = Probe(attempt: Attempt("start", inside))
    if program.hasPrefix("/") || !program.contains("/") {
      guard Files.exists(inside) else { return .failure(NoProbe("this machine has no \(inside)")) }
    } else {
      probe.preparations = [.file(ScratchPlace(.payload, program.split(separator: "/").map(String.init)))]
    }
    return .success(probe)
  }

  private static func use(_ device: Device) -> Result<Probe, NoProbe> {
    let node =
      switch device {
      case .camera: "/dev/video0"
      case .gpu: "/dev/dri"
      case .microphone, .speaker: "/dev/snd"
      }
    guard Files.exists(node) else { return .failure(NoProbe("this machine has no \(node)")) }
    return .success(Probe(attempt: Attempt("device", node)))
  }

  private static func communicate(_ facility: IPCFacility) -> Result<Probe, NoProbe> {
    switch facility {
    case .sharedMemory: .success(Probe(attempt: Attempt("shared-memory")))
    case .dbus, .wayland:
      // Without a socket of any name there is no way to the bus or the display; whether one is there does not matter.
      .success(
        Probe(
          attempt: Attempt("unix", facility == .dbus ? "/run/user/1000/bus" : "/run/user/1000/wayland-0"),
          isPermittedBy: [Errors.refused]))
    }
  }

  private static func variable(_ name: String) -> Result<Probe, NoProbe> {
    guard !["HOME", "PATH", "TMPDIR"].contains(name), !name.hasPrefix("LOCARA_") else {
      return .failure(NoProbe("the sandbox sets this variable itself"))
    }
    return .success(
      Probe(
        attempt: Attempt("environment", name, "probed"), preparations: [.variable(name: name, value: "probed")]))
  }
}

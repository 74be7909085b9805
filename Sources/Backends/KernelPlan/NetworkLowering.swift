internal import PolicyIR
internal import SandboxPlan
internal import Structures

extension PlanBuilder {
  /// The network that an app lives in.
  enum Network {
    /// One of its own, with nothing in it.
    case none
    /// One of its own, from which the egress broker connects it.
    case brokered(EgressPlan)
    case machine
  }

  mutating func lowerNetwork(_ connect: ConnectAuthority, _ listen: ListenAuthority) -> Network {
    switch connect {
    case .nothing where listen == .nothing:
      deny("connect anywhere", by: ["seccomp", "namespace network"])
      return .none
    case .full:
      grant("connect anywhere", by: ["seccomp"], .exact, "the machine's network, TCP and UDP")
      for path in ["/etc/hosts", "/etc/nsswitch.conf", "/etc/resolv.conf", "/etc/ssl"] {
        mount(PlanMount(.host(path), at: path, isOptional: true))
      }
      if listen == .nothing {
        deny("listen", by: ["landlock"], .overApproximated, "UDP sockets can receive on the port that they send from")
      } else {
        refuse(
          listen.witness.map { .listen($0) }, "listen",
          "with the machine's whole network the ports cannot be told apart; list the hosts in `net.allowed_hosts`")
      }
      return .machine
    default: return lowerBrokered(connect, listen)
    }
  }

  mutating func lowerFacilities(_ authority: Authority) {
    for facility in authority.ipc.elements where facility != .sharedMemory {
      refuse(
        .communicate(facility), "ipc \(facility.rawValue)",
        "the socket of \(facility.rawValue) cannot be handed over yet; set it to false")
    }
    for mode in authority.notifications.elements {
      refuse(
        .notify(mode), "notify \(mode.rawValue)", "notifications need the session bus, which is not handed over yet")
    }
    guard !asksOnly else { return }
    if authority.ipc.permits(.sharedMemory) { grant("ipc shared-memory", by: ["namespace ipc", "mount", "seccomp"]) }
    deny(
      authority.ipc.permits(.sharedMemory) ? "all other ipc" : "ipc of any kind",
      by: ["namespace ipc", "namespace network", "mount"])
    for name in authority.environment.elements { grant("environment \(name)", by: ["environment"]) }
    deny("all other variables", by: ["environment"])
    if authority.process.threads {
      grant("start thread", by: ["seccomp"])
    } else {
      deny("start thread", by: ["seccomp"])
    }
    for mode in authority.background.elements {
      grant(
        "background \(mode.rawValue)", by: ["runner"], .overApproximated,
        "an app that is running may go on running; nothing starts it by itself")
    }
    for served in authority.serves.elements { grant("serve \(served.rawValue)", by: ["standard streams"]) }
    deny("other processes of the machine", by: ["namespace pid", "landlock"])
  }
}

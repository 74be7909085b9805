internal import SystemCalls

extension SystemCallPolicy {
  /// The system-call policy of an app: the groups' dispositions, and the rules below for the conditional ones.
  ///
  /// What is known and denied fails with EPERM. Numbers that the table does not have fail with ENOSYS, so that a C
  /// library that is newer than the table falls back to older calls.
  package static func forApp(_ needs: SystemCallNeeds) -> SystemCallPolicy {
    var rules: [SystemCallRule] = []
    for group in SystemCallGroup.allCases {
      switch group.disposition {
      case .permitted:
        let calls = group.calls.filter { needs.choosesProcessors || $0.name != "sched_setaffinity" }
        rules += calls.map { SystemCallRule($0.name, .allow, reason: group.reason) }
      case .conditional: rules += conditional(group, needs)
      case .denied: break
      case .absent: rules += group.calls.map { SystemCallRule($0.name, .noSuchCall, reason: group.reason) }
      }
    }
    return SystemCallPolicy(denied: .operationNotPermitted, unknown: .noSuchCall, foreign: .killProcess, rules: rules)
  }

  private static func conditional(_ group: SystemCallGroup, _ needs: SystemCallNeeds) -> [SystemCallRule] {
    func allow(_ names: [String], where conditions: ArgumentCondition...) -> [SystemCallRule] {
      names.map { SystemCallRule($0, where: conditions, .allow, reason: group.reason) }
    }
    func allow(all isNeeded: Bool) -> [SystemCallRule] { isNeeded ? allow(group.calls.map(\.name)) : [] }

    return switch group {
    case .memoryFile:
      allow(["memfd_create"], where: .init(1, .maskedEqual(mask: Flags.memoryFileMask, value: Flags.noExecuteSeal)))
    case .fileMode:
      allow(["chmod", "fchmod"], where: .init(1, .maskedEqual(mask: Flags.setIDs, value: 0)))
        + allow(["fchmodat", "fchmodat2"], where: .init(2, .maskedEqual(mask: Flags.setIDs, value: 0)))
    case .fileNode:
      [UInt64(0), Flags.regular, Flags.fifo, Flags.socketFile].flatMap { type in
        allow(["mknod"], where: .init(1, .maskedEqual(mask: Flags.typeMask, value: type)))
          + allow(["mknodat"], where: .init(2, .maskedEqual(mask: Flags.typeMask, value: type)))
      }
    case .ioctl:
      [
        SystemCallRule(
          "ioctl", where: Flags.terminalRequests.map { .init(1, .notEqual($0)) }, .allow, reason: group.reason)
      ]
    case .clone: clone(needs, reason: group.reason)
    case .spawn: allow(all: needs.spawn)
    case .personality:
      allow(["personality"], where: .init(0, .equal(0))) + allow(["personality"], where: .init(0, .equal(0xFFFF_FFFF)))
    case .socket: sockets(needs, reason: group.reason)
    case .socketPair: allow(["socketpair"], where: .init(0, .equal(Family.unix)))
    case .socketSend where needs.network == .brokered:
      // A datagram with an address is told like a connection; what is sent on a connected socket is not looked at.
      allow(["sendto"], where: .init(5, .equal(0))) + allow(["sendmsg", "sendmmsg"])
        + [
          SystemCallRule(
            "sendto", where: [.init(5, .notEqual(0))], .notify,
            reason: "The supervisor puts each datagram with an address before the egress broker.")
        ]
    case .socketSend:
      needs.network == .tcp
        ? allow(["sendto", "sendmmsg"], where: .init(3, .maskedEqual(mask: Flags.fastOpen, value: 0)))
          + allow(["sendmsg"], where: .init(2, .maskedEqual(mask: Flags.fastOpen, value: 0)))
        : allow(all: true)
    case .socketConnect:
      needs.network == .brokered
        ? [SystemCallRule("connect", .notify, reason: "The supervisor puts each connection before the egress broker.")]
          + allow(["bind"])
        : allow(all: needs.network != .none || needs.unixSockets)
    case .socketListen: allow(all: needs.listen)
    case .sharedMemory: allow(all: needs.sharedMemory)
    default: []
    }
  }

  /// clone(2) by its flags, and clone3(2), whose flags are in memory where no filter can see them, as if the kernel did
  /// not have it: libraries then use clone.
  private static func clone(_ needs: SystemCallNeeds, reason: String) -> [SystemCallRule] {
    var rules = [SystemCallRule("clone3", .noSuchCall, reason: reason)]
    let condition: ArgumentCondition.Comparison? =
      switch (needs.threads, needs.spawn) {
      case (true, true): .maskedEqual(mask: Flags.newNamespaces, value: 0)
      case (true, false): .maskedEqual(mask: Flags.newNamespaces | Flags.thread, value: Flags.thread)
      case (false, true): .maskedEqual(mask: Flags.newNamespaces | Flags.thread, value: 0)
      case (false, false): nil
      }
    if let condition { rules.append(SystemCallRule("clone", where: [.init(0, condition)], .allow, reason: reason)) }
    return rules
  }

  /// socket(2) by family, type (without the flags SOCK_CLOEXEC and SOCK_NONBLOCK) and protocol.
  private static func sockets(_ needs: SystemCallNeeds, reason: String) -> [SystemCallRule] {
    func allow(_ family: UInt64, type: UInt64? = nil, protocols: [UInt64] = []) -> [SystemCallRule] {
      var conditions = [ArgumentCondition(0, .equal(family))]
      if let type { conditions.append(.init(1, .maskedEqual(mask: Flags.socketTypeMask, value: type))) }
      guard !protocols.isEmpty else { return [SystemCallRule("socket", where: conditions, .allow, reason: reason)] }
      return protocols.map {
        SystemCallRule("socket", where: conditions + [.init(2, .equal($0))], .allow, reason: reason)
      }
    }
    var rules: [SystemCallRule] = []
    if needs.unixSockets { rules += allow(Family.unix) }
    switch needs.network {
    case .none: break
    case .tcp:
      // Protocol 0 is TCP for a stream; SCTP and MPTCP would connect past Landlock's check of TCP.
      for family in [Family.internet, Family.internet6] {
        rules += allow(family, type: SocketType.stream, protocols: [0, SocketProtocol.tcp])
      }
    case .brokered:
      // Whatever is sent stays in the app's network; other protocols would only fail later and say less.
      for family in [Family.internet, Family.internet6] {
        rules += allow(family, type: SocketType.stream, protocols: [0, SocketProtocol.tcp])
        rules += allow(family, type: SocketType.datagram, protocols: [0, SocketProtocol.udp])
      }
      rules += allow(Family.netlink, type: SocketType.raw, protocols: [SocketProtocol.netlinkRoute])
      rules += allow(Family.netlink, type: SocketType.datagram, protocols: [SocketProtocol.netlinkRoute])
    case .full:
      for family in [Family.internet, Family.internet6] {
        rules += allow(family, type: SocketType.stream) + allow(family, type: SocketType.datagram)
      }
      rules += allow(Family.netlink, type: SocketType.raw, protocols: [SocketProtocol.netlinkRoute])
      rules += allow(Family.netlink, type: SocketType.datagram, protocols: [SocketProtocol.netlinkRoute])
    }
    return rules
  }

  /// linux/socket.h.
  private enum Family {
    static let unix: UInt64 = 1
    static let internet: UInt64 = 2
    static let internet6: UInt64 = 10
    static let netlink: UInt64 = 16
  }

  /// linux/net.h.
  private enum SocketType {
    static let stream: UInt64 = 1
    static let datagram: UInt64 = 2
    static let raw: UInt64 = 3
  }

  /// linux/in.h, linux/netlink.h.
  private enum SocketProtocol {
    static let tcp: UInt64 = 6
    static let udp: UInt64 = 17
    static let netlinkRoute: UInt64 = 0
  }

  /// linux/sched.h, linux/memfd.h, linux/stat.h, asm-generic/ioctls.h, linux/net.h, linux/socket.h.
  private enum Flags {
    /// CLONE_NEWNS, NEWCGROUP, NEWUTS, NEWIPC, NEWUSER, NEWPID, NEWNET. CLONE_NEWTIME shares its bit with the exit
    /// signal and means nothing to clone(2).
    static let newNamespaces: UInt64 = 0x7E02_0000
    static let thread: UInt64 = 0x0001_0000
    static let noExecuteSeal: UInt64 = 0x8
    /// MFD_NOEXEC_SEAL and MFD_EXEC.
    static let memoryFileMask: UInt64 = 0x18
    /// S_ISUID and S_ISGID.
    static let setIDs: UInt64 = 0o6000
    static let typeMask: UInt64 = 0o170000
    static let regular: UInt64 = 0o100000
    static let fifo: UInt64 = 0o010000
    static let socketFile: UInt64 = 0o140000
    /// TIOCSTI types into the terminal, TIOCLINUX pastes into the console, TIOCSETD loads line disciplines, TIOCCONS
    /// takes the console's output.
    static let terminalRequests: [UInt64] = [0x5412, 0x541C, 0x5423, 0x541D]
    static let socketTypeMask: UInt64 = 0xF
    static let fastOpen: UInt64 = 0x2000_0000
  }
}

/// What a filter does with each system call: rules by name, with typed argument predicates, and three defaults.
///
/// Every call with given arguments has exactly one action: that of the rules that match it (rules of one call that
/// overlap must agree, `LC004`), else `denied` when the table has the call on the architecture, else `unknown`.
package struct SystemCallPolicy: Hashable, Sendable {
  /// For a call that the table knows on the architecture and that no rule matches.
  package var denied: SystemCallAction
  /// For a number that the table does not have: a newer kernel's calls, and numbers that no kernel assigned.
  package var unknown: SystemCallAction
  /// For every call of another architecture, of i386 on x86_64 and of the x32 ABI.
  package var foreign: SystemCallAction
  package var rules: [SystemCallRule]

  package init(
    denied: SystemCallAction, unknown: SystemCallAction, foreign: SystemCallAction = .killProcess,
    rules: [SystemCallRule]
  ) {
    self.denied = denied
    self.unknown = unknown
    self.foreign = foreign
    self.rules = rules
  }
}

/// An action for one call, when all of its conditions hold.
package struct SystemCallRule: Hashable, Sendable {
  /// The kernel's name, "openat". A call that an architecture does not have is left out there.
  package var call: String
  package var conditions: [ArgumentCondition]
  package var action: SystemCallAction
  /// Why the rule is there, one sentence; may be empty.
  package var reason: String

  package init(
    _ call: String, where conditions: [ArgumentCondition] = [], _ action: SystemCallAction, reason: String = ""
  ) {
    self.call = call
    self.conditions = conditions
    self.action = action
    self.reason = reason
  }
}

/// A predicate on one argument, evaluated at the width that the kernel gives the argument.
package struct ArgumentCondition: Hashable, Sendable {
  package enum Comparison: Hashable, Sendable {
    case equal(UInt64)
    case notEqual(UInt64)
    case less(UInt64)
    case lessOrEqual(UInt64)
    case greater(UInt64)
    case greaterOrEqual(UInt64)
    /// Both ends belong to it.
    case range(UInt64, UInt64)
    /// `argument & mask == value`.
    case maskedEqual(mask: UInt64, value: UInt64)
    /// `argument & mask != value`.
    case maskedNotEqual(mask: UInt64, value: UInt64)
  }

  /// 0...5.
  package var index: Int
  package var comparison: Comparison
  /// Whether orders and ranges compare as two's complement numbers of the argument's width.
  package var isSigned: Bool

  package init(_ index: Int, _ comparison: Comparison, signed isSigned: Bool = false) {
    self.index = index
    self.comparison = comparison
    self.isSigned = isSigned
  }
}

/// What the kernel does with a call, seccomp(2).
package enum SystemCallAction: Hashable, Sendable {
  case killProcess
  case killThread
  /// Sends SIGSYS with this number in `si_errno`.
  case trap(UInt16)
  /// Fails the call with this errno; the kernel caps it at 4095.
  case errno(UInt16)
  /// Asks the supervisor that holds the filter's listener.
  case notify
  /// Tells a tracer, with this number as the event's message.
  case trace(UInt16)
  /// Permits the call and writes it to the log.
  case log
  case allow

  package static let operationNotPermitted = SystemCallAction.errno(1)
  package static let noSuchCall = SystemCallAction.errno(38)

  /// What a filter returns for it: `SECCOMP_RET_*` and data, linux/seccomp.h.
  package var returnValue: UInt32 {
    switch self {
    case .killProcess: 0x8000_0000
    case .killThread: 0x0000_0000
    case .trap(let data): 0x0003_0000 | UInt32(data)
    case .errno(let number): 0x0005_0000 | UInt32(min(number, 4095))
    case .notify: 0x7FC0_0000
    case .trace(let data): 0x7FF0_0000 | UInt32(data)
    case .log: 0x7FFC_0000
    case .allow: 0x7FFF_0000
    }
  }

  /// What the kernel does when a filter returns `value`: data that an action does not use is ignored, an action that no
  /// kernel knows ends the process.
  package init(returnValue value: UInt32) {
    let data = UInt16(truncatingIfNeeded: value)
    switch value & 0xFFFF_0000 {
    case 0x0000_0000: self = .killThread
    case 0x0003_0000: self = .trap(data)
    case 0x0005_0000: self = .errno(min(data, 4095))
    case 0x7FC0_0000: self = .notify
    case 0x7FF0_0000: self = .trace(data)
    case 0x7FFC_0000: self = .log
    case 0x7FFF_0000: self = .allow
    default: self = .killProcess
    }
  }

  /// Whether the call is carried out without anybody being asked.
  package var permits: Bool { self == .allow || self == .log }
}

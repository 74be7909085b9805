package import CanonicalJSON
internal import SandboxPlan

/// A difference for people and for programs.
package enum FilterDifferenceText {
  /// One line a change: "widened: new allows ioctl(0x0, 0x5412, 0x0) on x86_64, old answers errno 1".
  package static func text(_ difference: FilterDifference) -> String {
    guard !difference.changes.isEmpty else {
      return "the filters do the same for every input on \(difference.architecture.rawValue)\n"
    }
    return difference.changes.map { change in
      let call = change.witness.spelling(on: difference.architecture)
      let place = "\(call) on \(difference.architecture.rawValue)"
      return switch change.direction {
      case .widened: "widened: new \(verb(change.new)) \(place), old \(verb(change.old)) it\n"
      case .narrowed: "narrowed: new \(verb(change.new)) \(place), old \(verb(change.old)) it\n"
      case .changed: "changed: new \(verb(change.new)) \(place), old \(verb(change.old)) it\n"
      }
    }.joined()
  }

  private static func verb(_ action: SystemCallAction) -> String {
    switch action {
    case .allow: "allows"
    case .log: "allows and logs"
    case .notify: "asks the supervisor about"
    case .trace: "asks the tracer about"
    case .errno(let number): "denies (errno \(number))"
    case .trap: "denies (SIGSYS)"
    case .killThread: "denies (ends the thread)"
    case .killProcess: "denies (ends the process)"
    }
  }

  package static func json(_ difference: FilterDifference) -> JSON {
    [
      "architecture": .string(difference.architecture.rawValue), "within": .bool(difference.isWithin),
      "changes": .array(
        difference.changes.map { change in
          [
            "direction": .string(change.direction.rawValue), "old": .string(change.old.description),
            "new": .string(change.new.description), "number": .integer(Int64(change.witness.number)),
            "architecture": .string("0x" + String(change.witness.architecture, radix: 16)),
            "call": .string(change.witness.spelling(on: difference.architecture)),
            "arguments": .array(change.witness.arguments.map { .string("0x" + String($0, radix: 16)) }),
          ]
        }),
    ]
  }
}

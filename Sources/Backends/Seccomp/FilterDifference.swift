package import SandboxPlan
internal import SystemCalls
package import SystemIO

/// How a new filter differs from an old one, call by call.
package struct FilterDifference: Hashable, Sendable {
  package enum Direction: String, Hashable, Sendable, Comparable {
    /// The new filter lets something through that the old one does not.
    case widened
    case narrowed
    /// Neither lets it through, or both do, in different ways.
    case changed

    package static func < (left: Direction, right: Direction) -> Bool { left.rank < right.rank }

    private var rank: Int {
      switch self {
      case .widened: 0
      case .narrowed: 1
      case .changed: 2
      }
    }
  }

  /// One input on which the filters differ, the smallest of its call and direction.
  package struct Change: Hashable, Sendable {
    package var direction: Direction
    package var witness: SystemCallData
    package var old: SystemCallAction
    package var new: SystemCallAction
  }

  package let architecture: Architecture
  /// By direction, then by number; calls of other architectures last.
  package let changes: [Change]

  /// Whether the new filter lets nothing through that the old one does not.
  package var isWithin: Bool { !changes.contains { $0.direction == .widened } }

  package init(from old: FilterSource, to new: FilterSource, on architecture: Architecture) throws(Failure) {
    self.architecture = architecture
    var diagram = DecisionDiagram()
    let before = try old.actions(on: architecture, in: &diagram)
    let after = try new.actions(on: architecture, in: &diagram)
    guard before != after else {
      changes = []
      return
    }
    let isNative = diagram.equal(diagram.word(Word.architecture), diagram.constant(architecture.auditToken))
    let numbers = SystemCall.all.compactMap { $0.number(on: architecture) }.sorted()
    var places: [DecisionDiagram.Node] = []
    var isKnown = DecisionDiagram.no
    for number in numbers {
      let isNumber = diagram.equal(diagram.word(Word.number), diagram.constant(number))
      isKnown = diagram.either(isKnown, isNumber)
      places.append(diagram.both(isNative, isNumber))
    }
    places.append(diagram.both(isNative, diagram.not(isKnown)))
    places.append(diagram.not(isNative))

    var changes: [Change] = []
    for direction in [Direction.widened, .narrowed, .changed] {
      let area = diagram.compare(before, after) { old, new in
        old != new && FilterDifference.direction(old, new) == direction
      }
      guard area != DecisionDiagram.no else { continue }
      for place in places {
        let part = diagram.both(area, place)
        guard let words = diagram.witness(part, of: DecisionDiagram.yes) else { continue }
        let data = SystemCallData(words: words)
        changes.append(
          Change(
            direction: direction, witness: data, old: diagram.action(before, words), new: diagram.action(after, words)))
      }
    }
    guard !diagram.isExhausted else { throw SystemCallPolicy.tooComplex }
    self.changes = changes
  }

  /// Notifying or tracing leaves the decision to somebody else, who may permit: less than permission, more than denial.
  private static func direction(_ old: UInt32, _ new: UInt32) -> Direction {
    func rank(_ value: UInt32) -> Int {
      switch SystemCallAction(returnValue: value) {
      case .allow, .log: 2
      case .notify, .trace: 1
      default: 0
      }
    }
    let (a, b) = (rank(old), rank(new))
    return a < b ? .widened : a > b ? .narrowed : .changed
  }
}

/// What a filter can be read from.
package enum FilterSource {
  case program(SystemCallFilter)
  case policy(SystemCallPolicy)

  func actions(
    on architecture: Architecture, in diagram: inout DecisionDiagram
  ) throws(Failure) -> DecisionDiagram.Node {
    switch self {
    case .policy(let policy): return try PolicyDiagram(policy, architecture, in: &diagram).root
    case .program(let filter):
      guard let node = SymbolicExecutor.actions(of: filter.program, in: &diagram) else {
        throw SystemCallPolicy.tooComplex
      }
      return node
    }
  }
}

extension DecisionDiagram {
  /// The action at an input.
  func action(_ node: Node, _ words: [UInt32]) -> SystemCallAction {
    var node = node
    while node > 0 {
      let inner = self[node]
      let bit = words[Int(inner.variable) / 32] >> (31 - UInt32(inner.variable) % 32) & 1
      node = bit == 1 ? inner.high : inner.low
    }
    return SystemCallAction(returnValue: value(of: node) ?? 0)
  }
}

extension SystemCallData {
  /// The call as people write it, with the arguments that it has: "ioctl(0x0, 0x5412, 0x0)".
  package func spelling(on architecture: Architecture) -> String {
    func hexadecimal(_ value: some BinaryInteger) -> String { "0x" + String(value, radix: 16) }
    guard self.architecture == architecture.auditToken else {
      return "call \(number) of architecture \(hexadecimal(self.architecture))"
    }
    guard let call = SystemCall.numbered(number, on: architecture) else {
      return "call \(number)(\(arguments.map(hexadecimal).joined(separator: ", ")))"
    }
    let count = max(call.arguments.count, 1 + (arguments.lastIndex { $0 != 0 } ?? -1))
    return "\(call.name)(\(arguments.prefix(count).map(hexadecimal).joined(separator: ", ")))"
  }
}

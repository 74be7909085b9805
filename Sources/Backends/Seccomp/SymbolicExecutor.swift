/// Executes a filter on all inputs at once: the result is the decision diagram of its actions.
///
/// Registers hold 32 functions of the input, one a bit, so every instruction that the kernel accepts has a meaning and
/// nothing is approximated. Jumps only go forward: states are found in program order, and their results put together
/// from the end. A state is a place in the program and the contents of the registers; what led there is not part of
/// it, so that paths that meet are looked at once.
struct SymbolicExecutor {
  private let program: [BPFInstruction]
  private var values: [DecisionDiagram.Bits] = []
  private var valueIndex: [DecisionDiagram.Bits: Int] = [:]
  private var memories: [[Int]] = []
  private var memoryIndex: [[Int]: Int] = [:]
  private var predicates: [Predicate: DecisionDiagram.Node] = [:]
  private var words = [Int](repeating: -1, count: Word.count)
  private var states: [[State]]
  private var stateIndex: [[State: Int]]
  private var stateCount = 0
  private let stateLimit: Int

  private struct State: Hashable {
    var accumulator: Int
    var index: Int
    var memory: Int
  }

  private struct Predicate: Hashable {
    var operation: UInt16
    var left: Int
    var right: Int
  }

  private enum Successor {
    case state(position: Int, index: Int)
    case result(DecisionDiagram.Node)
  }

  /// The actions of `program`, which `BPFChecker` accepts; nil when the diagram grew past its limit.
  static func actions(
    of program: [BPFInstruction], in diagram: inout DecisionDiagram, stateLimit: Int = 1 << 15
  ) -> DecisionDiagram.Node? {
    var executor = SymbolicExecutor(program, stateLimit: stateLimit)
    return executor.run(&diagram)
  }

  private init(_ program: [BPFInstruction], stateLimit: Int) {
    self.program = program
    self.stateLimit = stateLimit
    states = Array(repeating: [], count: program.count)
    stateIndex = Array(repeating: [:], count: program.count)
  }

  private mutating func run(_ diagram: inout DecisionDiagram) -> DecisionDiagram.Node? {
    let zero = intern(diagram.constant(0))
    _ = state(at: 0, State(accumulator: zero, index: zero, memory: intern(memory: Array(repeating: zero, count: 16))))
    var branches: [[(condition: DecisionDiagram.Node, then: Successor, otherwise: Successor)]] = []
    for position in program.indices {
      var row: [(condition: DecisionDiagram.Node, then: Successor, otherwise: Successor)] = []
      for state in states[position] {
        guard let branch = step(position, state, &diagram), !diagram.isExhausted, stateCount <= stateLimit else {
          return nil
        }
        row.append(branch)
      }
      branches.append(row)
    }
    var results: [[DecisionDiagram.Node]] = Array(repeating: [], count: program.count)
    func resolve(_ successor: Successor) -> DecisionDiagram.Node {
      switch successor {
      case .state(let position, let index): results[position][index]
      case .result(let node): node
      }
    }
    for position in program.indices.reversed() {
      results[position] = branches[position].map {
        diagram.choose($0.condition, resolve($0.then), resolve($0.otherwise))
      }
    }
    return diagram.isExhausted ? nil : results[0][0]
  }

  // MARK: One instruction

  /// Nil when a returned value has too many forms.
  private mutating func step(
    _ position: Int, _ state: State, _ diagram: inout DecisionDiagram
  ) -> (condition: DecisionDiagram.Node, then: Successor, otherwise: Successor)? {
    let instruction = program[position]
    let operand = instruction.operand
    var next = state
    switch instruction.code {
    case BPFCode.loadWord: next.accumulator = word(Word.word(at: operand), &diagram)
    case BPFCode.loadLength: next.accumulator = intern(diagram.constant(BPFChecker.dataLength))
    case BPFCode.loadImmediate: next.accumulator = intern(diagram.constant(operand))
    case BPFCode.loadMemory: next.accumulator = memories[state.memory][Int(operand)]
    case BPFCode.loadIndexLength: next.index = intern(diagram.constant(BPFChecker.dataLength))
    case BPFCode.loadIndexImmediate: next.index = intern(diagram.constant(operand))
    case BPFCode.loadIndexMemory: next.index = memories[state.memory][Int(operand)]
    case BPFCode.store: next.memory = store(state.accumulator, at: Int(operand), in: state.memory)
    case BPFCode.storeIndex: next.memory = store(state.index, at: Int(operand), in: state.memory)
    case BPFCode.copyToIndex: next.index = state.accumulator
    case BPFCode.copyFromIndex: next.accumulator = state.index
    case BPFCode.negate: next.accumulator = intern(diagram.negate(values[state.accumulator]))
    case BPFCode.returnConstant:
      return always(.result(diagram.leaf(SystemCallAction(returnValue: operand).returnValue)))
    case BPFCode.returnAccumulator:
      var budget = 4096
      guard let result = returned(values[state.accumulator], from: 0, prefix: 0, &budget, &diagram) else { return nil }
      return always(.result(result))
    case BPFCode.jump:
      return always(self.state(at: position + 1 + Int(operand), state))
    default:
      let usesIndex = instruction.code & BPFCode.indexSource != 0
      let other = usesIndex ? state.index : intern(diagram.constant(operand))
      if instruction.code & BPFCode.classMask == 0x05 {
        let condition = predicate(instruction.code, state.accumulator, other, &diagram)
        // Only a branch that some value takes leads on: what constants rule out is not followed.
        if condition == DecisionDiagram.yes {
          return always(self.state(at: position + 1 + Int(instruction.jumpTrue), state))
        }
        if condition == DecisionDiagram.no {
          return always(self.state(at: position + 1 + Int(instruction.jumpFalse), state))
        }
        return (
          condition, self.state(at: position + 1 + Int(instruction.jumpTrue), state),
          self.state(at: position + 1 + Int(instruction.jumpFalse), state)
        )
      }
      next.accumulator = intern(calculate(instruction.code, state.accumulator, other, &diagram))
      if instruction.code == 0x3C {
        let isZero = predicate(0x1D, other, intern(diagram.constant(0)), &diagram)
        let killed = Successor.result(diagram.leaf(SystemCallAction.killThread.returnValue))
        return (isZero, killed, self.state(at: position + 1, next))
      }
    }
    return always(self.state(at: position + 1, next))
  }

  private func always(
    _ successor: Successor
  ) -> (condition: DecisionDiagram.Node, then: Successor, otherwise: Successor) {
    (DecisionDiagram.yes, successor, successor)
  }

  private mutating func predicate(
    _ code: UInt16, _ left: Int, _ right: Int, _ diagram: inout DecisionDiagram
  ) -> DecisionDiagram.Node {
    let key = Predicate(operation: code & BPFCode.operationMask, left: left, right: right)
    if let known = predicates[key] { return known }
    let (a, b) = (values[left], values[right])
    let result =
      switch key.operation {
      case 0x10: diagram.equal(a, b)
      case 0x20: diagram.greater(a, b, orEqual: false)
      case 0x30: diagram.greater(a, b, orEqual: true)
      default: diagram.intersects(a, b)
      }
    predicates[key] = result
    return result
  }

  private func calculate(
    _ code: UInt16, _ left: Int, _ right: Int, _ diagram: inout DecisionDiagram
  ) -> DecisionDiagram.Bits {
    let (a, b) = (values[left], values[right])
    return switch code & BPFCode.operationMask {
    case 0x00: diagram.add(a, b)
    case 0x10: diagram.subtract(a, b)
    case 0x20: diagram.multiply(a, b)
    case 0x30: diagram.divide(a, b)
    case 0x40: diagram.or(a, b)
    case 0x50: diagram.and(a, b)
    case 0x60: diagram.shift(a, by: b, left: true)
    case 0x70: diagram.shift(a, by: b, left: false)
    default: diagram.xor(a, b)
    }
  }

  /// The action of a computed return value: every value that the bits from `place` on can have, after `prefix`.
  private func returned(
    _ bits: DecisionDiagram.Bits, from place: Int, prefix: UInt32, _ budget: inout Int, _ diagram: inout DecisionDiagram
  ) -> DecisionDiagram.Node? {
    // Data does not matter for these, so the low half need not be known.
    if place == 16,
      [0x0000_0000, 0x7FC0_0000, 0x7FFC_0000, 0x7FFF_0000].contains(prefix << 16)
        || SystemCallAction(returnValue: prefix << 16) == .killProcess
    {
      return diagram.leaf(SystemCallAction(returnValue: prefix << 16).returnValue)
    }
    guard place < 32 else { return diagram.leaf(SystemCallAction(returnValue: prefix).returnValue) }
    budget -= 1
    guard budget > 0, !diagram.isExhausted else { return nil }
    let bit = bits[place]
    if bit == DecisionDiagram.yes || bit == DecisionDiagram.no {
      let value: UInt32 = bit == DecisionDiagram.yes ? 1 : 0
      return returned(bits, from: place + 1, prefix: prefix << 1 | value, &budget, &diagram)
    }
    guard let high = returned(bits, from: place + 1, prefix: prefix << 1 | 1, &budget, &diagram),
      let low = returned(bits, from: place + 1, prefix: prefix << 1, &budget, &diagram)
    else { return nil }
    return diagram.choose(bit, high, low)
  }

  // MARK: Interning

  private mutating func state(at position: Int, _ state: State) -> Successor {
    if let index = stateIndex[position][state] { return .state(position: position, index: index) }
    let index = states[position].count
    states[position].append(state)
    stateIndex[position][state] = index
    stateCount += 1
    return .state(position: position, index: index)
  }

  private mutating func word(_ word: Int, _ diagram: inout DecisionDiagram) -> Int {
    if words[word] < 0 { words[word] = intern(diagram.word(word)) }
    return words[word]
  }

  private mutating func intern(_ bits: DecisionDiagram.Bits) -> Int {
    if let index = valueIndex[bits] { return index }
    values.append(bits)
    valueIndex[bits] = values.count - 1
    return values.count - 1
  }

  private mutating func intern(memory: [Int]) -> Int {
    if let index = memoryIndex[memory] { return index }
    memories.append(memory)
    memoryIndex[memory] = memories.count - 1
    return memories.count - 1
  }

  private mutating func store(_ value: Int, at place: Int, in memory: Int) -> Int {
    var words = memories[memory]
    words[place] = value
    return intern(memory: words)
  }
}

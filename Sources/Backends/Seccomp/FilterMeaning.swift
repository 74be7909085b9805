package import SandboxPlan
internal import SystemCalls
package import SystemIO

/// What a filter does, whatever it was made from: the action for every input, as a decision diagram.
///
/// Two meanings that are to be compared live in one store, so a value holds all filters of one question.
package struct FilterMeaning {
  package let architecture: Architecture
  var diagram: DecisionDiagram
  let root: DecisionDiagram.Node

  /// The meaning of a program, of any origin.
  package init(of filter: SystemCallFilter) throws(Failure) {
    architecture = filter.architecture
    diagram = DecisionDiagram()
    guard let root = SymbolicExecutor.actions(of: filter.program, in: &diagram) else {
      throw Failure(
        "LC011", "the filter's arithmetic is too entangled to be analyzed",
        help: "filters that compare and mask words are; this one calculates with them")
    }
    self.root = root
  }

  /// The meaning of a policy, from its rules.
  package init(of policy: SystemCallPolicy, for architecture: Architecture) throws(Failure) {
    self.architecture = architecture
    diagram = DecisionDiagram()
    root = try PolicyDiagram(policy, architecture, in: &diagram).root
  }

  /// The action for one input, read from the diagram.
  package func action(for data: SystemCallData) -> SystemCallAction {
    var node = root
    while node > 0 {
      let inner = diagram[node]
      let word = data.word(at: Word.offset(of: Int(inner.variable) / 32))
      node = word >> (31 - UInt32(inner.variable) % 32) & 1 == 1 ? inner.high : inner.low
    }
    return SystemCallAction(returnValue: diagram.value(of: node) ?? 0)
  }

  /// What is left to decide for one number on the architecture.
  mutating func function(of number: UInt32) -> DecisionDiagram.Node {
    restrict(restrict(root, Word.architecture, architecture.auditToken), Word.number, number)
  }

  /// The one action of all numbers that the table does not have on the architecture, x32 aside; nil when they differ
  /// from each other or look at arguments.
  mutating func unknownAction() -> SystemCallAction? {
    let actions = restrict(root, Word.architecture, architecture.auditToken)
    let known = knownNumbers()
    let ceiling = architecture == .x86_64 ? diagram.constant(0x3FFF_FFFF) : diagram.constant(.max)
    let tooHigh = diagram.greater(diagram.word(Word.number), ceiling, orEqual: false)
    // Where the table decides, or x32, put the answer for one unassigned number: what remains differs or does not.
    let sample = function(of: 0x3FFF_FFFF)
    guard sample < 0, let value = diagram.value(of: sample) else { return nil }
    let rest = diagram.choose(diagram.either(known, tooHigh), sample, actions)
    return rest == sample ? SystemCallAction(returnValue: value) : nil
  }

  /// Whether the kernel's cache would accept the number: allowed from number and architecture alone.
  package mutating func isUnconditional(_ number: UInt32) -> Bool {
    let node = function(of: number)
    return node < 0 && diagram.value(of: node) == SystemCallAction.allow.returnValue
  }

  /// The predicate of the numbers that the table has.
  mutating func knownNumbers() -> DecisionDiagram.Node {
    let word = diagram.word(Word.number)
    return SystemCall.all.compactMap { $0.number(on: architecture) }.reduce(DecisionDiagram.no) {
      let isNumber = diagram.equal(word, diagram.constant($1))
      return diagram.either($0, isNumber)
    }
  }

  /// The function with one word fixed.
  private mutating func restrict(_ node: DecisionDiagram.Node, _ word: Int, _ value: UInt32) -> DecisionDiagram.Node {
    var known: [DecisionDiagram.Node: DecisionDiagram.Node] = [:]
    func restrict(_ node: DecisionDiagram.Node, _ diagram: inout DecisionDiagram) -> DecisionDiagram.Node {
      let variable = diagram.variable(node)
      guard variable < Int32(word * 32 + 32) else { return node }
      if let result = known[node] { return result }
      let inner = diagram[node]
      let result: DecisionDiagram.Node
      if variable >= Int32(word * 32) {
        let bit = value >> (31 - UInt32(variable) % 32) & 1
        result = restrict(bit == 1 ? inner.high : inner.low, &diagram)
      } else {
        let high = restrict(inner.high, &diagram)
        let low = restrict(inner.low, &diagram)
        result = diagram.node(variable, low: low, high: high)
      }
      known[node] = result
      return result
    }
    return restrict(node, &diagram)
  }
}

/// A part of what a call's arguments can be: every argument masked and compared with a value. No condition: anything.
package struct ArgumentCube: Hashable, Sendable {
  package struct Test: Hashable, Sendable {
    package var index: Int
    package var mask: UInt64
    package var value: UInt64
  }

  /// By index.
  package var tests: [Test]
  package var action: SystemCallAction
}

extension FilterMeaning {
  /// What the filter does with one number, as cubes that exclude each other and together cover all arguments, or nil
  /// when there are more than `limit` or the instruction pointer matters.
  package mutating func cubes(of number: UInt32, limit: Int = 512) -> [ArgumentCube]? {
    let node = function(of: number)
    var result: [ArgumentCube] = []
    var masks = [UInt64](repeating: 0, count: 6)
    var values = [UInt64](repeating: 0, count: 6)
    func walk(_ node: DecisionDiagram.Node) -> Bool {
      guard node > 0 else {
        let tests = (0..<6).filter { masks[$0] != 0 }.map {
          ArgumentCube.Test(index: $0, mask: masks[$0], value: values[$0])
        }
        result.append(ArgumentCube(tests: tests, action: SystemCallAction(returnValue: diagram.value(of: node) ?? 0)))
        return result.count <= limit
      }
      let inner = diagram[node]
      let word = Int(inner.variable) / 32
      guard word >= Word.argumentHigh(0) else { return false }
      let index = (word - 4) / 2
      let bit: UInt64 = 1 << (UInt64(31 - Int(inner.variable) % 32) + (word % 2 == 0 ? 32 : 0))
      masks[index] |= bit
      guard walk(inner.low) else { return false }
      values[index] |= bit
      guard walk(inner.high) else { return false }
      masks[index] &= ~bit
      values[index] &= ~bit
      return true
    }
    return walk(node) ? result : nil
  }
}

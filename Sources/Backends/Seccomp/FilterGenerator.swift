internal import SandboxPlan

/// Makes the program of a policy: a search tree over the numbers, then one word of the arguments after another.
///
/// Nothing but the number and the architecture is loaded before a call is known to need its arguments, and only
/// instructions that the kernel's emulator knows come before that: calls that are allowed whatever their arguments stay
/// on a path that the kernel's action cache accepts.
struct FilterGenerator {
  private var program = DecisionProgram()
  private var compiled: [DecisionDiagram.Node: DecisionProgram.Step] = [:]

  /// How many intervals of one word are worth a search tree; past it, its bits are tested one by one.
  private static let intervalLimit = 256

  static func generate(
    _ policy: PolicyDiagram, foreign: UInt32, _ architecture: Architecture, _ diagram: DecisionDiagram
  ) -> [BPFInstruction] {
    var generator = FilterGenerator()
    var intervals: [Interval] = []
    for (index, run) in policy.runs.enumerated() {
      let end = index + 1 < policy.runs.count ? policy.runs[index + 1].start : 0
      let outcome = generator.compile(run.action, diagram)
      intervals.append(
        Interval(
          start: run.start, outcome: outcome, isSingle: run.start &+ 1 == end,
          weight: CallFrequency.weight(from: run.start, to: end, on: architecture)))
    }
    let tree = IntervalTree.build(intervals, in: &generator.program)
    let numbers = generator.program.step(.load(Word.offset(of: Word.number), tree))
    let other = generator.program.step(.result(foreign))
    let check = generator.program.step(
      .test(BPFCode.jumpEqual, architecture.auditToken, then: numbers, otherwise: other))
    let start = generator.program.step(.load(Word.offset(of: Word.architecture), check))
    return ProgramLayout.instructions(of: generator.program, from: start)
  }

  /// The steps for what is left to decide, starting with the load of the first word that matters.
  private mutating func compile(_ node: DecisionDiagram.Node, _ diagram: DecisionDiagram) -> DecisionProgram.Step {
    if let known = compiled[node] { return known }
    let result: DecisionProgram.Step
    if let value = diagram.value(of: node) {
      result = program.step(.result(value))
    } else {
      let word = Int(diagram.variable(node)) / 32
      let decision = WordDecision(node, word: word, diagram, limit: FilterGenerator.intervalLimit)
      for successor in decision.successors where successor != node { _ = compile(successor, diagram) }
      let candidates = [
        sparse(decision, diagram), masked(decision), whole(decision), bitwise(node, word, diagram),
      ]
      let offset = Word.offset(of: word)
      let sized = candidates.compactMap { $0 }.map { (step: $0, size: program.size(of: $0)) }
      // The first of the smallest: they are listed from the quickest to the slowest.
      let best = sized.reduce(sized[0]) { $1.size < $0.size ? $1 : $0 }.step
      result = program.step(.load(offset, best))
    }
    compiled[node] = result
    return result
  }

  /// One test of all bits at once, when the function only asks whether some of a few bits are set.
  private mutating func sparse(_ decision: WordDecision, _ diagram: DecisionDiagram) -> DecisionProgram.Step? {
    guard let cube = decision.cube, cube.value == 0 || cube.mask.nonzeroBitCount == 1 else { return nil }
    guard let inside = compiled[cube.inside], let outside = compiled[cube.outside] else { return nil }
    return program.step(
      .test(
        BPFCode.jumpSet, cube.mask, then: cube.value == 0 ? outside : inside,
        otherwise: cube.value == 0 ? inside : outside))
  }

  /// A search tree after masking the bits that do not matter away.
  private mutating func masked(_ decision: WordDecision) -> DecisionProgram.Step? {
    guard decision.support != .max, let intervals = decision.maskedIntervals else { return nil }
    return program.step(.and(decision.support, tree(intervals)))
  }

  /// A search tree over the word as it is.
  private mutating func whole(_ decision: WordDecision) -> DecisionProgram.Step? {
    decision.wholeIntervals.map { tree($0) }
  }

  private mutating func tree(_ intervals: [WordDecision.Run]) -> DecisionProgram.Step {
    IntervalTree.build(
      intervals.map { Interval(start: $0.start, outcome: compiled[$0.node] ?? 0, isSingle: $0.isSingle, weight: 1) },
      in: &program)
  }

  /// The diagram itself, one test a bit: always possible, and as small as the diagram.
  private mutating func bitwise(
    _ node: DecisionDiagram.Node, _ word: Int, _ diagram: DecisionDiagram
  ) -> DecisionProgram.Step {
    var steps: [DecisionDiagram.Node: DecisionProgram.Step] = [:]
    func build(_ node: DecisionDiagram.Node, _ program: inout DecisionProgram) -> DecisionProgram.Step {
      guard node > 0, Int(diagram.variable(node)) / 32 == word else { return compiled[node] ?? 0 }
      if let known = steps[node] { return known }
      let inner = diagram[node]
      let high = build(inner.high, &program)
      let low = build(inner.low, &program)
      let mask: UInt32 = 1 << (31 - UInt32(inner.variable) % 32)
      let step = program.step(.test(BPFCode.jumpSet, mask, then: high, otherwise: low))
      steps[node] = step
      return step
    }
    return build(node, &program)
  }
}

/// What a function does with one word, before it looks at later ones.
struct WordDecision {
  struct Run {
    var start: UInt32
    var node: DecisionDiagram.Node
    var isSingle: Bool
  }

  /// `inside` where the masked word is `value`, `outside` elsewhere.
  struct Cube {
    var mask: UInt32
    var value: UInt32
    var inside: DecisionDiagram.Node
    var outside: DecisionDiagram.Node
  }

  /// What is left to decide after the word, in the order in which it is met.
  private(set) var successors: [DecisionDiagram.Node] = []
  /// The bits that matter.
  private(set) var support: UInt32 = 0
  /// Runs of the word with all its bits; nil when there are too many.
  private(set) var wholeIntervals: [Run]?
  /// Runs of the word with only the bits of `support`.
  private(set) var maskedIntervals: [Run]?
  private(set) var cube: Cube?

  init(_ node: DecisionDiagram.Node, word: Int, _ diagram: DecisionDiagram, limit: Int) {
    let first = Int32(word * 32)
    var inner: Set<DecisionDiagram.Node> = []
    var seen: Set<DecisionDiagram.Node> = []
    var open = [node]
    while let next = open.popLast() {
      guard seen.insert(next).inserted else { continue }
      guard next > 0, diagram.variable(next) < first + 32 else {
        successors.append(next)
        continue
      }
      inner.insert(next)
      support |= 1 << (31 - UInt32(diagram.variable(next) - first))
      open += [diagram[next].high, diagram[next].low]
    }
    wholeIntervals = WordDecision.intervals(node, first, support: .max, diagram, limit)
    maskedIntervals = WordDecision.intervals(node, first, support: support, diagram, limit)
    if successors.count == 2 {
      cube =
        WordDecision.cube(node, inner, inside: successors[0], outside: successors[1], diagram)
        ?? WordDecision.cube(node, inner, inside: successors[1], outside: successors[0], diagram)
    }
  }

  /// The single path from `node` to `inside`, when every other leads to `outside` at once.
  private static func cube(
    _ node: DecisionDiagram.Node, _ inner: Set<DecisionDiagram.Node>, inside: DecisionDiagram.Node,
    outside: DecisionDiagram.Node, _ diagram: DecisionDiagram
  ) -> Cube? {
    var cube = Cube(mask: 0, value: 0, inside: inside, outside: outside)
    var current = node
    while inner.contains(current) {
      let (low, high) = (diagram[current].low, diagram[current].high)
      let bit: UInt32 = 1 << (31 - UInt32(diagram.variable(current)) % 32)
      cube.mask |= bit
      if low == outside {
        cube.value |= bit
        current = high
      } else if high == outside {
        current = low
      } else {
        return nil
      }
    }
    return current == inside ? cube : nil
  }

  /// Runs in ascending order, of the values whose bits are all in `support`.
  private static func intervals(
    _ node: DecisionDiagram.Node, _ first: Int32, support: UInt32, _ diagram: DecisionDiagram, _ limit: Int
  ) -> [Run]? {
    var runs: [Run] = []
    /// Values that start with `prefix` down to the bit `place` from the top.
    func walk(_ node: DecisionDiagram.Node, _ place: Int32, _ prefix: UInt32) -> Bool {
      var place = place
      let variable = min(diagram.variable(node), first + 32)
      // Bits that are masked away are always 0; bits that do not matter here, but elsewhere, take both values.
      let remaining: UInt32 = place < 32 ? support & (.max >> UInt32(place)) : 0
      if variable == first + 32 {
        if runs.last?.node == node {
          runs[runs.count - 1].isSingle = false
        } else {
          runs.append(Run(start: prefix, node: node, isSingle: remaining == 0))
        }
        return runs.count <= limit
      }
      while place < variable - first {
        let bit: UInt32 = 1 << (31 - UInt32(place))
        if support & bit != 0 {
          return walk(node, place + 1, prefix) && walk(node, place + 1, prefix | bit)
        }
        place += 1
      }
      let bit: UInt32 = 1 << (31 - UInt32(place))
      return walk(diagram[node].low, place + 1, prefix) && walk(diagram[node].high, place + 1, prefix | bit)
    }
    return walk(node, 0, 0) ? runs : nil
  }
}

/// A filter as a graph of shared steps, before it is laid out as instructions.
///
/// A step's meaning depends on what the accumulator holds when it is reached; equal steps are one step, also when they
/// are reached with different words loaded, which is how checks of several calls share their tails.
struct DecisionProgram {
  typealias Step = Int32

  enum Operation: Hashable {
    case result(UInt32)
    /// Loads the word at an offset, then goes on.
    case load(UInt32, Step)
    /// Masks the accumulator, then goes on.
    case and(UInt32, Step)
    case test(UInt16, UInt32, then: Step, otherwise: Step)
  }

  private(set) var operations: [Operation] = []
  private var index: [Operation: Step] = [:]

  subscript(step: Step) -> Operation { operations[Int(step)] }

  mutating func step(_ operation: Operation) -> Step {
    if case .test(_, _, let then, let otherwise) = operation, then == otherwise { return then }
    if let known = index[operation] { return known }
    let step = Step(operations.count)
    operations.append(operation)
    index[operation] = step
    return step
  }

  /// The steps that are reachable from `step`, itself included.
  func size(of step: Step) -> Int {
    var seen: Set<Step> = []
    var open = [step]
    while let next = open.popLast() {
      guard seen.insert(next).inserted else { continue }
      switch self[next] {
      case .result: break
      case .load(_, let target), .and(_, let target): open.append(target)
      case .test(_, _, let then, let otherwise): open += [then, otherwise]
      }
    }
    return seen.count
  }
}

/// A run of values with one outcome, for `IntervalTree`.
struct Interval {
  /// The first value; the run reaches to the next one's start.
  var start: UInt32
  var outcome: DecisionProgram.Step
  /// Whether exactly one value that can occur is in the run, so that one equality test tells it.
  var isSingle: Bool
  /// How often values of the run come, relative to the others; more is nearer to the root.
  var weight: Double
}

/// The decision tree over a partition of the accumulator's values.
///
/// Runs of a single value between equal neighbors cost one equality test, where two comparisons would be needed to cut
/// them out. So the partition is first divided into blocks, each one outcome with single exceptions, at the lowest
/// total cost; then the blocks become the leaves of a search tree of `>=` tests with the lowest expected depth.
struct IntervalTree {
  private let intervals: [Interval]

  /// A long chain of exceptions is as small as can be, but slow: every exception adds its place in the chain to the
  /// cost, and one more instruction counts as this much.
  private static let costOfInstruction = 14

  private struct Block {
    var first: Int
    var end: Int
    var background: DecisionProgram.Step
  }

  static func build(_ intervals: [Interval], in program: inout DecisionProgram) -> DecisionProgram.Step {
    var merged: [Interval] = []
    for interval in intervals {
      if let last = merged.last, last.outcome == interval.outcome {
        merged[merged.count - 1].isSingle = false
        merged[merged.count - 1].weight += interval.weight
      } else {
        merged.append(interval)
      }
    }
    let tree = IntervalTree(intervals: merged)
    let blocks = tree.blocks()
    let leaves = blocks.map { tree.leaf($0, in: &program) }
    let weights = blocks.map { block in tree.intervals[block.first..<block.end].reduce(0) { $0 + $1.weight } }
    let starts = blocks.map { tree.intervals[$0.first].start }
    let roots = optimalRoots(weights)
    func join(_ first: Int, _ end: Int) -> DecisionProgram.Step {
      guard end - first > 1 else { return leaves[first] }
      let split = roots[first * (blocks.count + 1) + end]
      let upper = join(split, end)
      let lower = join(first, split)
      return program.step(.test(BPFCode.jumpGreaterOrEqual, starts[split], then: upper, otherwise: lower))
    }
    return join(0, blocks.count)
  }

  /// Where to cut the intervals into blocks, by dynamic programming over the end of the last block.
  private func blocks() -> [Block] {
    let count = intervals.count
    var cost = [Int](repeating: .max, count: count + 1)
    var last = [Block](repeating: Block(first: 0, end: 0, background: 0), count: count + 1)
    cost[0] = 0
    for first in 0..<count where cost[first] < .max {
      var tally: [DecisionProgram.Step: Int] = [:]
      var wide: DecisionProgram.Step?
      for end in (first + 1)...count {
        let interval = intervals[end - 1]
        tally[interval.outcome, default: 0] += 1
        if !interval.isSingle {
          if let wide, wide != interval.outcome { break }
          wide = interval.outcome
        }
        // The most frequent outcome, the smaller step among equals, so that the result does not depend on hashing.
        let background =
          wide ?? tally.min { ($1.value, $0.key) < ($0.value, $1.key) }?.key ?? interval.outcome
        let exceptions = end - first - (tally[background] ?? 0)
        if exceptions > 24 { break }
        let chain = exceptions * (exceptions + 1) / 2
        let total =
          cost[first] + (first > 0 ? IntervalTree.costOfInstruction : 0)
          + exceptions * IntervalTree.costOfInstruction + chain
        if total < cost[end] {
          cost[end] = total
          last[end] = Block(first: first, end: end, background: background)
        }
      }
    }
    var result: [Block] = []
    var end = count
    while end > 0 {
      result.append(last[end])
      end = last[end].first
    }
    return result.reversed()
  }

  /// The chain of equality tests of a block, the most frequent exception first.
  private func leaf(_ block: Block, in program: inout DecisionProgram) -> DecisionProgram.Step {
    let exceptions = intervals[block.first..<block.end].filter { $0.outcome != block.background }
      .sorted { ($0.weight, $1.start) < ($1.weight, $0.start) }
    return exceptions.reduce(block.background) { otherwise, exception in
      program.step(
        .test(BPFCode.jumpEqual, exception.start, then: exception.outcome, otherwise: otherwise))
    }
  }

  /// For every range of leaves the split with the lowest expected depth: the optimal alphabetic tree, with Knuth's
  /// bound on where the split of a range can be. Index `first * (count + 1) + end`.
  private static func optimalRoots(_ weights: [Double]) -> [Int] {
    let count = weights.count
    let width = count + 1
    var cost = [Double](repeating: 0, count: width * width)
    var roots = [Int](repeating: 0, count: width * width)
    var sums = [0.0]
    for weight in weights { sums.append(sums[sums.count - 1] + weight) }
    for first in 0..<count { roots[first * width + first + 1] = first + 1 }
    guard count > 1 else { return roots }
    for length in 2...count {
      for first in 0...(count - length) {
        let end = first + length
        let low = length == 2 ? first + 1 : max(first + 1, roots[first * width + end - 1])
        let high = length == 2 ? first + 1 : min(end - 1, roots[(first + 1) * width + end])
        var best = Double.infinity
        var root = low
        for split in low...max(low, high) {
          let total = cost[first * width + split] + cost[split * width + end]
          if total < best {
            best = total
            root = split
          }
        }
        cost[first * width + end] = best + sums[end] - sums[first]
        roots[first * width + end] = root
      }
    }
    return roots
  }
}

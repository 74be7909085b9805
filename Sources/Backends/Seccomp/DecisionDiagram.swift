/// A store of reduced, ordered decision diagrams over the 512 bits that a filter can see.
///
/// A function of those bits is a `Node`. Equal functions are equal nodes, so comparing two filters is comparing two
/// numbers. Leaves are `no` and `yes` for predicates, and actions for filters. The variables are the words of
/// `struct seccomp_data` in the order of `Word`, each from its highest bit to its lowest: in that order comparisons,
/// masks and the generator's programs all have small diagrams.
///
/// After Bryant, "Graph-Based Algorithms for Boolean Function Manipulation" (1986), with actions as leaves.
struct DecisionDiagram {
  /// Positive: an inner node; negative: a leaf.
  typealias Node = Int32

  static let no: Node = -1
  static let yes: Node = -2

  struct Inner: Equatable {
    /// 0...511: `word * 32` and the bit's place from the top.
    var variable: Int32
    var low: Node
    var high: Node
  }

  /// Past this many nodes the store gives up: `isExhausted` is set, and every further result is meaningless.
  let limit: Int
  private(set) var isExhausted = false
  private var nodes: [Inner] = [Inner(variable: .max, low: 0, high: 0)]
  private var leaves: [UInt32] = []
  /// Open addressing; 0 is an empty place.
  private var table: [Node] = Array(repeating: 0, count: 1 << 12)
  private var cache: [Cached] = Array(repeating: Cached(), count: 1 << 11)

  private struct Cached {
    var condition: Node = 0
    var then: Node = 0
    var otherwise: Node = 0
    var result: Node = 0
  }

  init(limit: Int = 1 << 20) { self.limit = limit }

  var count: Int { nodes.count }

  // MARK: Reading

  /// The leaf for an action, by what a filter returns for it.
  mutating func leaf(_ value: UInt32) -> Node {
    for (index, leaf) in leaves.enumerated() where leaf == value { return Node(-3 - index) }
    leaves.append(value)
    return Node(-2 - leaves.count)
  }

  /// The return value at a leaf that is an action.
  func value(of leaf: Node) -> UInt32? { leaf <= -3 ? leaves[Int(-3 - leaf)] : nil }

  subscript(node: Node) -> Inner { nodes[Int(node)] }

  /// The variable that a node asks for; `Int32.max` at a leaf.
  func variable(_ node: Node) -> Int32 { node < 0 ? .max : nodes[Int(node)].variable }

  // MARK: Building

  /// The function that is `high` where the variable is set and `low` where it is not; both must only ask for later ones.
  mutating func node(_ variable: Int32, low: Node, high: Node) -> Node {
    if low == high { return low }
    let inner = Inner(variable: variable, low: low, high: high)
    var place = DecisionDiagram.hash(variable, low, high) & (table.count - 1)
    while table[place] != 0 {
      if nodes[Int(table[place])] == inner { return table[place] }
      place = (place + 1) & (table.count - 1)
    }
    guard nodes.count < limit else {
      isExhausted = true
      return DecisionDiagram.no
    }
    let result = Node(nodes.count)
    nodes.append(inner)
    table[place] = result
    if nodes.count * 2 > table.count { grow() }
    return result
  }

  mutating func bit(_ variable: Int32) -> Node {
    node(variable, low: DecisionDiagram.no, high: DecisionDiagram.yes)
  }

  /// `then` where the predicate `condition` holds, `otherwise` elsewhere.
  mutating func choose(_ condition: Node, _ then: Node, _ otherwise: Node) -> Node {
    if condition == DecisionDiagram.yes || then == otherwise { return then }
    if condition == DecisionDiagram.no { return otherwise }
    if then == DecisionDiagram.yes && otherwise == DecisionDiagram.no { return condition }
    if isExhausted { return DecisionDiagram.no }
    let top = min(variable(condition), variable(then), variable(otherwise))
    let (c, t, o) = (cofactors(condition, top), cofactors(then, top), cofactors(otherwise, top))
    // The common case of the filter's own comparisons: the condition stands above everything it chooses between.
    let place = DecisionDiagram.hash(condition, then, otherwise) & (cache.count - 1)
    let cached = cache[place]
    if cached.condition == condition, cached.then == then, cached.otherwise == otherwise, cached.result != 0 {
      return cached.result
    }
    let high = choose(c.high, t.high, o.high)
    let low = choose(c.low, t.low, o.low)
    let result = node(top, low: low, high: high)
    // `cache` may have grown meanwhile.
    let newPlace = DecisionDiagram.hash(condition, then, otherwise) & (cache.count - 1)
    cache[newPlace] = Cached(condition: condition, then: then, otherwise: otherwise, result: result)
    return result
  }

  mutating func both(_ left: Node, _ right: Node) -> Node { choose(left, right, DecisionDiagram.no) }
  mutating func either(_ left: Node, _ right: Node) -> Node { choose(left, DecisionDiagram.yes, right) }
  mutating func not(_ node: Node) -> Node { choose(node, DecisionDiagram.no, DecisionDiagram.yes) }
  mutating func differ(_ left: Node, _ right: Node) -> Node { choose(left, not(right), right) }

  func cofactors(_ node: Node, _ variable: Int32) -> (low: Node, high: Node) {
    guard node > 0, nodes[Int(node)].variable == variable else { return (node, node) }
    return (nodes[Int(node)].low, nodes[Int(node)].high)
  }

  private mutating func grow() {
    table = Array(repeating: 0, count: table.count * 4)
    for index in 1..<nodes.count {
      let inner = nodes[index]
      var place = DecisionDiagram.hash(inner.variable, inner.low, inner.high) & (table.count - 1)
      while table[place] != 0 { place = (place + 1) & (table.count - 1) }
      table[place] = Node(index)
    }
    if cache.count < 1 << 17 { cache = Array(repeating: Cached(), count: cache.count * 4) }
  }

  private static func hash(_ a: Int32, _ b: Int32, _ c: Int32) -> Int {
    var h = UInt64(UInt32(bitPattern: a)) &* 0x9E37_79B9_7F4A_7C15
    h = (h ^ UInt64(UInt32(bitPattern: b))) &* 0xC2B2_AE3D_27D4_EB4F
    h = (h ^ (h >> 29) ^ UInt64(UInt32(bitPattern: c))) &* 0x1656_67B1_9E37_79F9
    return Int(truncatingIfNeeded: (h ^ (h >> 32)) & 0x7FFF_FFFF)
  }
}

/// One of the sixteen 32-bit words of `struct seccomp_data`, in the order in which diagrams ask for them.
enum Word {
  static let architecture = 0
  static let number = 1
  static let pointerHigh = 2
  static let pointerLow = 3
  static let count = 16

  static func argumentHigh(_ index: Int) -> Int { 4 + 2 * index }
  static func argumentLow(_ index: Int) -> Int { 5 + 2 * index }

  /// Offset in bytes in `struct seccomp_data`, linux/seccomp.h, little-endian.
  static func offset(of word: Int) -> UInt32 {
    switch word {
    case architecture: 4
    case number: 0
    case pointerHigh: 12
    case pointerLow: 8
    default: UInt32(16 + 8 * ((word - 4) / 2) + (word % 2 == 0 ? 4 : 0))
    }
  }

  /// The word at an offset that is a multiple of 4 below 64.
  static func word(at offset: UInt32) -> Int {
    switch offset {
    case 0: number
    case 4: architecture
    case 8: pointerLow
    case 12: pointerHigh
    default: Int(offset - 16) / 8 * 2 + 4 + (offset % 8 == 0 ? 1 : 0)
    }
  }
}

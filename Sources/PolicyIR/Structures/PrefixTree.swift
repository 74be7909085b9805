/// A total function from bit strings of a fixed width to values, in its one reduced form: no split has equal halves.
package enum PrefixTree<Value: PointwiseValue>: Hashable, Sendable {
  case uniform(Value)
  /// Only made by `split(_:_:)`, which reduces.
  indirect case branch(zero: PrefixTree, one: PrefixTree)

  package static var nothing: PrefixTree { .uniform(.nothing) }

  package static func split(_ zero: PrefixTree, _ one: PrefixTree) -> PrefixTree {
    if case .uniform = zero, zero == one { return zero }
    return .branch(zero: zero, one: one)
  }

  /// The tree that has `value` under a prefix and nothing elsewhere.
  package init(prefix: some BidirectionalCollection<Bool>, _ value: Value) {
    var tree = PrefixTree.uniform(value)
    for bit in prefix.reversed() { tree = bit ? .split(.nothing, tree) : .split(tree, .nothing) }
    self = tree
  }

  package var halves: (zero: PrefixTree, one: PrefixTree) {
    switch self {
    case .uniform: (self, self)
    case .branch(let zero, let one): (zero, one)
    }
  }

  package func value(at bits: some Sequence<Bool>) -> Value {
    var tree = self
    for bit in bits {
      guard case .branch(let zero, let one) = tree else { break }
      tree = bit ? one : zero
    }
    guard case .uniform(let value) = tree else { return .nothing }
    return value
  }

  package func merging(_ right: PrefixTree, _ combine: (Value, Value) -> Value) -> PrefixTree {
    if case .uniform(let a) = self, case .uniform(let b) = right { return .uniform(combine(a, b)) }
    let (left, other) = (halves, right.halves)
    return .split(left.zero.merging(other.zero, combine), left.one.merging(other.one, combine))
  }

  package func union(_ right: PrefixTree) -> PrefixTree {
    if right == .nothing { return self }
    return self == .nothing ? right : merging(right) { $0.union($1) }
  }
  package func subtracting(_ right: PrefixTree) -> PrefixTree { merging(right) { $0.subtracting($1) } }

  /// The leaves that are not nothing, by prefix in bit order.
  package var leaves: [(prefix: [Bool], value: Value)] {
    var found: [(prefix: [Bool], value: Value)] = []
    func visit(_ tree: PrefixTree, _ prefix: [Bool]) {
      switch tree {
      case .uniform(let value): if value != .nothing { found.append((prefix, value)) }
      case .branch(let zero, let one):
        visit(zero, prefix + [false])
        visit(one, prefix + [true])
      }
    }
    visit(self, [])
    return found
  }
}

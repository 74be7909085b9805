/// A total function from sequences of labels to values, in its one reduced form.
///
/// *Reduced* means that no named child equals `other`, and that a node whose `here`, named children and `other` are all
/// the same uniform value is that uniform. Every function with finitely many exceptions has exactly one reduced form,
/// so equal functions are equal values.
package enum ReducedTree<Value: PointwiseValue>: Hashable, Sendable {
  /// Every sequence has this value.
  case uniform(Value)
  /// The empty sequence has `here`; a sequence that starts with a label goes on in that label's child, or in `other`.
  ///
  /// Only made by `node(here:named:other:)`, which reduces.
  indirect case branch(here: Value, named: LabelMap<ReducedTree>, other: ReducedTree)

  package static var nothing: ReducedTree { .uniform(.nothing) }

  /// The reduced tree of a node.
  package static func node(here: Value, named: LabelMap<ReducedTree>, other: ReducedTree) -> ReducedTree {
    let exceptions = named.entries.contains { $0.value == other } ? named.filter { $0 != other } : named
    if exceptions.isEmpty, other == .uniform(here) { return .uniform(here) }
    return .branch(here: here, named: exceptions, other: other)
  }

  /// The value of the empty sequence.
  package var here: Value {
    switch self {
    case .uniform(let value): value
    case .branch(let here, _, _): here
    }
  }

  /// The labels that have a child of their own, in byte order.
  package var labels: [String] {
    guard case .branch(_, let named, _) = self else { return [] }
    return named.entries.map(\.label.text)
  }

  /// The children of labels that have one of their own.
  package var exceptions: LabelMap<ReducedTree> {
    guard case .branch(_, let named, _) = self else { return LabelMap() }
    return named
  }

  /// What all labels without a child of their own share.
  package var other: ReducedTree {
    switch self {
    case .uniform: self
    case .branch(_, _, let other): other
    }
  }

  package subscript(label: String) -> ReducedTree {
    switch self {
    case .uniform: self
    case .branch(_, let named, let other): named[Label(label)] ?? other
    }
  }

  /// The value of a sequence of labels.
  package func value(at labels: some Sequence<String>) -> Value {
    var tree = self
    for label in labels {
      if case .uniform(let value) = tree { return value }
      tree = tree[label]
    }
    return tree.here
  }

  /// The tree that combines two trees place by place, in time linear in the size of both.
  package func merging(_ right: ReducedTree, _ combine: (Value, Value) -> Value) -> ReducedTree {
    if case .uniform(let a) = self, case .uniform(let b) = right { return .uniform(combine(a, b)) }
    let (other, rightOther) = (other, right.other)
    let named = exceptions.merging(right.exceptions) { ($0 ?? other).merging($1 ?? rightOther, combine) }
    return .node(here: combine(here, right.here), named: named, other: other.merging(rightOther, combine))
  }

  package func union(_ right: ReducedTree) -> ReducedTree {
    if right.isNothing { return self }
    return isNothing ? right : merging(right) { $0.union($1) }
  }

  /// The union with the tree that has `value` where a pattern matches and nothing elsewhere.
  package mutating func formUnion(
    _ components: ArraySlice<PatternComponent>, _ extent: PatternExtent, _ value: Value
  ) {
    guard case .literal(let text)? = components.first, !isNothing else {
      self = union(ReducedTree(components, extent, value))
      return
    }
    let label = Label(text)
    var named = exceptions
    let (here, other) = (here, other)
    self = .nothing
    named.update(label, default: other) { $0.formUnion(components.dropFirst(), extent, value) }
    self = .node(here: here, named: named, other: other)
  }

  private var isNothing: Bool {
    if case .uniform(let value) = self { return value == .nothing }
    return false
  }

  package func subtracting(_ right: ReducedTree) -> ReducedTree { merging(right) { $0.subtracting($1) } }
}

/// One component of a pattern over sequences of labels.
package enum PatternComponent: Hashable, Sendable {
  case literal(String)
  /// Exactly one label, whichever.
  case anyLabel
}

extension ReducedTree {
  /// The tree that has `value` where a pattern matches and nothing elsewhere.
  ///
  /// - Parameter subtree: what is at the end of `components`: the value there alone, there and everywhere below, or
  ///   only everywhere below.
  package init(_ components: some BidirectionalCollection<PatternComponent>, _ extent: PatternExtent, _ value: Value) {
    var tree: ReducedTree
    switch extent {
    case .exactly: tree = .node(here: value, named: LabelMap(), other: .nothing)
    case .atAndBelow: tree = .uniform(value)
    case .below: tree = .node(here: .nothing, named: LabelMap(), other: .uniform(value))
    }
    for component in components.reversed() {
      switch component {
      case .literal(let label): tree = .node(here: .nothing, named: LabelMap(Label(label), tree), other: .nothing)
      case .anyLabel: tree = .node(here: .nothing, named: LabelMap(), other: tree)
      }
    }
    self = tree
  }

  /// The shortest sequence of labels with a value other than nothing, least in label order, and that value.
  ///
  /// Where only unnamed labels qualify, the label is one that no sibling uses: `x`, `x1`, `x2`, …
  package var firstNonEmpty: (labels: [String], value: Value)? {
    var level: [(labels: [String], tree: ReducedTree)] = [([], self)]
    while !level.isEmpty {
      for entry in level where entry.tree.here != .nothing { return (entry.labels, entry.tree.here) }
      var next: [(labels: [String], tree: ReducedTree)] = []
      for (labels, tree) in level {
        guard case .branch(_, let named, let other) = tree else { continue }
        for entry in named.entries { next.append((labels + [entry.label.text], entry.value)) }
        if other != .nothing { next.append((labels + [unusedLabel(beside: Set(named.labels))], other)) }
      }
      level = next
    }
    return nil
  }
}

/// A label that is none of `named`: `x`, `x1`, `x2`, …
package func unusedLabel(beside named: Set<Label>) -> String {
  var label = "x"
  var number = 0
  while named.contains(Label(label)) {
    number += 1
    label = "x\(number)"
  }
  return label
}

/// How far a pattern reaches from where its components end.
package enum PatternExtent: Hashable, Sendable {
  case exactly, atAndBelow, below
}

extension ReducedTree {
  /// A pattern and what it adds to what the patterns above it already give.
  package struct Grant: Hashable, Sendable {
    package var components: [PatternComponent]
    /// `.exactly` or `.atAndBelow`.
    package var extent: PatternExtent
    package var value: Value

    package init(_ components: [PatternComponent], _ extent: PatternExtent, _ value: Value) {
      self.components = components
      self.extent = extent
      self.value = value
    }
  }

  /// The tree as grants that only ever add: their union is the tree, none repeats what one above it gives, and they
  /// come in a fixed order, wider before narrower and labels in byte order.
  ///
  /// This is how a tree is handed to mechanisms that know no exceptions, such as Landlock.
  package var grants: [Grant] {
    var found: [Grant] = []
    func visit(_ tree: ReducedTree, _ components: [PatternComponent], _ given: Value) {
      let floor = tree.floor
      if floor.subtracting(given) != .nothing { found.append(Grant(components, .atAndBelow, floor)) }
      let given = given.union(floor)
      guard case .branch(let here, let named, let other) = tree else { return }
      if here.subtracting(given) != .nothing { found.append(Grant(components, .exactly, here)) }
      for entry in named.entries {
        visit(entry.value, components + [.literal(entry.label.text)], given)
      }
      if case .uniform(let value) = other, value.subtracting(given) == .nothing { return }
      // Named children beside `other` already have grants of their own; where they have less, the pattern of `other`
      // is wider than the tree, and whoever enforces it says so.
      visit(other, components + [.anyLabel], given)
    }
    visit(self, [], .nothing)
    return found
  }

  /// What every sequence has.
  private var floor: Value {
    guard case .branch(let here, let named, let other) = self else { return here }
    var floor = here
    if floor != .nothing { floor = floor.shared(with: other.floor) }
    for entry in named.entries {
      guard floor != .nothing else { return .nothing }
      floor = floor.shared(with: entry.value.floor)
    }
    return floor
  }
}

extension PointwiseValue {
  /// What both have.
  package func shared(with other: Self) -> Self { subtracting(subtracting(other)) }
}

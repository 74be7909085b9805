extension ReducedTree {
  /// A pattern and the value that it sets, in a list of lines that is the whole tree.
  ///
  /// The value of a sequence of labels is found by walking it from the left: at each step a component that is written
  /// out wins over `*`, and the way that was taken is not left again. Where the walk ends, the line for exactly that
  /// place decides, else the last line passed that reaches below its own place, else nothing.
  package struct Line: Hashable, Sendable {
    package var components: [PatternComponent]
    package var extent: PatternExtent
    /// May be nothing: a hole in what a wider line gives.
    package var value: Value

    package init(_ components: [PatternComponent], _ extent: PatternExtent, _ value: Value) {
      self.components = components
      self.extent = extent
      self.value = value
    }
  }

  /// The tree as its one list of lines: places before what is below them, labels in byte order, `*` last.
  package var lines: [Line] {
    var found: [Line] = []
    func visit(_ tree: ReducedTree, _ components: [PatternComponent], _ inherited: Value) {
      let base = tree.settled
      if base != inherited, tree.here == base {
        found.append(Line(components, .atAndBelow, base))
      } else {
        if tree.here != inherited { found.append(Line(components, .exactly, tree.here)) }
        if base != inherited { found.append(Line(components, .below, base)) }
      }
      guard case .branch(_, let named, let other) = tree else { return }
      for entry in named.entries {
        let count = found.count
        let path = components + [.literal(entry.label.text)]
        visit(entry.value, path, base)
        // A child that only repeats what is inherited still has to keep the walk from taking `*`.
        if found.count == count { found.append(Line(path, .atAndBelow, base)) }
      }
      visit(other, components + [.anyLabel], base)
    }
    visit(self, [], .nothing)
    return found
  }

  /// The value of all sequences that are long enough and use no named label.
  private var settled: Value {
    var tree = self
    while case .branch(_, _, let other) = tree { tree = other }
    return tree.here
  }

  /// The tree that lines in any order describe; nil when two of them set the same place.
  package init?(lines: some Sequence<Line>) {
    let root = Place()
    for line in lines {
      var place = root
      for component in line.components { place = place.child(component) }
      if line.extent != .below {
        guard place.here == nil else { return nil }
        place.here = line.value
      }
      if line.extent != .exactly {
        guard place.below == nil else { return nil }
        place.below = line.value
      }
    }
    self = root.tree(inherited: .nothing)
  }

  /// A place that lines speak of, while a tree is built.
  private final class Place {
    var here: Value?
    var below: Value?
    var named: [Label: Place] = [:]
    var any: Place?

    func child(_ component: PatternComponent) -> Place {
      switch component {
      case .literal(let text):
        let label = Label(text)
        if let place = named[label] { return place }
        let place = Place()
        named[label] = place
        return place
      case .anyLabel:
        if let any { return any }
        let place = Place()
        any = place
        return place
      }
    }

    func tree(inherited: Value) -> ReducedTree {
      let base = below ?? inherited
      return .node(
        here: here ?? inherited,
        named: LabelMap(
          sorted: named.sorted { $0.key < $1.key }.map { .init(label: $0.key, value: $0.value.tree(inherited: base)) }),
        other: any?.tree(inherited: base) ?? .uniform(base))
    }
  }
}

extension DecisionDiagram {
  /// An input, as one value for each word in the order of `Word`, at which the function `node` is the leaf `leaf`.
  ///
  /// Bits that do not matter are 0, and where both values lead there 0 is taken: the smallest input, read from the top.
  func witness(_ node: Node, of leaf: Node) -> [UInt32]? {
    var reaches: [Node: Bool] = [:]
    func reach(_ node: Node) -> Bool {
      if node < 0 { return node == leaf }
      if let known = reaches[node] { return known }
      let result = reach(self[node].low) || reach(self[node].high)
      reaches[node] = result
      return result
    }
    guard reach(node) else { return nil }
    var words = [UInt32](repeating: 0, count: Word.count)
    var current = node
    while current > 0 {
      let inner = self[current]
      if reach(inner.low) {
        current = inner.low
      } else {
        words[Int(inner.variable) / 32] |= 1 << (31 - UInt32(inner.variable) % 32)
        current = inner.high
      }
    }
    return words
  }

  /// The predicate that holds where two functions of actions fulfil `relation`, which is asked about pairs of leaves.
  mutating func compare(_ left: Node, _ right: Node, where relation: (UInt32, UInt32) -> Bool) -> Node {
    var known: [UInt64: Node] = [:]
    func compare(_ left: Node, _ right: Node, _ diagram: inout DecisionDiagram) -> Node {
      if left < 0, right < 0 {
        guard let a = diagram.value(of: left), let b = diagram.value(of: right) else { return DecisionDiagram.no }
        return relation(a, b) ? DecisionDiagram.yes : DecisionDiagram.no
      }
      let key = UInt64(UInt32(bitPattern: left)) << 32 | UInt64(UInt32(bitPattern: right))
      if let result = known[key] { return result }
      let top = min(diagram.variable(left), diagram.variable(right))
      let (l, r) = (diagram.cofactors(left, top), diagram.cofactors(right, top))
      let high = compare(l.high, r.high, &diagram)
      let low = compare(l.low, r.low, &diagram)
      let result = diagram.node(top, low: low, high: high)
      known[key] = result
      return result
    }
    return compare(left, right, &self)
  }

  /// The smallest input at which two functions of actions differ.
  mutating func witness(ofDifference left: Node, _ right: Node) -> [UInt32]? {
    witness(compare(left, right) { $0 != $1 }, of: DecisionDiagram.yes)
  }
}

extension SystemCallData {
  /// From the values of the words in the order of `Word`.
  init(words: [UInt32]) {
    func pair(_ high: Int, _ low: Int) -> UInt64 { UInt64(words[high]) << 32 | UInt64(words[low]) }
    self.init(
      number: words[Word.number], architecture: words[Word.architecture],
      instructionPointer: pair(Word.pointerHigh, Word.pointerLow),
      arguments: (0..<6).map { pair(Word.argumentHigh($0), Word.argumentLow($0)) })
  }
}

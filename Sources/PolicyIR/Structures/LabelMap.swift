/// A map from labels, kept in their order: the maps of a tree are small, and then looking is faster than hashing.
package struct LabelMap<Value: Hashable & Sendable>: Hashable, Sendable {
  package struct Entry: Hashable, Sendable {
    package var label: Label
    package var value: Value
  }

  /// By label, each once.
  package private(set) var entries: [Entry]

  package init() { entries = [] }

  package init(_ label: Label, _ value: Value) { entries = [Entry(label: label, value: value)] }

  /// - Parameter entries: in the order of their labels, each once.
  init(sorted entries: [Entry]) { self.entries = entries }

  package var isEmpty: Bool { entries.isEmpty }
  package var labels: [Label] { entries.map(\.label) }

  package subscript(label: Label) -> Value? {
    let (index, isThere) = position(of: label)
    return isThere ? entries[index].value : nil
  }

  /// Changes the value of a label where it lies, without copying what is in it.
  mutating func update(_ label: Label, default value: @autoclosure () -> Value, _ change: (inout Value) -> Void) {
    let (index, isThere) = position(of: label)
    if !isThere { entries.insert(Entry(label: label, value: value()), at: index) }
    change(&entries[index].value)
  }

  /// Where a label is, or where it would be.
  private func position(of label: Label) -> (index: Int, isThere: Bool) {
    var (low, high) = (0, entries.count)
    while low < high {
      let middle = (low + high) / 2
      if entries[middle].label == label { return (middle, true) }
      if entries[middle].label < label { low = middle + 1 } else { high = middle }
    }
    return (low, false)
  }

  func filter(_ isKept: (Value) -> Bool) -> LabelMap {
    LabelMap(sorted: entries.filter { isKept($0.value) })
  }

  /// The map with the labels of both; a value that one of them lacks is given as nil.
  func merging(_ other: LabelMap, _ combine: (Value?, Value?) -> Value) -> LabelMap {
    var merged: [Entry] = []
    merged.reserveCapacity(entries.count + other.entries.count)
    var (left, right) = (entries[...], other.entries[...])
    while let own = left.first, let others = right.first {
      if own.label == others.label {
        merged.append(Entry(label: own.label, value: combine(own.value, others.value)))
        left.removeFirst()
        right.removeFirst()
      } else if own.label < others.label {
        merged.append(Entry(label: own.label, value: combine(own.value, nil)))
        left.removeFirst()
      } else {
        merged.append(Entry(label: others.label, value: combine(nil, others.value)))
        right.removeFirst()
      }
    }
    for entry in left { merged.append(Entry(label: entry.label, value: combine(entry.value, nil))) }
    for entry in right { merged.append(Entry(label: entry.label, value: combine(nil, entry.value))) }
    return LabelMap(sorted: merged)
  }
}

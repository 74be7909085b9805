internal import Schemas
internal import Structures

/// How two trees differ at the places of one line.
struct LineDifference<Value: PointwiseValue> {
  var components: [PatternComponent]
  var extent: PatternExtent
  /// The values there that differ, each once, in the order of the walk.
  var before: [Value] = []
  var after: [Value] = []
  /// The first place with something new, and what is new there.
  var gained: (labels: [String], value: Value)?
  /// The first place with something gone, and what is gone there.
  var lost: (labels: [String], value: Value)?

  /// Whether a sequence of labels is one that the line matches.
  func reaches(_ labels: [String]) -> Bool {
    guard labels.count >= components.count, extent != .exactly || labels.count == components.count,
      extent != .below || labels.count > components.count
    else { return false }
    return zip(components, labels).allSatisfy { component, label in
      switch component {
      case .literal(let text): Label(text) == Label(label)
      case .anyLabel: true
      }
    }
  }
}

extension ReducedTree {
  /// The differences to `other`, sorted out by the lines of both: every place at which the two differ belongs to exactly
  /// one line, the longest of the two that decide there.
  ///
  /// Linear in the size of both trees.
  ///
  /// - Parameter joining: whether a place and what is below it are one difference where the same happens to both.
  func differences(to other: ReducedTree, joining: Bool) -> [LineDifference<Value>] {
    if self == other { return [] }
    var keys: [Place] = []
    var numbers: [Place: Int] = [:]
    func regions(_ tree: ReducedTree) -> ReducedTree<Region>? {
      ReducedTree<Region>(
        lines: tree.lines.flatMap(\.byPlace).map { line in
          let place = Place(line.components, line.extent)
          let number = numbers[place] ?? keys.count + 1
          if number > keys.count {
            keys.append(place)
            numbers[place] = number
          }
          return ReducedTree<Region>.Line(line.components, line.extent, Region(number: number))
        })
    }
    guard let left = regions(self), let right = regions(other) else { return [] }
    var walk = Walk(places: keys)
    walk.visit(left, right, self, other, [])
    let found = walk.differences.filter { !$0.before.isEmpty }
      .sorted { Place($0.components, $0.extent) < Place($1.components, $1.extent) }
    return joining ? Self.joined(found) : found
  }

  /// A place that is reached exactly and one below it become one again when the same happens to both.
  private static func joined(_ differences: [LineDifference<Value>]) -> [LineDifference<Value>] {
    var result: [LineDifference<Value>] = []
    for next in differences {
      if let last = result.last, last.extent == .exactly, next.extent == .below, last.components == next.components,
        last.before == next.before, last.after == next.after
      {
        result[result.count - 1].extent = .atAndBelow
      } else {
        result.append(next)
      }
    }
    return result
  }

  /// A place of a line, equal and ordered by bytes; `*` comes after every label.
  private struct Place: Hashable, Comparable {
    let components: [PatternComponent]
    let reach: PatternExtent
    private let steps: [Step]
    private let extent: Int

    init(_ components: [PatternComponent], _ extent: PatternExtent) {
      self.components = components
      reach = extent
      steps = components.map { component in
        switch component {
        case .literal(let text): .label(Label(text))
        case .anyLabel: .any
        }
      }
      self.extent = extent == .exactly ? 0 : extent == .below ? 1 : 2
    }

    static func == (left: Self, right: Self) -> Bool { left.steps == right.steps && left.extent == right.extent }

    func hash(into hasher: inout Hasher) {
      hasher.combine(steps)
      hasher.combine(extent)
    }

    enum Step: Hashable, Comparable {
      case label(Label)
      case any
    }

    static func < (left: Self, right: Self) -> Bool {
      if left.steps == right.steps { return left.extent < right.extent }
      return left.steps.lexicographicallyPrecedes(right.steps)
    }
  }

  private struct Walk {
    let places: [Place]
    var differences: [LineDifference<Value>]

    init(places: [Place]) {
      self.places = places
      differences = places.map { LineDifference(components: $0.components, extent: $0.reach) }
    }

    mutating func visit(
      _ left: ReducedTree<Region>, _ right: ReducedTree<Region>, _ before: ReducedTree, _ after: ReducedTree,
      _ labels: [String]
    ) {
      if case .uniform(let a) = before, case .uniform(let b) = after, a == b { return }
      record(left.here, right.here, before.here, after.here, labels)
      if case .uniform = left, case .uniform = right, case .uniform = before, case .uniform = after { return }
      let named = Set(left.exceptions.labels).union(right.exceptions.labels)
        .union(before.exceptions.labels).union(after.exceptions.labels)
      for label in named.sorted() {
        let text = label.text
        visit(left[text], right[text], before[text], after[text], labels + [text])
      }
      visit(left.other, right.other, before.other, after.other, labels + [unusedLabel(beside: named)])
    }

    /// Of the lines that decide on both sides, the one with more components; the same one from either side.
    private func deciding(_ left: Region, _ right: Region) -> Int? {
      let candidates = [left, right].filter { $0.number > 0 }.map { $0.number - 1 }
      return candidates.max { a, b in
        let (a, b) = (places[a], places[b])
        return a.components.count != b.components.count ? a.components.count < b.components.count : b < a
      }
    }

    private mutating func record(
      _ left: Region, _ right: Region, _ before: Value, _ after: Value, _ labels: [String]
    ) {
      guard before != after, let index = deciding(left, right) else { return }
      var difference = differences[index]
      if !difference.before.contains(before) { difference.before.append(before) }
      if !difference.after.contains(after) { difference.after.append(after) }
      let gained = after.subtracting(before)
      if gained != .nothing, labels.count < difference.gained?.labels.count ?? .max {
        difference.gained = (labels, gained)
      }
      let lost = before.subtracting(after)
      if lost != .nothing, labels.count < difference.lost?.labels.count ?? .max { difference.lost = (labels, lost) }
      differences[index] = difference
    }
  }
}

extension ReducedTree.Line {
  /// The line as lines for exactly its place and for what is below it, so that lines of two trees never overlap by half.
  fileprivate var byPlace: [ReducedTree.Line] {
    extent == .atAndBelow
      ? [ReducedTree.Line(components, .exactly, value), ReducedTree.Line(components, .below, value)] : [self]
  }
}

/// The number of a line, from 1, as the value of a tree.
private struct Region: PointwiseValue {
  var number = 0
  static var nothing: Region { Region() }
  func union(_ other: Region) -> Region { Region(number: max(number, other.number)) }
  func subtracting(_ other: Region) -> Region { number <= other.number ? .nothing : self }
}

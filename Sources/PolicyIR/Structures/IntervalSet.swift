/// A set of unsigned integers as sorted, disjoint, non-adjacent closed intervals: its one reduced form.
package struct IntervalSet<Element: FixedWidthInteger & UnsignedInteger & Sendable>: Hashable, Sendable {
  package private(set) var intervals: [ClosedRange<Element>]

  package init() { intervals = [] }

  package init(_ interval: ClosedRange<Element>) { intervals = [interval] }

  /// The union of intervals in any order.
  package init(_ unordered: some Sequence<ClosedRange<Element>>) {
    intervals = []
    for next in unordered.sorted(by: { ($0.lowerBound, $0.upperBound) < ($1.lowerBound, $1.upperBound) }) {
      // Adjacent intervals join; a last interval that ends at the maximum takes whatever follows.
      if let last = intervals.last, last.upperBound == .max || next.lowerBound <= last.upperBound + 1 {
        intervals[intervals.count - 1] = last.lowerBound...max(last.upperBound, next.upperBound)
      } else {
        intervals.append(next)
      }
    }
  }

  package static var full: IntervalSet { IntervalSet(Element.min...Element.max) }
  package var isEmpty: Bool { intervals.isEmpty }
  package var first: Element? { intervals.first?.lowerBound }
  package var last: Element? { intervals.last?.upperBound }

  package func contains(_ element: Element) -> Bool {
    intervals.contains { $0.contains(element) }
  }

  package func union(_ other: IntervalSet) -> IntervalSet {
    if other.isEmpty { return self }
    return isEmpty ? other : IntervalSet(intervals + other.intervals)
  }

  package func subtracting(_ other: IntervalSet) -> IntervalSet {
    var remaining: [ClosedRange<Element>] = []
    var holes = other.intervals[...]
    for interval in intervals {
      var low = interval.lowerBound
      var isExhausted = false
      while let hole = holes.first, hole.upperBound < low { holes = holes.dropFirst() }
      for hole in holes {
        if hole.lowerBound > interval.upperBound { break }
        if hole.lowerBound > low { remaining.append(low...(hole.lowerBound - 1)) }
        if hole.upperBound >= interval.upperBound {
          isExhausted = true
          break
        }
        low = max(low, hole.upperBound + 1)
      }
      if !isExhausted { remaining.append(low...interval.upperBound) }
    }
    return IntervalSet(remaining)
  }
}

extension IntervalSet: PointwiseValue {
  package static var nothing: IntervalSet { IntervalSet() }
}

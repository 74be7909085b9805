/// Which bytes of a file are there: intervals in order, with gaps between them.
struct Intervals: Hashable, Sendable {
  /// Half-open, not empty.
  private(set) var ranges: [Range<Int64>] = []

  mutating func insert(_ range: Range<Int64>) {
    guard !range.isEmpty else { return }
    var merged = range
    ranges.removeAll { other in
      guard other.lowerBound <= merged.upperBound, merged.lowerBound <= other.upperBound else { return false }
      merged = min(other.lowerBound, merged.lowerBound)..<max(other.upperBound, merged.upperBound)
      return true
    }
    ranges.insert(merged, at: ranges.firstIndex { $0.lowerBound > merged.lowerBound } ?? ranges.endIndex)
  }

  /// The first byte that is not there.
  var frontier: Int64 { ranges.first.map { $0.lowerBound == 0 ? $0.upperBound : 0 } ?? 0 }

  var count: Int64 { ranges.reduce(0) { $0 + $1.upperBound - $1.lowerBound } }

  /// What is missing below `size`.
  func gaps(below size: Int64) -> [Range<Int64>] {
    var gaps: [Range<Int64>] = []
    var start: Int64 = 0
    for range in ranges where range.lowerBound < size {
      if range.lowerBound > start { gaps.append(start..<range.lowerBound) }
      start = max(start, range.upperBound)
    }
    if start < size { gaps.append(start..<size) }
    return gaps
  }

  /// `0-100 200-300`, half-open.
  var text: String { ranges.map { "\($0.lowerBound)-\($0.upperBound)" }.joined(separator: " ") }

  /// Nil for anything that `text` does not write.
  init?(_ text: some StringProtocol) {
    for word in text.split(separator: " ") {
      let ends = word.split(separator: "-", omittingEmptySubsequences: false).compactMap { Int64($0) }
      guard ends.count == 2, ends[0] >= 0, ends[0] < ends[1], ends[0] > ranges.last?.upperBound ?? -1 else {
        return nil
      }
      ranges.append(ends[0]..<ends[1])
    }
  }

  init() {}
}

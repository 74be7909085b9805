/// A change of a text as `diff -u` shows it and patch(1) takes it.
package enum UnifiedDiff {
  private static let context = 3

  private enum Line {
    case kept(String), removed(String), added(String)

    var isChange: Bool { if case .kept = self { false } else { true } }
    var text: String {
      switch self {
      case .kept(let line): " " + line
      case .removed(let line): "-" + line
      case .added(let line): "+" + line
      }
    }
  }

  /// Empty when the texts are the same.
  package static func text(_ before: String, _ after: String, path: String) -> String {
    let (old, new) = (lines(before), lines(after))
    let all = edits(old, new)
    guard all.contains(where: \.isChange) else { return "" }
    var text = "--- a/\(path)\n+++ b/\(path)\n"
    var (oldNumber, newNumber, position) = (1, 1, 0)
    while let first = all[position...].firstIndex(where: \.isChange) {
      let start = max(position, first - context)
      var end = first + 1
      // Changes with at most two contexts between them belong to one hunk.
      while let next = all[end...].firstIndex(where: \.isChange), next - end <= 2 * context { end = next + 1 }
      let stop = min(all.count, end + context)
      oldNumber += start - position
      newNumber += start - position
      let hunk = all[start..<stop]
      let oldCount = hunk.count { if case .added = $0 { false } else { true } }
      let newCount = hunk.count { if case .removed = $0 { false } else { true } }
      text += "@@ -\(range(oldNumber, oldCount)) +\(range(newNumber, newCount)) @@\n"
      for line in hunk {
        text += line.text.hasSuffix("\n") ? line.text : line.text + "\n\\ No newline at end of file\n"
      }
      oldNumber += oldCount
      newNumber += newCount
      position = stop
    }
    return text
  }

  /// With the line's end, so that a last line without one differs from the same with one.
  private static func lines(_ text: String) -> [String] {
    var lines = text.split(separator: "\n", omittingEmptySubsequences: false).map { String($0) + "\n" }
    if let last = lines.popLast(), last != "\n" { lines.append(String(last.dropLast())) }
    return lines
  }

  private static func edits(_ old: [String], _ new: [String]) -> [Line] {
    var (removed, added): (Set<Int>, Set<Int>) = ([], [])
    for change in new.difference(from: old) {
      switch change {
      case .remove(let offset, _, _): removed.insert(offset)
      case .insert(let offset, _, _): added.insert(offset)
      }
    }
    var result: [Line] = []
    var (left, right) = (0, 0)
    while left < old.count || right < new.count {
      if removed.contains(left) {
        result.append(.removed(old[left]))
        left += 1
      } else if added.contains(right) {
        result.append(.added(new[right]))
        right += 1
      } else {
        result.append(.kept(old[left]))
        left += 1
        right += 1
      }
    }
    return result
  }

  private static func range(_ start: Int, _ count: Int) -> String {
    // An empty range names the line before it.
    count == 1 ? "\(start)" : "\(count == 0 ? start - 1 : start),\(count)"
  }
}

/// What differs between two texts, in the unified format that patch(1) reads, three lines around each change.
func unifiedDifference(_ old: String, _ new: String, name: String) -> String {
  func lines(_ text: String) -> [String] {
    var lines = text.split(separator: "\n", omittingEmptySubsequences: false).map { String($0) + "\n" }
    if lines.last == "\n" { lines.removeLast() } else { lines[lines.count - 1] += "\\ No newline at end of file\n" }
    return lines
  }
  let (before, after) = (lines(old), lines(new))
  var removed: Set<Int> = []
  var added: Set<Int> = []
  for change in after.difference(from: before) {
    switch change {
    case .remove(let offset, _, _): removed.insert(offset)
    case .insert(let offset, _, _): added.insert(offset)
    }
  }
  if removed.isEmpty, added.isEmpty { return "" }
  // Every line of either side, in order, with the lines of both that come before it.
  var script: [(mark: String, text: String, old: Int, new: Int)] = []
  var (left, right) = (0, 0)
  while left < before.count || right < after.count {
    if removed.contains(left) {
      script.append(("-", before[left], left, right))
      left += 1
    } else if added.contains(right) {
      script.append(("+", after[right], left, right))
      right += 1
    } else {
      script.append((" ", before[left], left, right))
      (left, right) = (left + 1, right + 1)
    }
  }
  var text = "--- \(name)\n+++ \(name)\n"
  var index = 0
  while let change = script[index...].firstIndex(where: { $0.mark != " " }) {
    let start = max(index, change - 3)
    var end = change
    var quiet = 0
    while end < script.count, quiet <= 6 {
      quiet = script[end].mark == " " ? quiet + 1 : 0
      end += 1
    }
    end -= max(0, quiet - 3)
    let hunk = script[start..<end]
    func range(_ start: Int, _ count: Int) -> String {
      "\(count == 0 ? start : start + 1)" + (count == 1 ? "" : ",\(count)")
    }
    text += "@@ -\(range(hunk[start].old, hunk.count { $0.mark != "+" }))"
    text += " +\(range(hunk[start].new, hunk.count { $0.mark != "-" })) @@\n"
    text += hunk.map { $0.mark + $0.text }.joined()
    index = end
    if index >= script.count { break }
  }
  return text
}

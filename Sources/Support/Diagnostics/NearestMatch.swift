/// The candidate that is most likely meant by a misspelt `word`, or nil when none is near.
///
/// Near is a Damerau-Levenshtein distance (optimal string alignment) of at most a third of the word's length, at least
/// one; ties go to the first candidate in the given order.
package func nearestMatch(to word: String, among candidates: some Sequence<String>) -> String? {
  let limit = max(1, word.utf8.count / 3)
  var best: (candidate: String, distance: Int)?
  let word = Array(word.lowercased().utf8)
  // A distance is never less than the difference in length.
  for candidate in candidates where abs(candidate.utf8.count - word.count) <= limit {
    let distance = alignmentDistance(word, Array(candidate.lowercased().utf8))
    if distance <= limit, distance < best?.distance ?? .max { best = (candidate, distance) }
  }
  return best?.candidate
}

private func alignmentDistance(_ left: [UInt8], _ right: [UInt8]) -> Int {
  guard !left.isEmpty else { return right.count }
  guard !right.isEmpty else { return left.count }
  var beforePrevious: [Int] = []
  var previous = Array(0...right.count)
  for i in 1...left.count {
    var current = [i]
    for j in 1...right.count {
      let substitution = previous[j - 1] + (left[i - 1] == right[j - 1] ? 0 : 1)
      var distance = min(previous[j] + 1, current[j - 1] + 1, substitution)
      if i > 1, j > 1, left[i - 1] == right[j - 2], left[i - 2] == right[j - 1] {
        distance = min(distance, beforePrevious[j - 2] + 1)
      }
      current.append(distance)
    }
    (beforePrevious, previous) = (previous, current)
  }
  return previous[right.count]
}

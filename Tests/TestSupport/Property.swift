package import Testing

/// The random decisions that make one generated value. A value is a function of its decisions, so making the decisions
/// fewer and smaller makes the value simpler: that is how a failing case shrinks, whatever its type.
package struct Choices {
  private var random: SplitMix64
  private let given: [Int]?
  private(set) var taken: [Int] = []

  init(seed: UInt64) {
    random = SplitMix64(seed: seed)
    given = nil
  }

  init(given: [Int]) {
    random = SplitMix64(seed: 0)
    self.given = given
  }

  /// A number from 0 to `bound` - 1; a shrunk case runs out of decisions and then takes 0.
  package mutating func below(_ bound: Int) -> Int {
    let choice: Int
    if let given {
      choice = taken.count < given.count ? min(given[taken.count], bound - 1) : 0
    } else {
      choice = Int(random.next() % UInt64(bound))
    }
    taken.append(choice)
    return choice
  }

  package mutating func bool() -> Bool { below(2) == 1 }

  package mutating func pick<Element>(_ elements: [Element]) -> Element { elements[below(elements.count)] }

  package mutating func some<Element>(_ elements: [Element]) -> [Element] { elements.filter { _ in below(3) == 2 } }

  package mutating func list<Element>(upTo count: Int, _ make: (inout Choices) -> Element) -> [Element] {
    (0..<below(count + 1)).map { _ in make(&self) }
  }
}

/// Checks a law over generated values.
///
/// `LOCARA_PROPERTY_CASES` multiplies the number of cases to at least that many; `LOCARA_SEED` starts elsewhere. A failure
/// names its seed and the simplest value found that still fails.
///
/// - Parameter check: what is wrong with a value, or nil.
package func forAll<Value>(
  _ law: String, cases: Int, sourceLocation: SourceLocation = #_sourceLocation,
  _ make: (inout Choices) -> Value, check: (Value) -> String?
) {
  let cases = max(cases, environmentNumber("LOCARA_PROPERTY_CASES") ?? 0)
  let first = UInt64(environmentNumber("LOCARA_SEED") ?? 1)
  for seed in first..<first + UInt64(cases) {
    var choices = Choices(seed: seed)
    guard var problem = check(make(&choices)) else { continue }
    var best = choices.taken
    var attempts = 0
    var improved = true
    while improved, attempts < 4000 {
      improved = false
      for candidate in simpler(best) {
        attempts += 1
        var replay = Choices(given: candidate)
        guard let still = check(make(&replay)) else { continue }
        best = candidate
        problem = still
        improved = true
        break
      }
    }
    var replay = Choices(given: best)
    Issue.record(
      "\(law): \(problem)\n  seed \(seed) (LOCARA_SEED=\(seed)), shrunk to: \(make(&replay))",
      sourceLocation: sourceLocation)
    return
  }
}

/// Sequences of decisions simpler than one: parts left out, the longest first, then single decisions made smaller.
private func simpler(_ choices: [Int]) -> [[Int]] {
  var candidates: [[Int]] = []
  var length = choices.count / 2
  while length >= 1 {
    for start in stride(from: 0, through: choices.count - length, by: length) {
      candidates.append(Array(choices[..<start] + choices[(start + length)...]))
    }
    length /= 2
  }
  for index in choices.indices where choices[index] > 0 {
    for smaller in Set([0, choices[index] / 2, choices[index] - 1]).sorted() where smaller < choices[index] {
      var candidate = choices
      candidate[index] = smaller
      candidates.append(candidate)
    }
  }
  return candidates
}

private func environmentNumber(_ name: String) -> Int? { Locations.environment(name).flatMap { Int($0) } }

/// Which of two versions is newer: the precedence of semver.org 2.0.0, section 11. Build metadata does not count.
struct VersionPrecedence: Comparable {
  private let core: [UInt64]
  private let prerelease: [Substring]

  /// Nil for what is no version, and for numbers that 64 bits do not hold.
  init?(_ text: String) {
    let withoutBuild = text.split(separator: "+", maxSplits: 1, omittingEmptySubsequences: false)[0]
    let parts = withoutBuild.split(separator: "-", maxSplits: 1, omittingEmptySubsequences: false)
    let numbers = parts[0].split(separator: ".", omittingEmptySubsequences: false)
    core = numbers.compactMap { UInt64($0) }
    prerelease = parts.count == 2 ? parts[1].split(separator: ".", omittingEmptySubsequences: false) : []
    guard numbers.count == 3, core.count == 3, !prerelease.contains(where: \.isEmpty) else { return nil }
  }

  static func == (left: VersionPrecedence, right: VersionPrecedence) -> Bool { !(left < right) && !(right < left) }

  static func < (left: VersionPrecedence, right: VersionPrecedence) -> Bool {
    if left.core != right.core { return left.core.lexicographicallyPrecedes(right.core) }
    // A release comes after its pre-releases.
    if left.prerelease.isEmpty || right.prerelease.isEmpty {
      return !left.prerelease.isEmpty && right.prerelease.isEmpty
    }
    for (one, other) in zip(left.prerelease, right.prerelease) where one != other {
      switch (number(one), number(other)) {
      case (let first?, let second?):
        if first.count != second.count { return first.count < second.count }
        return first < second
      case (_?, nil): return true
      case (nil, _?): return false
      case (nil, nil): return one.utf8.lexicographicallyPrecedes(other.utf8)
      }
    }
    return left.prerelease.count < right.prerelease.count
  }

  private static func number(_ text: Substring) -> Substring? {
    text.utf8.allSatisfy { (0x30...0x39).contains($0) } ? text : nil
  }
}

/// A small seeded generator (Steele, Lea and Flood, "Fast splittable pseudorandom number generators", 2014).
///
/// A property test prints its seed when it fails; `LOCARA_SEED` in the environment runs it again with that one.
package struct SplitMix64: RandomNumberGenerator, Sendable {
  /// What the generator was started with.
  package let seed: UInt64
  private var state: UInt64

  package init(seed: UInt64) {
    self.seed = seed
    state = seed
  }

  /// The seed of the environment, or `seed`: tests are the same in every run unless somebody asks for another.
  package static func forTests(_ seed: UInt64 = 0x10CA7A) -> SplitMix64 {
    SplitMix64(seed: Locations.environment("LOCARA_SEED").flatMap { UInt64($0) } ?? seed)
  }

  package mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }

  /// True once in `chances` times.
  package mutating func once(in chances: Int) -> Bool { Int.random(in: 0..<chances, using: &self) == 0 }

  /// One of the elements. The collection is not empty.
  package mutating func pick<Elements: Collection>(_ elements: Elements) -> Elements.Element {
    elements[elements.index(elements.startIndex, offsetBy: Int.random(in: 0..<elements.count, using: &self))]
  }

  package mutating func bytes(_ count: Int) -> [UInt8] {
    (0..<count).map { _ in UInt8.random(in: .min ... .max, using: &self) }
  }
}

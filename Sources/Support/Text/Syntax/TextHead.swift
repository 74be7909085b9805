/// What tells most texts apart without a look at all of their characters.
package struct TextHead: Equatable, BitwiseCopyable {
  /// In bytes.
  package var count: Int
  /// The first eight bytes; zeros after a shorter text.
  var word: UInt64
  var isASCII: Bool

  init(count: Int, word: UInt64, isASCII: Bool) {
    self.count = count
    self.word = word
    self.isASCII = isASCII
  }

  /// - Parameter text: UTF-8.
  package init(_ text: UnsafeBufferPointer<UInt8>) {
    count = text.count
    let bytes = UnsafeRawBufferPointer(text)
    func load<Word: FixedWidthInteger & BitwiseCopyable>(_ offset: Int, as type: Word.Type) -> UInt64 {
      UInt64(truncatingIfNeeded: unsafe Word(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: type)))
    }
    // Two looks that overlap are faster than one at each byte.
    switch count {
    case 8...: word = load(0, as: UInt64.self)
    case 4...: word = load(0, as: UInt32.self) | load(count - 4, as: UInt32.self) << UInt64(8 * (count - 4))
    case 2...: word = load(0, as: UInt16.self) | load(count - 2, as: UInt16.self) << UInt64(8 * (count - 2))
    case 1: word = load(0, as: UInt8.self)
    default: word = 0
    }
    var joined = word
    if count > 8 {
      for offset in stride(from: 8, to: count - 8, by: 8) { joined |= load(offset, as: UInt64.self) }
      joined |= load(count - 8, as: UInt64.self)
    }
    isASCII = joined & 0x8080_8080_8080_8080 == 0
  }

  /// One bit, which tells that most other texts are not among some: the same for texts that are equal. What is not ASCII can
  /// be written in several ways and has all bits.
  var mark: UInt64 {
    guard isASCII else { return .max }
    // Fibonacci hashing: the multiplier is 2^64 divided by the golden ratio.
    return 1 << (((word ^ UInt64(truncatingIfNeeded: count)) &* 0x9E37_79B9_7F4A_7C15) >> 58)
  }

  /// Whether texts that have the same head are the same.
  package var isAll: Bool { count <= 8 }
}

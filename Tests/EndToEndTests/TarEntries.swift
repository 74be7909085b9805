import TestSupport
import Testing

/// One entry of an archive as pax(1) describes the ustar header: what the tests need to know of it.
struct TarEntry {
  var name: String
  /// Offset of the header's 512 bytes.
  var header: Int
  /// Offset of the content.
  var content: Int
  var size: Int
}

/// The entries of a ustar archive, read independently of the program under test.
func tarEntries(of bytes: [UInt8]) throws -> [TarEntry] {
  var entries: [TarEntry] = []
  var offset = 0
  while offset + 512 <= bytes.count, bytes[offset] != 0 {
    let header = bytes[offset..<offset + 512]
    func text(_ range: Range<Int>) -> String {
      String(
        decoding: header[(offset + range.lowerBound)..<(offset + range.upperBound)].prefix { $0 != 0 }, as: UTF8.self)
    }
    let digits = text(124..<136).prefix { $0.isNumber }
    let size = try #require(Int(digits, radix: 8), "the size of the entry at \(offset)")
    entries.append(TarEntry(name: text(0..<100), header: offset, content: offset + 512, size: size))
    offset += 512 + (size + 511) / 512 * 512
  }
  return entries
}

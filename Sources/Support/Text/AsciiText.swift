extension UInt8 {
  package var isLowercaseLetter: Bool { (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(self) }
  package var isLetter: Bool { isLowercaseLetter || (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(self) }
  package var isDigit: Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(self) }
  package var isHexadecimal: Bool { isDigit || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(self) }
}

extension StringProtocol {
  /// What stands between the separators, empty parts included. By bytes, which for an ASCII separator is the same as by
  /// characters unless a combining mark follows it, and then it separates nonetheless.
  package func parts(at separator: Unicode.Scalar, maxSplits: Int = .max) -> [Substring] {
    var found: [Substring] = []
    found.reserveCapacity(4)
    let text = Substring(self)
    var start = text.startIndex
    while found.count < maxSplits, let index = text.utf8[start...].firstIndex(of: UInt8(ascii: separator)) {
      found.append(text[start..<index])
      start = text.utf8.index(after: index)
    }
    found.append(text[start...])
    return found
  }

  /// Whether an ASCII character is in it, looked for by bytes.
  package func hasByte(_ character: Unicode.Scalar) -> Bool { utf8.contains(UInt8(ascii: character)) }
}

extension Substring {
  /// What stands between the separators, empty parts included, as texts of their own.
  package func words(at separator: Unicode.Scalar) -> [String] {
    var text = self
    return text.withUTF8 { bytes in
      var found: [String] = []
      found.reserveCapacity(4)
      var start = 0
      for index in 0...bytes.count {
        if unsafe index < bytes.count && bytes[index] != UInt8(ascii: separator) { continue }
        unsafe found.append(String(decoding: UnsafeBufferPointer(rebasing: bytes[start..<index]), as: UTF8.self))
        start = index + 1
      }
      return found
    }
  }
}

extension String {
  /// The first byte for which `isWrong` is true, as a range of one.
  package func firstByte(where isWrong: (UInt8) -> Bool) -> Range<Int>? {
    var text = self
    return text.withUTF8 { bytes in
      for offset in 0..<bytes.count where unsafe isWrong(bytes[offset]) { return offset..<offset + 1 }
      return nil
    }
  }
}

/// Why a text is not of the form that is expected.
package struct TextProblem: Error, Hashable, Sendable {
  /// A clause for under the caret: "expected three numbers".
  package var label: String
  /// Why, or what to do; empty when the label says it all.
  package var note: String
  /// The part of the text that is wrong, in UTF-8 bytes; nil for all of it.
  package var range: Range<Int>?
  /// What was probably meant.
  package var replacement: String?
  /// The form is right, and there is too much of it.
  package var isTooLong = false

  init(_ label: String, at range: Range<Int>? = nil, note: String = "", replacement: String? = nil) {
    self.label = label
    self.note = note
    self.range = range
    self.replacement = replacement
  }
}

extension TextProblem {
  /// The same problem of a text as a problem of `whole`, of which it is a part.
  func moved(from part: some StringProtocol, at offset: Int, of whole: String) -> TextProblem {
    var moved = self
    let length = part.utf8.count
    let range = range ?? 0..<max(length, 1)
    moved.range = range.lowerBound + offset..<range.upperBound + offset
    moved.replacement = replacement.map {
      "\(Substring(whole.utf8.prefix(offset)))\($0)\(Substring(whole.utf8.dropFirst(offset + length)))"
    }
    return moved
  }
}

/// A value that is written as text.
protocol TextValue: Sendable {
  init(parsing text: String) throws(TextProblem)
}

extension TextValue {
  /// Reads a part of a text that begins at `offset`; what is wrong with it is said of its place in the whole.
  init(parsing part: some StringProtocol, at offset: Int, of whole: String) throws(TextProblem) {
    do throws(TextProblem) { self = try Self(parsing: String(part)) } catch {
      throw error.moved(from: part, at: offset, of: whole)
    }
  }

  static func problem(in text: String) -> TextProblem? {
    do throws(TextProblem) {
      _ = try Self(parsing: text)
      return nil
    } catch { return error }
  }
}

extension FixedWidthInteger {
  /// A number in decimal digits and nothing else: the initialiser of the library takes a sign as well.
  init?(digits text: some StringProtocol) {
    guard text.utf8.allSatisfy(\.isDigit), let value = Self(text) else { return nil }
    self = value
  }

  /// The same without leading zeros, which other programs read as octal.
  init?(canonical text: some StringProtocol) {
    guard text.utf8.count == 1 || text.utf8.first != UInt8(ascii: "0") else { return nil }
    self.init(digits: text)
  }
}

extension UInt8 {
  var isLowercaseLetter: Bool { (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(self) }
  var isLetter: Bool { isLowercaseLetter || (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(self) }
  var isDigit: Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(self) }
  var isHexadecimal: Bool { isDigit || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(self) }
}

extension StringProtocol {
  /// What stands between the separators, empty parts included. By bytes, which for an ASCII separator is the same as by
  /// characters unless a combining mark follows it, and then it separates nonetheless.
  func parts(at separator: Unicode.Scalar, maxSplits: Int = .max) -> [Substring] {
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
  func hasByte(_ character: Unicode.Scalar) -> Bool { utf8.contains(UInt8(ascii: character)) }
}

extension Substring {
  /// What stands between the separators, empty parts included, as texts of their own.
  func words(at separator: Unicode.Scalar) -> [String] {
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
  func firstByte(where isWrong: (UInt8) -> Bool) -> Range<Int>? {
    var text = self
    return text.withUTF8 { bytes in
      for offset in 0..<bytes.count where unsafe isWrong(bytes[offset]) { return offset..<offset + 1 }
      return nil
    }
  }
}

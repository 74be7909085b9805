internal import Text

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

  package init(_ label: String, at range: Range<Int>? = nil, note: String = "", replacement: String? = nil) {
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
package protocol TextValue: Sendable {
  init(parsing text: String) throws(TextProblem)
}

extension TextValue {
  /// Reads a part of a text that begins at `offset`; what is wrong with it is said of its place in the whole.
  package init(parsing part: some StringProtocol, at offset: Int, of whole: String) throws(TextProblem) {
    do throws(TextProblem) { self = try Self(parsing: String(part)) } catch {
      throw error.moved(from: part, at: offset, of: whole)
    }
  }

  package static func problem(in text: String) -> TextProblem? {
    do throws(TextProblem) {
      _ = try Self(parsing: text)
      return nil
    } catch { return error }
  }
}

extension FixedWidthInteger {
  /// A number in decimal digits and nothing else: the initializer of the library takes a sign as well.
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

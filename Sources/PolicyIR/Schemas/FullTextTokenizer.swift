/// The value of the option `tokenize` of fts5: a tokenizer and its arguments
/// (https://sqlite.org/fts5.html#tokenizers, ext/fts5/fts5_tokenize.c of SQLite 3.40). SQLite's answer to a wrong argument is
/// "error in tokenizer constructor".
enum FullTextTokenizer {
  struct Problem: Error {
    var text: String

    init(_ text: String) { self.text = text }
  }

  /// The values of each option; empty: any.
  private static let options: [String: [String: [String]]] = [
    "unicode61": ["remove_diacritics": ["0", "1", "2"], "categories": [], "tokenchars": [], "separators": []],
    "ascii": ["tokenchars": [], "separators": []],
    "trigram": ["case_sensitive": ["0", "1"]],
  ]

  /// The one spelling of a tokenizer: names in lower case, words in quotes where they have to be.
  static func normalized(_ value: String) throws(Problem) -> String {
    let words = try words(of: value)
    try check(words[...])
    return words.enumerated().map { index, word in
      let isBare = !word.isEmpty && word.utf8.allSatisfy(isBareByte)
      return isBare ? word : sqlLiteral(word)
    }.joined(separator: " ")
  }

  private static func check(_ words: ArraySlice<String>) throws(Problem) {
    guard let name = words.first else { throw Problem("`tokenize` names no tokenizer") }
    let arguments = Array(words.dropFirst())
    // Porter cuts the ends off the words of another tokenizer, by default unicode61.
    if name == "porter" { return arguments.isEmpty ? () : try check(arguments[...]) }
    guard let options = options[name] else {
      throw Problem("`tokenize` starts with unicode61, ascii, porter or trigram, found `\(name)`")
    }
    for index in stride(from: 0, to: arguments.count, by: 2) {
      let option = asciiLowercased(arguments[index])
      guard let values = options[option] else {
        throw Problem(
          "the tokenizer \(name) has no option `\(arguments[index])`; it has \(options.keys.sorted().joined(separator: ", "))"
        )
      }
      guard index + 1 < arguments.count else { throw Problem("the option `\(option)` of \(name) lacks its value") }
      let value = arguments[index + 1]
      guard values.isEmpty || values.contains(value) else {
        throw Problem("the option `\(option)` of \(name) is \(values.joined(separator: ", ")), found `\(value)`")
      }
    }
  }

  private static func isBareByte(_ byte: UInt8) -> Bool {
    isASCIILetter(byte) || isASCIIDigit(byte) || byte == UInt8(ascii: "_") || byte >= 0x80
  }

  /// Bare words, and words in single quotes; names of tokenizers and options in lower case.
  private static func words(of value: String) throws(Problem) -> [String] {
    let bytes = Array(value.utf8)
    var words: [String] = []
    var position = 0
    while position < bytes.count {
      let first = bytes[position]
      if first == UInt8(ascii: " ") {
        position += 1
        continue
      }
      var word: [UInt8] = []
      if first == UInt8(ascii: "'") {
        position += 1
        while true {
          guard position < bytes.count else { throw Problem("a quote in `tokenize` does not close: `\(value)`") }
          let byte = bytes[position]
          position += 1
          if byte == first {
            guard position < bytes.count, bytes[position] == first else { break }
            position += 1
          }
          word.append(byte)
        }
      } else {
        while position < bytes.count, isBareByte(bytes[position]) {
          word.append(bytes[position])
          position += 1
        }
        guard !word.isEmpty else {
          let found = String(decoding: [first], as: UTF8.self)
          throw Problem("in `tokenize` the character `\(found)` has to stand in single quotes: `\(value)`")
        }
      }
      let text = String(decoding: word, as: UTF8.self)
      // Names are compared without regard to case, values are not.
      words.append(
        options[asciiLowercased(text)] != nil || asciiLowercased(text) == "porter" ? asciiLowercased(text) : text)
    }
    return words
  }
}

/// Lines as they are written: indentation, text, and a comment behind it.
struct FormattedLines {
  private struct Line {
    var indentation: Int
    var text: [UInt8] = []
    var comment: [UInt8] = []
    /// Where the comment stood, in code points.
    var commentColumn = 0
    /// A line of a block scalar: even its last space counts.
    var isVerbatim = false

    /// In code points.
    var width: Int { indentation + text.reduce(0) { $0 + ($1 & 0xC0 == 0x80 ? 0 : 1) } }
  }

  private var lines: [Line] = []
  /// The last line is one of a block scalar that ends without a line break, which would be one more character.
  var endsOpen = false

  mutating func begin(at indentation: Int, isVerbatim: Bool = false) {
    lines.append(Line(indentation: indentation, isVerbatim: isVerbatim))
    endsOpen = false
  }

  mutating func append(_ text: some Sequence<UInt8>) {
    if lines.isEmpty { begin(at: 0) }
    lines[lines.count - 1].text.append(contentsOf: text)
  }

  mutating func append(_ text: String) { append(text.utf8) }

  /// The white space at the end of the last line stays.
  mutating func keepEnd() { lines[lines.count - 1].isVerbatim = true }

  /// A comment behind what is on the last line.
  mutating func comment(_ text: some Sequence<UInt8>, column: Int) {
    if lines.isEmpty { begin(at: 0) }
    lines[lines.count - 1].comment = Array(Array(text)[...].trimmedEnd)
    lines[lines.count - 1].commentColumn = column
  }

  /// One empty line for any number of them, and none at the beginning.
  mutating func blank(_ count: Int) {
    if count > 0, !lines.isEmpty { lines.append(Line(indentation: 0)) }
  }

  var bytes: [UInt8] {
    var bytes: [UInt8] = []
    var index = 0
    while index < lines.count {
      // Comments of lines that follow each other are in one column when they were.
      var end = index
      while end < lines.count, !lines[end].comment.isEmpty { end += 1 }
      let run = lines[index..<max(end, index + 1)]
      let isAligned = Set(run.map(\.commentColumn)).count == 1
      let widest = run.map(\.width).max() ?? 0
      for line in run {
        let text = line.isVerbatim ? line.text[...] : line.text[...].trimmedEnd
        if !text.isEmpty {
          bytes.append(contentsOf: repeatElement(UInt8(ascii: " "), count: line.indentation))
          bytes.append(contentsOf: text)
        }
        if !line.comment.isEmpty {
          let padding = isAligned ? widest - line.width + 2 : 2
          bytes.append(contentsOf: repeatElement(UInt8(ascii: " "), count: padding))
          bytes.append(contentsOf: line.comment)
        }
        bytes.append(UInt8(ascii: "\n"))
      }
      index += run.count
    }
    if endsOpen, !bytes.isEmpty { bytes.removeLast() }
    return bytes
  }
}

/// What there is to know about a diagnostic's code: why it exists, a manifest that has it, and one that has not.
package struct CodePage: Sendable {
  package var code: String
  /// A few words.
  package var title: String
  /// Why this is refused and what to do, one paragraph.
  package var explanation: String
  /// A manifest that is answered with this code; text between `\u{1}` and its end is bytes in hexadecimal.
  package var wrong: String
  /// The same, mended.
  package var right: String

  init(_ code: String, _ title: String, _ explanation: String, wrong: String, right: String) {
    self.code = code
    self.title = title
    self.explanation = explanation
    self.wrong = wrong
    self.right = right
  }

  /// The lines that the examples leave out.
  package static let identity = """
    schema: locara/v1
    name: notes
    publisher: acme
    version: 1.0.0
    entry: {command: [python3, app/main.py]}

    """

  /// Pages of every code of the compiler's front end, by code.
  package static let all: [CodePage] = (CodePages.syntax + CodePages.shape + CodePages.texts + CodePages.meaning)
    .sorted { $0.code < $1.code }

  package static func page(of code: String) -> CodePage? { all.first { $0.code == code.uppercased() } }

  /// The example as a whole manifest: the identity is added unless the example is about it.
  package static func manifest(_ example: String) -> [UInt8] {
    var bytes: [UInt8] = []
    let needsIdentity = !example.hasPrefix("!")
    if needsIdentity { bytes += Array(identity.utf8) }
    let text = needsIdentity ? example : String(example.dropFirst())
    let parts = text.split(separator: "\u{1}", omittingEmptySubsequences: false)
    bytes += Array(parts[0].utf8)
    for part in parts.dropFirst() {
      if let byte = UInt8(part.prefix(2), radix: 16) { bytes.append(byte) }
      bytes += Array(part.dropFirst(2).utf8)
    }
    return bytes
  }

  /// For a terminal.
  package var text: String {
    """
    \(code): \(title)

    \(explanation.wrapped(at: 100))

    Wrong:

    \(CodePage.shown(wrong))
    Right:

    \(CodePage.shown(right))
    """
  }

  /// Indented, without what cannot be shown; the marker of a whole manifest is taken off.
  private static func shown(_ example: String) -> String {
    let text = example.hasPrefix("!") ? String(example.dropFirst()) : example
    let visible = text.split(separator: "\u{1}", omittingEmptySubsequences: false).enumerated().map { index, part in
      index == 0 ? String(part) : "<byte 0x\(part.prefix(2))>" + part.dropFirst(2)
    }.joined()
    return visible.split(separator: "\n", omittingEmptySubsequences: false).dropLast(visible.hasSuffix("\n") ? 1 : 0)
      .map { $0.isEmpty ? "\n" : "    \($0)\n" }.joined()
  }
}

extension String {
  fileprivate func wrapped(at width: Int) -> String {
    var lines: [String] = []
    for word in split(separator: " ") {
      if let last = lines.last, last.count + 1 + word.count <= width {
        lines[lines.count - 1] = last + " " + word
      } else {
        lines.append(String(word))
      }
    }
    return lines.joined(separator: "\n")
  }
}

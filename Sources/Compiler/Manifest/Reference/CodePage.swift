/// What there is to know about a diagnostic's code: why it exists, a manifest that has it, and one that has not.
package struct CodePage: Sendable {
  package var code: String
  /// A few words.
  package var title: String
  /// Why this is refused and what to do, one paragraph.
  package var explanation: String
  /// A manifest that is answered with this code; `\u{1}` and two digits are a byte in hexadecimal, and `\u{2}`, a number,
  /// `:` and a text up to `\u{3}` the text so many times.
  package var wrong: String
  /// The same, mended.
  package var right: String
  /// Files beside either manifest, by their paths; the texts are written as the examples are.
  package var files: [String: String] = [:]
  /// Files that are beside the right one only.
  package var rightFiles: [String: String] = [:]
  /// The command that answers so, when it is another than `locara check locara.yaml`.
  package var command: [String]

  init(
    _ code: String, _ title: String, _ explanation: String, wrong: String, right: String, files: [String: String] = [:],
    rightFiles: [String: String] = [:], command: [String] = ["check", "locara.yaml"]
  ) {
    self.code = code
    self.title = title
    self.explanation = explanation
    self.wrong = wrong
    self.right = right
    self.files = files
    self.rightFiles = rightFiles
    self.command = command
  }

  /// Whether the manifest alone is answered so.
  package var needsNothingElse: Bool { files.isEmpty && rightFiles.isEmpty && command == ["check", "locara.yaml"] }

  /// The lines that the examples leave out.
  package static let identity = """
    schema: locara/v1
    name: notes
    publisher: acme
    version: 1.0.0
    entry: {command: [python3, app/main.py]}

    """

  /// Pages of every code of the compiler's front end, by code.
  package static let all: [CodePage] =
    (CodePages.syntax + CodePages.shape + CodePages.texts + CodePages.meaning + CodePages.schema)
    .sorted { $0.code < $1.code }

  package static func page(of code: String) -> CodePage? { all.first { $0.code == code.uppercased() } }

  /// The example as a whole manifest: the identity is added unless the example is about it.
  package static func manifest(_ example: String) -> [UInt8] {
    example.hasPrefix("!") ? bytes(String(example.dropFirst())) : Array(identity.utf8) + bytes(example)
  }

  /// An example with its marks written out.
  package static func bytes(_ example: String) -> [UInt8] {
    var bytes: [UInt8] = []
    for part in parts(of: example) {
      switch part {
      case .text(let text): bytes += Array(text.utf8)
      case .byte(let byte): bytes.append(byte)
      case .repeated(let count, let text): for _ in 0..<count { bytes += Array(text.utf8) }
      }
    }
    return bytes
  }

  private enum Part {
    case text(Substring)
    case byte(UInt8)
    case repeated(Int, Substring)
  }

  private static func parts(of example: String) -> [Part] {
    var parts: [Part] = []
    var rest = example[...]
    while let mark = rest.firstIndex(where: { $0 == "\u{1}" || $0 == "\u{2}" }) {
      parts.append(.text(rest[..<mark]))
      let isByte = rest[mark] == "\u{1}"
      rest = rest[rest.index(after: mark)...]
      if isByte {
        if let byte = UInt8(rest.prefix(2), radix: 16) { parts.append(.byte(byte)) }
        rest = rest.dropFirst(2)
      } else {
        let number = rest.prefix { $0 != ":" }
        let text = rest.dropFirst(number.count + 1).prefix { $0 != "\u{3}" }
        parts.append(.repeated(Int(number) ?? 1, text))
        rest = rest.dropFirst(number.count + text.count + 2)
      }
    }
    return parts + [.text(rest)]
  }

  /// For a terminal.
  package var text: String {
    var text = "\(code): \(title)\n\n\(explanation.wrapped(at: 100))\n"
    guard !wrong.isEmpty else { return text }
    if command != ["check", "locara.yaml"] {
      text += "\nSaid by `locara \(command.joined(separator: " "))`.\n"
    }
    text += CodePage.shown("Wrong", wrong, files) + CodePage.shown("Right", right, files.merging(rightFiles) { $1 })
    return text
  }

  /// A manifest and the files beside it, indented, without what cannot be shown.
  private static func shown(_ title: String, _ example: String, _ files: [String: String]) -> String {
    var text = "\n\(title):\n\n" + shown(example.hasPrefix("!") ? String(example.dropFirst()) : example)
    for (path, content) in files.sorted(by: { $0.key < $1.key }) {
      text += "\n  with the file \(path):\n\n" + shown(content)
    }
    return text
  }

  private static func shown(_ example: String) -> String {
    let visible = parts(of: example).map { part in
      switch part {
      case .text(let text): String(text)
      case .byte(let byte): "<byte 0x\(String(byte, radix: 16, uppercase: true))>"
      case .repeated(let count, let text): "<\(count) times: \(text.filter { $0 != "\n" })>"
      }
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

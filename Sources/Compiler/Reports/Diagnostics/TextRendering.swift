// INVARIANT: this module says how things look, never what is true. It does no I/O.

package import Diagnostics

/// Diagnostics as text for people: the source line, what is wrong underlined in it, and what to do.
///
/// - Parameters:
///   - sources: those that the diagnostics point into; one that is missing costs its excerpt.
///   - color: whether to use ANSI colors (ECMA-48).
///   - width: columns of the terminal; excerpts of longer lines are cut around what is underlined.
package func renderText(_ diagnostics: [Diagnostic], sources: [Source], color: Bool, width: Int = 120) -> String {
  var renderer = TextRenderer(sources: sources, color: color, width: max(width, 40))
  for diagnostic in diagnostics { renderer.render(diagnostic) }
  return renderer.output
}

/// "2 errors and 1 warning"; empty when there are none.
package func summary(of diagnostics: [Diagnostic]) -> String {
  let counts: [(String, Int)] = [
    ("error", diagnostics.count { $0.severity == .error }), ("warning", diagnostics.count { $0.severity == .warning }),
  ]
  return counts.filter { $0.1 > 0 }.map { "\($0.1) \($0.0)\($0.1 == 1 ? "" : "s")" }.joined(separator: " and ")
}

private struct TextRenderer {
  let sources: [Source]
  let color: Bool
  let width: Int
  var output = ""

  private enum Paint: String {
    case error = "1;31"
    case warning = "1;33"
    case note = "1;36"
    case frame = "1;34"
    case strong = "1"
    case help = "1;32"
  }

  private func paint(_ text: String, _ paint: Paint) -> String {
    color && !text.isEmpty ? "\u{1B}[\(paint.rawValue)m\(text)\u{1B}[0m" : text
  }

  private func paint(of severity: Diagnostic.Severity) -> Paint {
    switch severity {
    case .error: .error
    case .warning: .warning
    case .note: .note
    }
  }

  mutating func render(_ diagnostic: Diagnostic) {
    let severity = paint("\(diagnostic.severity.rawValue)[\(diagnostic.code)]", paint(of: diagnostic.severity))
    output += severity + paint(": \(shown(diagnostic.headline))", .strong) + "\n"
    let labels =
      [(label: diagnostic.primary, isPrimary: true)] + diagnostic.secondary.map { (label: $0, isPrimary: false) }
    var paths: [String] = []
    for label in labels where !paths.contains(label.label.path) { paths.append(label.label.path) }
    let gutter =
      labels.map { String(source($0.label.path)?.position(of: $0.label.span.start).line ?? 1).count }.max() ?? 1
    for path in paths {
      excerpt(path, labels.filter { $0.label.path == path }, gutter, diagnostic.severity)
    }
    let frame = String(repeating: " ", count: gutter + 1) + paint("=", .frame)
    for note in diagnostic.notes { output += "\(frame) \(paint("note", .strong)): \(shown(note))\n" }
    if let fix = diagnostic.fix { output += "\(frame) \(paint("help", .help)): \(shown(fix.message))\n" }
    output += "\n"
  }

  private func source(_ path: String) -> Source? { sources.first { $0.path == path } }

  private func shown(_ text: String) -> String { DisplayText.cells(text.utf8).map(\.text).joined() }

  private mutating func excerpt(
    _ path: String, _ labels: [(label: Diagnostic.Label, isPrimary: Bool)], _ gutter: Int,
    _ severity: Diagnostic.Severity
  ) {
    let indent = String(repeating: " ", count: gutter)
    let first = labels[0]
    let arrow = first.isPrimary ? "-->" : ":::"
    guard let source = source(path) else {
      output += "\(indent)\(paint(arrow, .frame)) \(shown(path))\n"
      return
    }
    let place = source.position(of: first.label.span.start)
    output += "\(indent)\(paint(arrow, .frame)) \(shown(path)):\(place.line):\(place.column)\n"
    guard !source.bytes.isEmpty else { return }
    output += "\(indent) \(paint("|", .frame))\n"
    let placed = labels.map {
      (line: source.position(of: $0.label.span.start).line, label: $0.label, isPrimary: $0.isPrimary)
    }
    var previous: Int?
    for line in Set(placed.map(\.line)).sorted() {
      if let previous, line > previous + 1 {
        output += paint("\(indent.dropLast(min(indent.count, 2)))...", .frame) + "\n"
      }
      previous = line
      let here = placed.filter { $0.line == line }
      // Cut around the primary span when it is on this line.
      let focus = (here.first { $0.isPrimary } ?? here[0]).label.span
      let window = Window(source, line: line, focus: focus, width: width - gutter - 3)
      let number = String(repeating: " ", count: gutter - String(line).count) + String(line)
      output += "\(paint("\(number) |", .frame)) \(window.text)".trimmingEnd + "\n"
      for mark in here.sorted(by: { $0.isPrimary && !$1.isPrimary }) {
        let (start, length) = window.columns(of: mark.label.span)
        let underline = String(repeating: mark.isPrimary ? "^" : "-", count: length)
        let text = mark.label.text.isEmpty ? underline : "\(underline) \(shown(mark.label.text))"
        let spaces = String(repeating: " ", count: start)
        output +=
          "\(indent) \(paint("|", .frame)) \(spaces)\(paint(text, mark.isPrimary ? paint(of: severity) : .frame))\n"
      }
    }
  }
}

/// The part of a line that is shown.
private struct Window {
  private var cells: ArraySlice<DisplayText.Cell>
  private let lineStart: Int
  private let lineLength: Int
  private var prefix = ""
  private var suffix = ""

  init(_ source: Source, line: Int, focus: Span, width: Int) {
    let whole = source.line(line)
    let bytes = Window.neighborhood(of: focus, in: whole)
    lineStart = bytes.startIndex
    lineLength = whole.endIndex - bytes.startIndex
    let all = DisplayText.cells(bytes)
    cells = all[...]
    let isWhole = bytes.count == whole.count
    guard !isWhole || all.reduce(0, { $0 + $1.width }) > width else { return }
    // A third of the room before the focus, the rest for it and what follows.
    let from = all.firstIndex { $0.offset >= focus.start - bytes.startIndex } ?? all.count
    var start = from
    var taken = 0
    while start > 0, taken + all[start - 1].width <= width / 3 {
      start -= 1
      taken += all[start].width
    }
    var end = from
    while end < all.count, taken + all[end].width <= width - 2 {
      taken += all[end].width
      end += 1
    }
    cells = all[start..<end]
    prefix = start > 0 || bytes.startIndex > whole.startIndex ? "…" : ""
    suffix = end < all.count || bytes.endIndex < whole.endIndex ? "…" : ""
  }

  /// As much of a line as can be shown and somewhat more: a line may be the whole of a file.
  private static func neighborhood(of focus: Span, in line: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
    let reach = 4096
    guard line.count > 2 * reach else { return line }
    func whole(_ offset: Int) -> Int {
      var offset = min(max(offset, line.startIndex), line.endIndex)
      while offset < line.endIndex, offset > line.startIndex, line[offset] & 0xC0 == 0x80 { offset -= 1 }
      return offset
    }
    return line[whole(focus.start - reach)..<whole(focus.start + reach)]
  }

  var text: String { prefix + cells.map(\.text).joined() + suffix }

  /// Where a span is underlined: the columns before it, and how many it takes, at least one.
  func columns(of span: Span) -> (start: Int, length: Int) {
    let start = span.start - lineStart
    // A span of several lines is underlined to the end of its first.
    let end = min(max(span.end - lineStart, start), lineLength)
    var before = prefix.isEmpty ? 0 : 1
    var length = 0
    for cell in cells {
      if cell.offset < start { before += cell.width } else if cell.offset < end { length += cell.width }
    }
    return (before, max(length, 1))
  }
}

extension String {
  fileprivate var trimmingEnd: String {
    var text = Substring(self)
    while text.last == " " { text.removeLast() }
    return String(text)
  }
}

internal import CanonicalJSON
package import SystemIO

/// Tells of each kind of denial once, counts the rest, and sums up at the end.
///
/// A slow reader loses lines: while somebody waits for it, nobody would keep the app's time or pass signals on.
package final class DenialLog: DenialReceiver {
  private let output: NonblockingOutput
  private let people: NonblockingOutput?
  private let path: String
  private let format: Format
  private var counts: [Denial: Int] = [:]
  private var unlisted = 0
  private var lost = 0

  package enum Format: Hashable, Sendable {
    /// For people.
    case text
    /// One JSON object a line.
    case jsonLines
  }

  /// More kinds are only counted: an app that varies its arguments must not fill memory or disk.
  private static let mostKinds = 256

  package convenience init(_ output: consuming FileDescriptor, path: String, format: Format) {
    self.init(NonblockingOutput(output), path: path, format: format)
  }

  /// - Parameter summary: where the number of denials is told at the end, when not on `output`.
  package init(_ output: NonblockingOutput, path: String, format: Format, summary: NonblockingOutput? = nil) {
    self.output = output
    people = summary
    self.path = path
    self.format = format
  }

  /// What is said to people, on standard error.
  package static func ofStandardError() -> DenialLog {
    DenialLog(.ofStandardError(), path: "standard error", format: .text)
  }

  package func receive(_ denial: Denial) {
    if let count = counts[denial] {
      counts[denial] = count + 1
    } else if counts.count < DenialLog.mostKinds {
      counts[denial] = 1
      write(format == .text ? "locara: \(denial.text)" : denial.json.canonicalText, to: output)
    } else {
      unlisted += 1
    }
  }

  /// All denials so far.
  package var total: Int { counts.values.reduce(unlisted, +) }

  /// The kinds, by their text.
  package var denials: [(denial: Denial, count: Int)] {
    counts.sorted { $0.key.text < $1.key.text }.map { ($0.key, $0.value) }
  }

  /// The lines of the manifest that would have allowed what was denied, each with what it was about.
  package var suggestion: String {
    var calls: [String: Set<String>] = [:]
    var never = 0
    for denial in counts.keys {
      if denial.manifest.isEmpty { never += 1 } else { calls[denial.manifest, default: []].insert(denial.call) }
    }
    if counts.isEmpty { return "# Nothing was denied: no line is missing.\n" }
    var text = calls.isEmpty ? "# No line of a manifest would allow what was denied.\n" : "capabilities:\n"
    for line in calls.keys.sorted() {
      let denied = calls[line, default: []].sorted().joined(separator: ", ")
      text += "  \(line.visible)  # denied: \(denied.visible)\n"
    }
    if never > 0, !calls.isEmpty { text += "# \(never) other kinds of denied calls are allowed to no app.\n" }
    return text
  }

  /// The kinds as a denials file has them.
  package var jsonLines: [UInt8] {
    denials.flatMap { Array(($0.denial.json.canonicalText + "\n").utf8) }
  }

  /// One line for people at the end, when there was anything.
  package func summarize() {
    guard total > 0 else { return }
    let kinds = counts.count == 1 ? "1 kind" : "\(counts.count) kinds"
    var text = "locara: \(total) denied \(total == 1 ? "call" : "calls") of \(kinds)"
    if counts.count == DenialLog.mostKinds { text += " or more" }
    if people != nil { text += ", told in \(path.visible)" }
    if lost > 0 { text += "; \(lost) of the lines about them were lost, since nobody read them in time" }
    write(text, to: people ?? output, patience: 200)
  }

  /// Losing a line is better than ending the app, or keeping it waiting, because nobody reads them.
  private func write(_ line: String, to output: NonblockingOutput, patience: Int32 = 0) {
    let end = output.isRawTerminal ? "\r\n" : "\n"
    if !output.write(Array((line + end).utf8), patience: patience) { lost += 1 }
  }
}

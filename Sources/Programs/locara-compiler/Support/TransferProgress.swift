internal import ModelSources
internal import Reports
internal import SystemIO

/// Shows transfers on standard error: how much is there, how fast it comes and how long it will take.
final class TransferProgress: DownloadProgress {
  private var text = ProgressText(label: "", total: nil, start: 0, present: 0, seconds: 0)
  private let line = ProgressLine("")

  func begin(_ label: String, total: Int64?, present: Int64) {
    text = ProgressText(label: label, total: total, start: present, present: present, seconds: 0)
    line.restart()
  }

  func advance(to present: Int64) {
    text.present = present
    line.show { isTerminal, elapsed in
      text.seconds = elapsed / .seconds(1)
      return isTerminal ? text.bar(width: 79) : text.line
    }
  }

  /// The same, told by who does not say when it begins.
  func advance(_ label: String, to present: Int64, of total: Int64) {
    if text.label != label || text.total != total { begin(label, total: total, present: present) }
    advance(to: present)
  }

  func note(_ text: String) {
    line.end()
    Console.note(text)
  }

  func end() {
    line.end()
    text.seconds = line.elapsed / .seconds(1)
    if text.seconds >= 1, !text.label.isEmpty { Console.note(text.summary) }
    text.label = ""
  }
}

internal import Glibc
internal import ModelSources
internal import Reports
internal import SystemIO

/// Shows downloads on standard error: a bar that is drawn over on a terminal, now and then a line elsewhere. What takes
/// less than a second is not shown.
final class TransferProgress: DownloadProgress {
  private var text = ProgressText(label: "", total: nil, start: 0, present: 0, seconds: 0)
  private var began = 0.0
  private var shown = 0.0
  private var isDrawn = false
  private let isTerminal = isatty(StandardStream.error.rawValue) == 1 && Environment.value("TERM") != "dumb"

  /// Seconds between two lines where there is no terminal.
  private static let lineStep = 10.0
  private static let drawStep = 0.1

  func begin(_ label: String, total: Int64?, present: Int64) {
    text = ProgressText(label: label, total: total, start: present, present: present, seconds: 0)
    began = now()
    shown = began
  }

  func advance(to present: Int64) {
    let time = now()
    text.present = present
    text.seconds = time - began
    guard text.seconds >= 1 else { return }
    if isTerminal, time - shown >= TransferProgress.drawStep {
      StandardStream.error.write("\r\(text.bar(width: 79))\u{1B}[K")
      isDrawn = true
      shown = time
    } else if !isTerminal, time - shown >= (shown == began ? 1 : TransferProgress.lineStep) {
      Console.note(text.line)
      shown = time
    }
  }

  func note(_ text: String) {
    erase()
    Console.note(text)
  }

  func end() {
    erase()
    text.seconds = now() - began
    if text.seconds >= 1 { Console.note(text.summary) }
  }

  private func erase() {
    if isDrawn { StandardStream.error.write("\r\u{1B}[K") }
    isDrawn = false
  }

  private func now() -> Double {
    var time = timespec()
    _ = unsafe clock_gettime(CLOCK_MONOTONIC, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
  }
}

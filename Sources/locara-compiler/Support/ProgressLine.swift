internal import Glibc
internal import Synchronization
internal import SystemIO

/// Says on standard error how far something is that takes longer than a second: on a terminal in one line that is
/// written over, else in a line after 1, 2, 4, 8 … seconds.
final class ProgressLine: Sendable {
  private struct State {
    var text = ""
    var expected: Duration?
    /// When to say something again, since the start.
    var next = Duration.seconds(1)
    var isShown = false
  }

  private let start = ContinuousClock.now
  private let what: String
  private let isTerminal = isatty(STDERR_FILENO) == 1
  private let state = Mutex(State())

  /// - Parameter what: what goes on: "migrating".
  init(_ what: String) { self.what = what }

  /// Says what there is to do and how long it is expected to take; nothing when that is less than a second.
  func estimate(_ amount: String, _ expected: Duration) {
    state.withLock { $0.expected = expected }
    guard expected >= .seconds(1) else { return }
    Console.note("\(what): \(amount), about \(ProgressLine.text(expected))")
  }

  /// What is being done now: "step 3 of 7".
  func step(_ text: String) {
    state.withLock { $0.text = text }
    tick()
  }

  /// Speaks when it is time to.
  func tick() {
    let elapsed = start.duration(to: .now)
    let line = state.withLock { state -> String? in
      guard elapsed >= state.next else { return nil }
      state.next = isTerminal ? elapsed + .seconds(1) : state.next * 2
      state.isShown = true
      var line = "\(what): \(ProgressLine.text(elapsed))"
      if let expected = state.expected, expected >= .seconds(1) { line += " of about \(ProgressLine.text(expected))" }
      return state.text.isEmpty ? line : "\(line), \(state.text)"
    }
    guard let line else { return }
    StandardStream.error.write(isTerminal ? "\r\u{1B}[K\(line)" : "\(line)\n")
  }

  /// Clears the line on a terminal.
  func end() {
    let isShown = state.withLock { $0.isShown }
    if isTerminal, isShown { StandardStream.error.write("\r\u{1B}[K") }
  }

  /// In whole seconds, or minutes when there are many.
  private static func text(_ duration: Duration) -> String {
    let seconds = duration.components.seconds + (duration.components.attoseconds >= 500_000_000_000_000_000 ? 1 : 0)
    return seconds < 120 ? "\(seconds) s" : "\((seconds + 30) / 60) min"
  }
}

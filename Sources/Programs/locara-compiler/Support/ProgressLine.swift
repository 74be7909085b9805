internal import Synchronization
internal import SystemIO

/// Says on standard error how far something is that takes longer than a second: on a terminal in one line that is
/// written over, else in a line after 1, 2, 4, 8 … seconds.
final class ProgressLine: Sendable {
  private struct State {
    var start = ContinuousClock.now
    var text = ""
    var expected: Duration?
    /// When to say something again, since the start.
    var next = Duration.seconds(1)
    var isShown = false
  }

  private let what: String
  private let isTerminal = StandardStream.error.isTerminal && Environment.value("TERM") != "dumb"
  private let state = Mutex(State())

  /// Between two lines on a terminal.
  private static let drawStep = Duration.milliseconds(100)

  /// - Parameter what: what goes on: "migrating".
  init(_ what: String) { self.what = what }

  /// Begins anew, for the next of several things.
  func restart() { state.withLock { $0 = State() } }

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
    let (text, expected) = state.withLock { ($0.text, $0.expected) }
    show { _, elapsed in
      var line = "\(what): \(ProgressLine.text(elapsed))"
      if let expected, expected >= .seconds(1) { line += " of about \(ProgressLine.text(expected))" }
      return text.isEmpty ? line : "\(line), \(text)"
    }
  }

  /// Says `line` when it is time to.
  ///
  /// - Parameter line: made only then; whether it is for a terminal, and the time since the start.
  func show(_ line: (_ isTerminal: Bool, _ elapsed: Duration) -> String) {
    let elapsed = state.withLock { state -> Duration? in
      let elapsed = state.start.duration(to: .now)
      guard elapsed >= state.next else { return nil }
      state.next = isTerminal ? elapsed + ProgressLine.drawStep : state.next * 2
      state.isShown = true
      return elapsed
    }
    guard let elapsed else { return }
    let text = line(isTerminal, elapsed)
    StandardStream.error.write(isTerminal ? "\r\u{1B}[K\(text)" : "\(text)\n")
  }

  /// Clears the line on a terminal, before something else is written or at the end.
  func end() {
    let wasShown = state.withLock { state in
      defer { state.isShown = false }
      return state.isShown
    }
    if isTerminal, wasShown { StandardStream.error.write("\r\u{1B}[K") }
  }

  /// Time since the start.
  var elapsed: Duration { state.withLock { $0.start }.duration(to: .now) }

  /// In whole seconds, or minutes when there are many.
  private static func text(_ duration: Duration) -> String {
    let seconds = duration.components.seconds + (duration.components.attoseconds >= 500_000_000_000_000_000 ? 1 : 0)
    return seconds < 120 ? "\(seconds) s" : "\((seconds + 30) / 60) min"
  }
}

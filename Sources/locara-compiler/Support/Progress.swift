internal import SystemIO

/// How far something has come that takes more than a second: one line on standard error, for people only.
final class Progress {
  private let total: Int
  private var done = 0
  private var isShown = false
  private let start = ContinuousClock.now
  private var last = ContinuousClock.now

  init(total: Int) { self.total = total }

  func advance() {
    done += 1
    // The clock is not asked for each of thousands.
    guard done % 64 == 0, StandardStream.error.isTerminal else { return }
    let now = ContinuousClock.now
    guard now - start > .seconds(1), now - last > .milliseconds(100) else { return }
    last = now
    isShown = true
    StandardStream.error.write("\r\(done) of \(total)")
  }

  /// Takes the line away, before something else is written.
  func clear() {
    if isShown { StandardStream.error.write("\r\u{1B}[K") }
    isShown = false
  }
}

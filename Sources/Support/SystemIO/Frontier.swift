/// How far something has come that one thread makes and another follows, such as a file that is being written.
package final class Frontier: @unchecked Sendable {
  private let monitor = Monitor()
  // Below the monitor.
  private var reached: Int64 = 0
  private var isEnded = false
  private var isAbandoned = false

  package init() {}

  /// Everything before this byte is there; it never goes back.
  package func advance(to byte: Int64) { monitor.change { reached = max(reached, byte) } }

  /// Nothing more comes.
  package func end() { monitor.change { isEnded = true } }

  /// Nobody wants to know any more.
  package func abandon() { monitor.change { isAbandoned = true } }

  /// Waits until there is more than `byte`.
  ///
  /// - Returns: how far it is, which is more than `byte` unless it has ended there; nil when it was abandoned.
  package func wait(past byte: Int64) -> Int64? {
    monitor.wait { () -> Int64?? in
      if isAbandoned { return .some(nil) }
      return reached > byte || isEnded ? .some(reached) : nil
    }
  }
}

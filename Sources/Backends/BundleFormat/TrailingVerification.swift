internal import Digests
internal import Glibc
internal import SystemIO

/// Verifies a payload on a thread of its own while its file is being written, so that it is verified when the last byte is
/// there.
///
/// What is read was just written and is in memory.
final class TrailingVerification: @unchecked Sendable {
  private let frontier = Frontier()
  // Of the thread until it is joined.
  private var failure: Failure?
  private var thread: BackgroundThread?

  /// - Parameters:
  ///   - file: in which the payload will be, from `start` on.
  init(_ file: OpenFile, from start: Int64, size: Int64, digest: Digest) throws(Failure) {
    thread = BackgroundThread { [self] in
      let window = InputWindow(file, from: start, length: size, hashing: true, following: frontier)
      var checker = PayloadChecker()
      do throws(Failure) { try Bundle.readPayload(window, expecting: digest, &checker) } catch { failure = error }
    }
    guard thread != nil else { throw Failure("LX001", "cannot start a thread", help: "close other programs") }
  }

  /// So many bytes of the payload are there.
  func advance(to count: Int64) { frontier.advance(to: count) }

  /// Nothing follows.
  ///
  /// - Throws: LB002, LB004, LB009.
  func finish() throws(Failure) {
    frontier.end()
    thread?.join()
    thread = nil
    if let failure { throw failure }
  }

  /// Ends the thread. One that was neither finished nor abandoned goes on.
  func abandon() {
    frontier.abandon()
    thread?.join()
    thread = nil
  }
}

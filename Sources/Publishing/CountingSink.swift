internal import SystemIO
internal import Transfer

/// Passes bytes on and tells how many there are so far.
final class CountingSink: Sink {
  private let next: any Sink
  private var count: Int64
  private let tell: (Int64) -> Void

  /// - Parameter start: bytes that were there before.
  init(_ next: any Sink, from start: Int64, tell: @escaping (Int64) -> Void) {
    self.next = next
    count = start
    self.tell = tell
  }

  func begin(_ response: HTTPResponse) throws(Failure) { try next.begin(response) }

  func receive(_ bytes: UnsafeRawBufferPointer) throws(Failure) {
    try unsafe next.receive(bytes)
    count += Int64(bytes.count)
    tell(count)
  }
}

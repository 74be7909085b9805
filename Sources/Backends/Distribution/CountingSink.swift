package import SystemIO
package import Transfer

/// Passes bytes on and tells how many there are so far.
package final class CountingSink: Sink {
  private let next: any Sink
  private var count: Int64
  private let tell: (Int64) -> Void

  /// - Parameter start: bytes that were there before.
  package init(_ next: any Sink, from start: Int64, tell: @escaping (Int64) -> Void) {
    self.next = next
    count = start
    self.tell = tell
  }

  package func begin(_ response: HTTPResponse) throws(Failure) { try next.begin(response) }

  package func receive(_ bytes: UnsafeRawBufferPointer) throws(Failure) {
    try unsafe next.receive(bytes)
    count += Int64(bytes.count)
    tell(count)
  }
}

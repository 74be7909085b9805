package import SystemIO

/// Where the content of a successful response goes, piece by piece and in order.
///
/// When a connection breaks, the client goes on from where it stopped; no byte is given twice.
package protocol Sink: AnyObject {
  /// The header of the response whose content follows; called once.
  func begin(_ response: HTTPResponse) throws(Failure)
  /// The next bytes. The buffer is valid for the call.
  func receive(_ bytes: UnsafeRawBufferPointer) throws(Failure)
}

/// Keeps the content in memory.
package final class MemorySink: Sink {
  package private(set) var bytes: [UInt8] = []
  private let limit: Int

  /// - Parameter limit: the most bytes that are accepted; more is a failure (LX023).
  package init(limit: Int) { self.limit = limit }

  package func begin(_ response: HTTPResponse) throws(Failure) {}

  package func receive(_ piece: UnsafeRawBufferPointer) throws(Failure) {
    guard bytes.count + piece.count <= limit else {
      throw Failure("LX023", "the server sends more than the \(limit) bytes that are accepted")
    }
    unsafe bytes.append(contentsOf: piece)
  }
}

/// Takes no content: for requests whose answer is a status.
package final class NoSink: Sink {
  package init() {}
  package func begin(_ response: HTTPResponse) throws(Failure) {}
  package func receive(_ piece: UnsafeRawBufferPointer) throws(Failure) {}
}

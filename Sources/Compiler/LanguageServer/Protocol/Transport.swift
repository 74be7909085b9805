internal import CanonicalJSON
internal import Glibc
internal import SystemIO

/// The base protocol of the Language Server Protocol 3.17 over two descriptors: a header, an empty line, JSON.
///
/// What a client can make this hold is bounded: a header of 4 KiB, a message of 16 MiB, 64 levels and a million values.
final class Transport {
  private static let headerLimit = 4 << 10
  private static let bodyLimit = 16 << 20

  private let input: Int32
  private let output: StandardStream
  private var buffer: [UInt8] = []
  private var start = 0
  private(set) var isAtEnd = false

  init(input: Int32, output: StandardStream) {
    self.input = input
    self.output = output
  }

  enum Received {
    case message(Message)
    /// JSON-RPC's parse error: the message is left out, the next one can be read.
    case malformed(String)
    /// Nothing has come yet, or nothing will.
    case nothing
  }

  /// The next message.
  ///
  /// - Parameter isWaiting: whether to wait for one.
  /// - Throws: LX010 when the stream cannot be followed any more.
  func receive(isWaiting: Bool) throws(Failure) -> Received {
    while true {
      if let received = try parsed() { return received }
      guard !isAtEnd, isWaiting || isReady else { return .nothing }
      try fill()
    }
  }

  func send(_ json: JSON) {
    let body = json.canonicalBytes
    output.write(Array("Content-Length: \(body.count)\r\n\r\n".utf8) + body)
  }

  private func parsed() throws(Failure) -> Received? {
    let bytes = buffer[start...]
    guard let blank = bytes.firstRange(of: Array("\r\n\r\n".utf8)) else {
      guard bytes.count <= Transport.headerLimit else { throw Transport.lost("a header of more than 4 KiB") }
      if isAtEnd, !bytes.isEmpty { throw Transport.lost("the input ends inside a message") }
      return nil
    }
    let length = try Transport.length(bytes[..<blank.lowerBound])
    guard buffer.count - blank.upperBound >= length else {
      if isAtEnd { throw Transport.lost("the input ends inside a message") }
      return nil
    }
    let body = Array(buffer[blank.upperBound..<blank.upperBound + length])
    start = blank.upperBound + length
    if start > 1 << 16 || start == buffer.count {
      buffer.removeFirst(start)
      start = 0
    }
    do throws(JSONError) {
      let json = try JSON(parsing: body, limits: JSONLimits(bytes: Transport.bodyLimit, depth: 64, values: 1_000_000))
      guard let message = Message(json) else { return .malformed("not a message of JSON-RPC 2.0") }
      return .message(message)
    } catch { return .malformed(error.description) }
  }

  private static func length(_ header: ArraySlice<UInt8>) throws(Failure) -> Int {
    for line in String(decoding: header, as: UTF8.self).split(separator: "\r\n") {
      let parts = line.split(separator: ":", maxSplits: 1)
      guard parts.count == 2, parts[0].lowercased() == "content-length" else { continue }
      let digits = parts[1].drop { $0 == " " }
      guard let length = Int(digits), length >= 0 else { break }
      guard length <= bodyLimit else { throw lost("a message of \(length) bytes, more than \(bodyLimit)") }
      return length
    }
    throw lost("a header without Content-Length")
  }

  private static func lost(_ why: String) -> Failure {
    Failure(
      "LX010", "this is not the Language Server Protocol: \(why)", path: "standard input",
      help: "an editor starts this command; `spec/editors.md` says how")
  }

  private var isReady: Bool {
    var descriptor = pollfd(fd: input, events: Int16(POLLIN), revents: 0)
    return unsafe poll(&descriptor, 1, 0) > 0
  }

  private func fill() throws(Failure) {
    var failure: Int32 = 0
    let part = unsafe [UInt8](unsafeUninitializedCapacity: 1 << 16) { space, filled in
      filled = 0
      let got = unsafe read(input, space.baseAddress, space.count)
      if got < 0 { failure = errno } else { filled = got }
    }
    if failure == EINTR { return }
    guard failure == 0 else { throw .system("read", path: "standard input", errno: failure) }
    if part.isEmpty { isAtEnd = true }
    buffer += part
  }
}

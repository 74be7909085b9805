internal import CCurl
internal import Glibc
internal import SystemIO

/// One request on its way through redirects and repetitions: what has been delivered, and what is arriving now.
@safe final class Exchange {
  let tag: Int
  private(set) var request: HTTPRequest
  let sink: any Sink

  // Of the whole request.
  /// Bytes that the sink has.
  var delivered: Int64 = 0
  /// The sink was told of a response.
  var begun = false
  var attempt = 1
  /// `delivered` when the last attempt failed: progress starts the count anew.
  var deliveredBefore: Int64 = 0
  /// Of the content that the sink has a part of.
  var entityTag: String?

  // Of this attempt.
  var url: String
  var method: HTTPRequest.Method
  var sendsBody = true
  var hops: [HTTPResponse.Hop] = []
  var handle: OpaquePointer?
  /// Bytes of the request's body that were sent.
  var sent: Int64 = 0

  // Of this response.
  var response: HTTPResponse
  private var headerBytes = 0
  private var isHeaderComplete = false
  /// Bytes at the start of the content that nobody asked for.
  private var toSkip: Int64 = 0
  /// What went wrong on our side; it ends the request.
  var failure: Failure?
  /// All that was asked for is there, and the rest of the response is not wanted.
  var isSatisfied = false

  static let headerLimit = 256 << 10
  private static let problemLimit = 64 << 10

  init(tag: Int, request: HTTPRequest, sink: any Sink) {
    self.tag = tag
    self.request = request
    self.sink = sink
    url = request.url
    method = request.method
    entityTag = request.entityTag
    response = HTTPResponse(status: 0, headers: HTTPHeaders(), url: request.url)
  }

  /// The first byte that is still wanted.
  var position: Int64 { request.offset + delivered }

  /// The bytes that are still wanted; nil for all.
  var remaining: Int64? { request.length.map { $0 - delivered } }

  /// Before the request is sent once more from its start.
  func rewind() {
    url = request.url
    method = request.method
    sendsBody = true
    hops = []
  }

  func clearResponse() {
    response = HTTPResponse(status: 0, headers: HTTPHeaders(), url: url, hops: hops)
    headerBytes = 0
    isHeaderComplete = false
    toSkip = 0
    sent = 0
    isSatisfied = false
  }

  /// - Returns: whether the transfer goes on.
  func header(_ line: String) -> Bool {
    headerBytes += line.utf8.count
    guard headerBytes <= Exchange.headerLimit else {
      failure = Failure("LX023", "the server's header is longer than \(Exchange.headerLimit) bytes", path: shown(url))
      return false
    }
    if line.hasPrefix("HTTP/") {
      let words = line.split(separator: " ", maxSplits: 2)
      let status = words.count > 1 ? Int(words[1].prefix(3)) ?? 0 : 0
      response = HTTPResponse(status: status, headers: HTTPHeaders(), url: url, hops: hops)
      isHeaderComplete = false
      return true
    }
    // What comes after the content (RFC 9110, 6.5) is not looked at.
    if isHeaderComplete { return true }
    let text = line.drop { $0 == " " }.filter { $0 != "\r\n" && $0 != "\n" && $0 != "\r" }
    if text.isEmpty {
      if response.status < 200 { return true }
      isHeaderComplete = true
      return !response.isSuccess || method == .head || accept()
    }
    guard let colon = text.firstIndex(of: ":") else { return true }
    let value = text[text.index(after: colon)...].drop { $0 == " " || $0 == "\t" }
    response.headers.append(String(text[..<colon]), String(value))
    return true
  }

  /// Whether the content that follows is the one that is wanted, and from where.
  private func accept() -> Bool {
    let length = response.headers["content-length"].flatMap { Int64($0) }
    response.total = length
    if response.status == 206 {
      guard let (first, total) = contentRange(response.headers["content-range"] ?? ""), first == position else {
        return refuse("it sent another part of the file than it was asked for")
      }
      response.isPartial = true
      response.total = total
    } else {
      toSkip = position
      if request.takesAllWhenWhole { request.length = nil }
    }
    if let known = entityTag, let tag = response.entityTag, tag != known {
      return refuse("the file has changed there since it was first asked for (\(known) became \(tag))")
    }
    if let total = response.total, let wanted = request.length, total < request.offset + wanted {
      return refuse("the file has \(total) bytes there, and \(request.offset + wanted) are wanted")
    }
    entityTag = entityTag ?? response.entityTag
    if begun { return true }
    begun = true
    do throws(Failure) { try sink.begin(response) } catch let problem {
      failure = problem
      return false
    }
    return true
  }

  private func refuse(_ problem: String) -> Bool {
    failure = Failure(
      "LX025", "the server did not keep to its own file: \(problem)", path: shown(url),
      help: "run the same command again; if it stays so, use another server")
    return false
  }

  /// - Returns: whether the transfer goes on.
  func receive(_ bytes: UnsafeRawBufferPointer) -> Bool {
    guard response.isSuccess else {
      let room = Exchange.problemLimit - response.problem.count
      unsafe response.problem.append(contentsOf: bytes.prefix(max(0, room)))
      return room > 0
    }
    let skipped = Int(min(Int64(bytes.count), toSkip))
    toSkip -= Int64(skipped)
    let count = Int(min(Int64(bytes.count - skipped), remaining ?? .max))
    if count > 0 {
      do throws(Failure) {
        try unsafe sink.receive(UnsafeRawBufferPointer(rebasing: bytes[skipped..<skipped + count]))
      } catch let problem {
        failure = problem
        return false
      }
    }
    delivered += Int64(count)
    guard remaining == 0 else { return true }
    isSatisfied = true
    // The end of what was asked for may be the end of the response: then the connection can serve again.
    return response.isPartial
  }

  /// Fills a buffer with the next bytes of the request's body; -1 when they cannot be read.
  func supply(_ buffer: UnsafeMutableRawBufferPointer) -> Int {
    switch request.body {
    case .none: return 0
    case .bytes(let bytes):
      let piece = bytes[Int(sent)...].prefix(buffer.count)
      unsafe buffer.copyBytes(from: piece)
      sent += Int64(piece.count)
      return piece.count
    case .file(let descriptor, let offset, let size):
      let wanted = min(Int64(buffer.count), size - sent)
      while true {
        let count = unsafe pread(descriptor, buffer.baseAddress, Int(wanted), off_t(offset + sent))
        if count < 0, errno == EINTR { continue }
        guard count > 0 || wanted == 0 else {
          failure = Failure(
            "LX025", "the file that is being sent became shorter", path: shown(url),
            help: "run the same command again when nothing writes to the file")
          return -1
        }
        sent += Int64(count)
        return count
      }
    }
  }

  var bodySize: Int64 {
    guard sendsBody else { return -1 }
    switch request.body {
    case .none: return -1
    case .bytes(let bytes): return Int64(bytes.count)
    case .file(_, _, let size): return size
    }
  }
}

/// RFC 9110, 14.4: `bytes 0-99/1000`; the first byte and the whole size, nil where it says `*`.
private func contentRange(_ field: String) -> (first: Int64, total: Int64?)? {
  guard field.lowercased().hasPrefix("bytes ") else { return nil }
  let parts = field.dropFirst(6).split(separator: "/", omittingEmptySubsequences: false)
  guard parts.count == 2 else { return nil }
  let ends = parts[0].split(separator: "-", omittingEmptySubsequences: false)
  guard ends.count == 2, let first = Int64(ends[0]), let last = Int64(ends[1]), first >= 0, last >= first else {
    return nil
  }
  let total = Int64(parts[1])
  guard total != nil || parts[1] == "*" else { return nil }
  if let total, last >= total { return nil }
  return (first, total)
}

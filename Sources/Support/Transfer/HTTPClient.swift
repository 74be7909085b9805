internal import CCurl
internal import Glibc
package import SystemIO

/// Sends requests, several at a time, and brings each to its end: redirects are followed, what broke is repeated and
/// gone on with from the byte where it broke.
///
/// Proxies are those of the environment (`https_proxy`, `no_proxy`), and certificates are always checked, against
/// `SSL_CERT_FILE` and `SSL_CERT_DIR` or else the system's. A `.netrc` is not read. For one thread at a time.
@safe package final class HTTPClient {
  /// A request that is over.
  package struct Completion {
    /// What `start` gave.
    package let tag: Int
    package let result: Result<HTTPResponse, Failure>
  }

  /// Called at least every tenth of a second while `next` or `send` waits.
  package var onTick: (() -> Void)?

  private let group: OpaquePointer
  private let agent: String
  private let patience: Patience
  private let authorityFile: String?
  private let authorityDirectory: String?
  private var lastTag = 0
  private var active: [Int: Exchange] = [:]
  private var waiting: [(due: Double, exchange: Exchange)] = []
  private var completed: [Completion] = []

  private static let redirectLimit = 10

  /// Loads libcurl when this is the first client of the process.
  ///
  /// - Parameter agent: the `User-Agent` field.
  /// - Throws: LX020 when there is no libcurl.
  package init(agent: String, patience: Patience = .ofUser) throws(Failure) {
    if let problem = unsafe locara_http_load() {
      throw Failure(
        "LX020", "the network needs libcurl, which cannot be loaded: \(unsafe String(cString: problem))",
        help: "install libcurl (Debian, Ubuntu: apt-get install libcurl4; Fedora: dnf install libcurl)")
    }
    guard let group = unsafe locara_http_group_new() else {
      throw Failure("LX020", "libcurl has no memory or descriptors left")
    }
    unsafe self.group = group
    self.agent = agent
    self.patience = patience
    authorityFile = Environment.value("SSL_CERT_FILE").flatMap { $0.isEmpty ? nil : $0 }
    authorityDirectory = Environment.value("SSL_CERT_DIR").flatMap { $0.isEmpty ? nil : $0 }
  }

  deinit {
    for exchange in active.values { end(exchange) }
    unsafe locara_http_group_free(group)
  }

  /// Sends one request and waits for its end.
  ///
  /// - Parameter sink: gets the content of a response with status 200 to 299.
  /// - Returns: the response, whatever its status.
  /// - Throws: LX021 no answer, LX023 too large, LX024 a redirect that is not followed, LX025 the server contradicts
  ///   itself, and what the sink throws.
  package func send(_ request: HTTPRequest, to sink: any Sink) throws(Failure) -> HTTPResponse {
    let tag = start(request, to: sink)
    while true {
      if let index = completed.firstIndex(where: { $0.tag == tag }) {
        return try completed.remove(at: index).result.get()
      }
      try advance()
    }
  }

  /// Sends one request and gives its content.
  ///
  /// - Parameter limit: the most bytes that are accepted.
  /// - Throws: as `send`, and LX022 for a status other than 200 to 299.
  package func fetch(_ request: HTTPRequest, limit: Int) throws(Failure) -> (response: HTTPResponse, bytes: [UInt8]) {
    let sink = MemorySink(limit: limit)
    let response = try send(request, to: sink)
    try response.requireSuccess()
    return (response, sink.bytes)
  }

  /// Starts a request; `next` tells of its end.
  ///
  /// - Returns: the tag by which `next` calls it.
  @discardableResult
  package func start(_ request: HTTPRequest, to sink: any Sink) -> Int {
    lastTag += 1
    launch(Exchange(tag: lastTag, request: request, sink: sink))
    return lastTag
  }

  /// Waits for the end of any request that was started; nil when none is under way.
  package func next() throws(Failure) -> Completion? {
    while completed.isEmpty {
      if active.isEmpty, waiting.isEmpty { return nil }
      try advance()
    }
    return completed.removeFirst()
  }

  /// Ends a request without waiting; its sink gets nothing more.
  package func cancel(_ tag: Int) {
    if let exchange = active.removeValue(forKey: tag) { end(exchange) }
    waiting.removeAll { $0.exchange.tag == tag }
    completed.removeAll { $0.tag == tag }
  }

  private func advance() throws(Failure) {
    let now = monotonicSeconds()
    let due = waiting.filter { $0.due <= now }
    waiting.removeAll { $0.due <= now }
    for entry in due { launch(entry.exchange) }
    let pause = waiting.map { $0.due - now }.min() ?? 1
    guard unsafe locara_http_wait(group, Int32(max(0, min(pause, 0.1)) * 1000)) == 0 else {
      throw Failure("LX021", "libcurl cannot go on")
    }
    while true {
      let outcome = unsafe locara_http_next(group)
      guard unsafe outcome.exchange != nil, let context = unsafe outcome.context else { break }
      let exchange = unsafe Unmanaged<Exchange>.fromOpaque(context).takeUnretainedValue()
      active.removeValue(forKey: exchange.tag)
      let ending = unsafe outcome.ending
      let reason = unsafe outcome.reason.map { unsafe String(cString: $0) } ?? ""
      let redirect = unsafe outcome.redirect.map { unsafe String(cString: $0) }
      end(exchange)
      finish(exchange, ending, reason: reason, redirect: redirect)
    }
    onTick?()
  }

  private func end(_ exchange: Exchange) {
    if let handle = unsafe exchange.handle { unsafe locara_http_end(group, handle) }
    unsafe exchange.handle = nil
  }

  /// Decides what follows the end of one attempt.
  private func finish(_ exchange: Exchange, _ ending: locara_http_ending, reason: String, redirect: String?) {
    if let failure = exchange.failure { return complete(exchange, .failure(failure)) }
    let response = exchange.response
    switch ending {
    case locara_http_done, locara_http_stopped:
      if [301, 302, 303, 307, 308].contains(response.status), let redirect { return follow(redirect, exchange) }
      if [408, 425, 429, 500, 502, 503, 504].contains(response.status),
        exchange.request.isIdempotent || [429, 503].contains(response.status),
        let pause = pause(exchange, response)
      {
        return later(exchange, pause)
      }
      if response.isSuccess, exchange.method != .head, let remaining = exchange.remaining, remaining > 0 {
        return repeatOrFail(exchange, "the response ended \(remaining) bytes early")
      }
      if ending == locara_http_stopped, !exchange.isSatisfied, response.isSuccess {
        return repeatOrFail(exchange, "the transfer was stopped")
      }
      complete(exchange, .success(response))
    case locara_http_insecure, locara_http_malformed:
      complete(exchange, .failure(unreachable(exchange, reason)))
    case locara_http_unresolved where exchange.attempt >= 2:
      complete(exchange, .failure(unreachable(exchange, reason)))
    case locara_http_unresolved, locara_http_unreachable: repeatOrFail(exchange, reason, wasSent: false)
    case _ where exchange.isSatisfied: complete(exchange, .success(response))
    default: repeatOrFail(exchange, reason)
    }
  }

  private func follow(_ target: String, _ exchange: Exchange) {
    let response = exchange.response
    let hop = HTTPResponse.Hop(url: exchange.url, status: response.status, headers: response.headers)
    func refuse(_ problem: String) {
      complete(
        exchange,
        .failure(
          Failure(
            "LX024", "the server's redirect is not followed: \(problem)", path: shown(exchange.url),
            help: "check the address; a server that redirects like this is set up wrongly, or is not the one you mean"))
      )
    }
    guard exchange.hops.count < HTTPClient.redirectLimit else {
      return refuse("it is the \(HTTPClient.redirectLimit + 1)th in a row")
    }
    guard let from = origin(of: exchange.url), let to = origin(of: target),
      to.hasPrefix("https://") || to.hasPrefix("http://")
    else { return refuse("it leads to `\(shown(target))`, which is no HTTP address") }
    if case .withinOrigin = exchange.request.redirects, from != to { return complete(exchange, .success(response)) }
    guard to.hasPrefix("https://") || from.hasPrefix("http://") else {
      return refuse("it leads from an encrypted connection to one that is not: \(shown(target))")
    }
    exchange.hops.append(hop)
    exchange.url = target
    if response.status == 303 && exchange.method != .head
      || (response.status == 301 || response.status == 302) && exchange.method == .post
    {
      exchange.method = .get
      exchange.sendsBody = false
    }
    launch(exchange)
  }

  /// Seconds until the next attempt after a status that passes; nil when there is none.
  private func pause(_ exchange: Exchange, _ response: HTTPResponse) -> Double? {
    guard exchange.attempt < patience.attempts else { return nil }
    let own = patience.pause(before: exchange.attempt + 1)
    guard let field = response.headers["retry-after"], let asked = secondsToWait(field, now: wallSeconds()) else {
      return own
    }
    return asked <= patience.longestWait ? max(asked, asked == 0 ? 0 : own) : nil
  }

  private func repeatOrFail(_ exchange: Exchange, _ reason: String, wasSent: Bool = true) {
    if exchange.delivered > exchange.deliveredBefore { exchange.attempt = 1 }
    exchange.deliveredBefore = exchange.delivered
    guard exchange.request.isIdempotent || !wasSent, exchange.attempt < patience.attempts else {
      return complete(exchange, .failure(unreachable(exchange, reason)))
    }
    later(exchange, patience.pause(before: exchange.attempt + 1))
  }

  private func unreachable(_ exchange: Exchange, _ reason: String) -> Failure {
    let times = exchange.attempt > 1 ? " (tried \(exchange.attempt) times)" : ""
    return Failure(
      "LX021", "no complete answer: \(reason)\(times)", path: shown(exchange.url),
      help: "check the address, the network and the proxy settings (https_proxy, no_proxy, SSL_CERT_FILE)")
  }

  private func later(_ exchange: Exchange, _ pause: Double) {
    exchange.attempt += 1
    exchange.rewind()
    waiting.append((monotonicSeconds() + pause, exchange))
  }

  private func complete(_ exchange: Exchange, _ result: Result<HTTPResponse, Failure>) {
    completed.append(Completion(tag: exchange.tag, result: result))
  }

  /// `scheme://host:port`; nil when the URL is malformed.
  private func origin(of url: String) -> String? {
    var buffer = [CChar](repeating: 0, count: 1024)
    guard unsafe locara_http_origin(url, &buffer, buffer.count) == 0 else { return nil }
    return String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }
}

// Sending one attempt.
extension HTTPClient {
  private func launch(_ exchange: Exchange) {
    exchange.clearResponse()
    let lines = headerLines(exchange)
    let isPlain = ([exchange.url] + lines).allSatisfy { line in line.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7F } }
    guard isPlain, let origin = origin(of: exchange.url),
      origin.hasPrefix("https://") || origin.hasPrefix("http://")
    else {
      return complete(
        exchange,
        .failure(
          Failure(
            "LX021", "this is not an address that can be fetched: expected http:// or https:// and a host",
            path: shown(exchange.url), help: "check the address")))
    }
    let headers = CStrings(lines)
    let texts = CStrings([exchange.url, exchange.method.rawValue, agent, authorityFile ?? "", authorityDirectory ?? ""])
    var request = unsafe locara_http_request()
    unsafe request.headers = headers.array
    unsafe request.url = texts[0]
    unsafe request.method = texts[1]
    unsafe request.user_agent = texts[2]
    if authorityFile != nil { unsafe request.authority_file = texts[3] }
    if authorityDirectory != nil { unsafe request.authority_directory = texts[4] }
    unsafe request.body_size = exchange.bodySize
    unsafe request.connect_limit = Int(patience.connect * 1000)
    unsafe request.stall_limit = patience.stall
    unsafe request.context = Unmanaged.passUnretained(exchange).toOpaque()
    unsafe request.receive = { context, bytes, count in
      guard let exchange = unsafe exchangeOf(context) else { return 0 }
      let goesOn = unsafe exchange.receive(UnsafeRawBufferPointer(start: bytes, count: count))
      // Any number but `count` stops the transfer.
      return goesOn ? count : count == 0 ? 1 : 0
    }
    unsafe request.header = { context, bytes, count in
      guard let exchange = unsafe exchangeOf(context) else { return 0 }
      let line = unsafe String(decoding: UnsafeRawBufferPointer(start: bytes, count: count), as: UTF8.self)
      return exchange.header(line) ? count : 0
    }
    unsafe request.supply = { context, buffer, count in
      guard let exchange = unsafe exchangeOf(context) else { return -1 }
      return unsafe exchange.supply(UnsafeMutableRawBufferPointer(start: buffer, count: count))
    }
    unsafe exchange.handle = withExtendedLifetime((headers, texts)) {
      unsafe locara_http_start(group, &request)
    }
    guard unsafe exchange.handle != nil else {
      return complete(exchange, .failure(unreachable(exchange, "libcurl cannot start the transfer")))
    }
    active[exchange.tag] = exchange
  }

  private func headerLines(_ exchange: Exchange) -> [String] {
    var lines = ["Accept-Encoding: identity"]
    if exchange.sendsBody || exchange.request.body.isNone {
      lines += exchange.request.headers.map { "\($0.name): \($0.value)" }
    } else {
      // The body is gone with the redirect, and so is what described it.
      lines += exchange.request.headers.filter { !$0.name.lowercased().hasPrefix("content-") }
        .map { "\($0.name): \($0.value)" }
    }
    if let authorization = exchange.request.authorization, let first = origin(of: exchange.request.url),
      first == origin(of: exchange.url)
    {
      lines.append("Authorization: \(authorization)")
    }
    if exchange.method == .get, exchange.position > 0 || exchange.remaining != nil {
      let last = exchange.remaining.map { String(exchange.position + $0 - 1) } ?? ""
      lines.append("Range: bytes=\(exchange.position)-\(last)")
      if let tag = exchange.entityTag { lines.append("If-Range: \(tag)") }
    }
    return lines
  }
}

extension HTTPRequest.Body {
  fileprivate var isNone: Bool {
    if case .none = self { return true }
    return false
  }
}

private func exchangeOf(_ context: UnsafeMutableRawPointer?) -> Exchange? {
  unsafe context.map { unsafe Unmanaged<Exchange>.fromOpaque($0).takeUnretainedValue() }
}

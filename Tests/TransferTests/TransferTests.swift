import Digests
import Glibc
import SystemIO
import TestSupport
import Testing
import Transfer

/// The client against a real server on loopback, with the faults that servers and networks have.
@Suite struct TransferTests {
  let hub: Hub

  init() throws { hub = try #require(Hub(), "this test needs /usr/bin/python3") }

  /// Impatient, so that tests of faults take no time.
  static var patience: Patience {
    var patience = Patience()
    patience.stall = 1
    patience.firstPause = 0.01
    patience.longestWait = 3
    patience.attempts = 4
    return patience
  }

  func client() throws -> HTTPClient { try HTTPClient(agent: "locara-tests/1", patience: Self.patience) }

  func sample(_ count: Int, seed: UInt64 = 1) -> [UInt8] {
    var generator = SplitMix64(seed: seed)
    return (0..<count).map { _ in UInt8.random(in: 0...255, using: &generator) }
  }

  func put(_ count: Int, _ name: String = "data") -> [UInt8] {
    let bytes = sample(count)
    hub.directory.write(bytes, to: "plain/\(name)")
    return bytes
  }

  func failure(_ body: () throws -> Void, sourceLocation: SourceLocation = #_sourceLocation) -> Failure? {
    do { try body() } catch let failure as Failure { return failure } catch {}
    Issue.record("nothing was thrown", sourceLocation: sourceLocation)
    return nil
  }

  @Test func bytesArriveWithTheirHeader() throws {
    let bytes = put(300_000)
    let (response, got) = try client().fetch(HTTPRequest(.get, "\(hub.url)/plain/data"), limit: 1 << 20)
    #expect(got == bytes)
    #expect(response.status == 200)
    #expect(response.total == 300_000)
    #expect(response.headers["ETAG"] == "\"\(Digest.of(bytes).hexadecimal)\"")
    #expect(hub.requests.first?.headers["user-agent"] == "locara-tests/1")
  }

  @Test(arguments: ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"])
  func everyMethodIsSent(name: String) throws {
    let method = try #require(HTTPRequest.Method(rawValue: name))
    var request = HTTPRequest(method, "\(hub.url)/echo")
    if [.post, .put, .patch].contains(method) { request.body = .bytes(Array("hello".utf8)) }
    let sink = MemorySink(limit: 100)
    let response = try client().send(request, to: sink)
    #expect(response.headers["x-method"] == name)
    #expect(sink.bytes == (hub.requests[0].bodyDigest == nil ? [] : Array("hello".utf8)))
  }

  @Test func aPartOfAFileIsSent() throws {
    let bytes = sample(3_000_000)
    let path = hub.directory.write(bytes, to: "body")
    let file = try FileDescriptor.open(path, O_RDONLY)
    var request = HTTPRequest(.put, "\(hub.url)/echo")
    request.body = .file(descriptor: file.number, offset: 1_000_001, size: 1_500_000)
    _ = try client().send(request, to: MemorySink(limit: 4 << 20))
    #expect(hub.requests[0].bodyDigest == Digest.of(Array(bytes[1_000_001..<2_500_001])).hexadecimal)
  }

  @Test func rangesAreDelivered() throws {
    let bytes = put(100_000)
    for noRanges in [false, true] {
      // A server that cannot serve a part serves the whole, and the sink sees the part all the same.
      hub.rules(noRanges ? #"[{"match": "data", "noranges": true}]"# : "[]")
      var request = HTTPRequest(.get, "\(hub.url)/plain/data")
      request.offset = 70_000
      request.length = 20_000
      let (response, got) = try client().fetch(request, limit: 20_000)
      #expect(got == Array(bytes[70_000..<90_000]))
      #expect(response.isPartial == !noRanges)
      #expect(response.total == 100_000)
    }
  }

  @Test(arguments: [#""truncate": 30000"#, #""stall": 50000, "seconds": 20"#])
  func whatBreaksGoesOnFromThere(fault: String) throws {
    let bytes = put(100_000)
    hub.rules("[{\"match\": \"data\", \"times\": 2, \(fault)}]")
    let (_, got) = try client().fetch(HTTPRequest(.get, "\(hub.url)/plain/data"), limit: 100_000)
    #expect(got == bytes)
    let requests = hub.requests
    #expect(requests.count >= 2)
    #expect(requests[1].range == (fault.contains("truncate") ? "bytes=30000-" : "bytes=50000-"))
    #expect(requests[1].headers["if-range"] == "\"\(Digest.of(bytes).hexadecimal)\"")
  }

  @Test func aFileThatChangesInBetweenIsNotMixed() throws {
    _ = put(100_000)
    hub.rules(#"[{"match": "data", "times": 1, "truncate": 30000}, {"match": "data", "etag": "another"}]"#)
    let problem = failure { _ = try client().fetch(HTTPRequest(.get, "\(hub.url)/plain/data"), limit: 100_000) }
    #expect(problem?.code == "LX025")
  }

  @Test func anotherPartThanAskedForIsRefused() throws {
    _ = put(100_000)
    hub.rules(#"[{"match": "data", "shift": 5}]"#)
    var request = HTTPRequest(.get, "\(hub.url)/plain/data")
    request.offset = 10
    let problem = failure { _ = try client().fetch(request, limit: 100_000) }
    #expect(problem?.code == "LX025")
  }

  @Test func aServerThatGivesUpIsGivenUp() throws {
    _ = put(100_000)
    hub.rules(#"[{"match": "data", "truncate": 0}]"#)
    let problem = failure { _ = try client().fetch(HTTPRequest(.get, "\(hub.url)/plain/data"), limit: 100_000) }
    #expect(problem?.code == "LX021")
    #expect(hub.requests.count == Self.patience.attempts)
  }

  @Test func busyServersAreAskedAgain() throws {
    let bytes = put(10)
    hub.rules(
      #"[{"match": "data", "times": 1, "status": 429, "headers": {"Retry-After": "1"}}, {"match": "data", "times": 1, "status": 503}]"#
    )
    let start = ContinuousClock.now
    let (_, got) = try client().fetch(HTTPRequest(.get, "\(hub.url)/plain/data"), limit: 10)
    #expect(got == bytes)
    #expect(start.duration(to: .now) >= .milliseconds(950))
    #expect(hub.requests.count == 3)
  }

  @Test func aWaitThatIsTooLongIsNotWaited() throws {
    hub.rules(#"[{"match": "data", "status": 429, "headers": {"Retry-After": "86400"}}]"#)
    let problem = failure { _ = try client().fetch(HTTPRequest(.get, "\(hub.url)/plain/data"), limit: 10) }
    #expect(problem?.code == "LX022")
    #expect(hub.requests.count == 1)
  }

  @Test func postsAreNotRepeated() throws {
    hub.rules(#"[{"match": "echo", "status": 500}]"#)
    var request = HTTPRequest(.post, "\(hub.url)/echo")
    request.body = .bytes([1])
    #expect(try client().send(request, to: NoSink()).status == 500)
    #expect(hub.requests.count == 1)
  }

  @Test func credentialsStayWithTheirOrigin() throws {
    let bytes = put(1000)
    hub.rules(
      """
      [{"match": "GET /first", "redirect": "/second", "status": 307},
       {"match": "GET /second", "redirect": "\(hub.contentURL)/plain/data"}]
      """)
    var request = HTTPRequest(.get, "\(hub.url)/first")
    request.authorization = "Bearer secret"
    let (response, got) = try client().fetch(request, limit: 1000)
    #expect(got == bytes)
    #expect(response.hops.map(\.status) == [307, 302])
    #expect(hub.requests.map(\.authorization) == ["Bearer secret", "Bearer secret", nil])
  }

  @Test(arguments: [
    ("file:///etc/passwd", "LX024"), ("ftp://127.0.0.1/x", "LX024"), ("/loop", "LX024"),
  ])
  func wrongRedirectsAreNotFollowed(target: String, code: String) throws {
    hub.rules("[{\"match\": \"GET /loop\", \"redirect\": \"\(target)\"}]")
    let problem = failure { _ = try client().fetch(HTTPRequest(.get, "\(hub.url)/loop"), limit: 1000) }
    #expect(problem?.code == code)
  }

  @Test func contentIsBounded() throws {
    _ = put(5000)
    let problem = failure { _ = try client().fetch(HTTPRequest(.get, "\(hub.url)/plain/data"), limit: 4999) }
    #expect(problem?.code == "LX023")
    hub.rules(#"[{"match": "big", "status": 200, "headers": {"X-A": "\#(String(repeating: "a", count: 60_000))"}}]"#)
    #expect(throws: Never.self) { try client().fetch(HTTPRequest(.get, "\(hub.url)/big"), limit: 10) }
    let fields = (0..<5).map { "\"X-\($0)\": \"\(String(repeating: "a", count: 60_000))\"" }.joined(separator: ", ")
    hub.rules("[{\"match\": \"big\", \"status\": 200, \"headers\": {\(fields)}}]")
    #expect(failure { _ = try client().fetch(HTTPRequest(.get, "\(hub.url)/big"), limit: 10) } != nil)
  }

  @Test func aStatusIsAClearError() throws {
    let problem = failure {
      _ = try client().fetch(HTTPRequest(.get, "\(hub.url)/nothing?key=secret"), limit: 10)
    }
    #expect(problem?.code == "LX022")
    #expect(problem?.message.contains("404") == true)
    #expect(problem?.path == "\(hub.url)/nothing")
  }

  @Test func nobodyListeningIsAClearError() throws {
    let problem = failure { _ = try client().fetch(HTTPRequest(.get, "http://127.0.0.1:1/"), limit: 10) }
    #expect(problem?.code == "LX021")
  }

  @Test(arguments: ["", "x", "file:///etc/passwd", "http://", "https://a b/", "http://h/\r\nX: y", "ftp://127.0.0.1/"])
  func whatIsNoAddressIsAClearError(url: String) throws {
    let problem = failure { _ = try client().fetch(HTTPRequest(.get, url), limit: 10) }
    #expect(problem?.code == "LX021")
  }

  @Test func headerLinesCannotBeSmuggledIn() throws {
    var request = HTTPRequest(.get, "\(hub.url)/echo")
    request.headers = [("X-A", "b\r\nX-Evil: c")]
    #expect(failure { _ = try client().fetch(request, limit: 10) }?.code == "LX021")
    #expect(hub.requests.isEmpty)
  }

  @Test func manyGoOnTogether() throws {
    let bytes = put(400_000)
    hub.rules(#"[{"match": "data", "rate": 400000}]"#)
    let client = try client()
    var sinks: [Int: (Int, MemorySink)] = [:]
    for part in 0..<4 {
      var request = HTTPRequest(.get, "\(hub.url)/plain/data")
      request.offset = Int64(part) * 100_000
      request.length = 100_000
      let sink = MemorySink(limit: 100_000)
      sinks[client.start(request, to: sink)] = (part, sink)
    }
    let start = ContinuousClock.now
    while let completion = try client.next() {
      let (part, sink) = try #require(sinks[completion.tag])
      #expect(try completion.result.get().isSuccess)
      #expect(sink.bytes == Array(bytes[part * 100_000..<(part + 1) * 100_000]))
    }
    #expect(start.duration(to: .now) < .milliseconds(900), "one after the other they take a second")
  }
}

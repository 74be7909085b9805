import Digests
import Glibc
import ModelSources
import ModelStore
import PolicyIR
import SystemIO
import TestSupport
import Testing
import Transfer

/// What a download told.
final class Notes: DownloadProgress {
  var notes: [String] = []
  var begun: [String] = []
  func begin(_ label: String, total: Int64?, present: Int64) { begun.append("\(label) \(total ?? -1) \(present)") }
  func advance(to present: Int64) {}
  func note(_ text: String) { notes.append(text) }
  func end() {}
}

/// A hub on loopback with one repository, a store, and a fetcher that knows both.
final class Place {
  let hub: Hub
  let directory = TemporaryDirectory("sources")
  let notes = Notes()
  var settings: SourceSettings
  var store: ModelStore { ModelStore(root: directory("store")) }

  static let repository = "acme/tiny"
  static let commit = String(repeating: "c0ffee1234", count: 4)

  init() throws {
    hub = try #require(Hub(), "this test needs /usr/bin/python3")
    settings = SourceSettings(endpoint: hub.url, agent: "locara-tests")
    settings.patience.stall = 1
    settings.patience.firstPause = 0.01
    settings.patience.attempts = 4
  }

  var fetcher: ModelFetcher { ModelFetcher(store: store, settings: settings, progress: notes) }

  static func weights(_ count: Int, seed: UInt64 = 7) -> [UInt8] {
    var generator = SplitMix64(seed: seed)
    let header = Array(#"{"w":{"dtype":"U8","shape":[\#(count)],"data_offsets":[0,\#(count)]}}"#.utf8)
    var length = UInt64(header.count).littleEndian
    return withUnsafeBytes(of: &length) { Array($0) } + header + generator.bytes(count)
  }

  /// The model with these files, as a lock has it.
  func model(_ files: [String: [UInt8]], source: String = "hf:" + Place.repository, revision: String = Place.commit)
    -> ModelPin
  {
    ModelPin(
      id: "tiny", role: "text-to-embedding", source: source, revision: revision,
      files: files.map { ModelPin.File(path: $0.key, size: Int64($0.value.count), digest: Digest.of($0.value)) },
      license: "")
  }

  func fetch(_ model: ModelPin, sourceID: String? = nil) throws(Failure) -> [ModelFetcher.Outcome] {
    let fetcher = fetcher
    var outcomes: [ModelFetcher.Outcome] = []
    for file in model.files {
      outcomes.append(try fetcher.fetch(file, of: model, sourceID: sourceID, directory: directory.path))
    }
    return outcomes
  }

  /// Every file of the store has the bytes of its name, and no download left anything.
  func expectCleanStore(_ count: Int, sourceLocation: SourceLocation = #_sourceLocation) throws {
    let items = try store.list()
    #expect(items.count == count, sourceLocation: sourceLocation)
    #expect(store.verify(items.map(\.digest)).allSatisfy { $0 == nil }, sourceLocation: sourceLocation)
  }
}

func failure<Result>(of body: () throws -> Result) -> Failure? {
  do {
    _ = try body()
    return nil
  } catch {
    return error as? Failure ?? Failure("none", "\(error)")
  }
}

@Suite struct HubTests {
  let place: Place
  let big = Place.weights(300_000)
  let small = Array(#"{"model_type": "bert"}"#.utf8)

  init() throws {
    place = try Place()
    place.hub.repository(
      Place.repository, commit: Place.commit, files: ["model.safetensors": big, "config.json": small, "a/b c.txt": [1]])
  }

  @Test func aBranchIsPinnedWithoutItsWeights() throws {
    place.hub.directory.write(#"{"license": "apache-2.0"}"#, to: "repos/\(Place.repository)/card.json")
    let pinned = try place.fetcher.pin(
      .hub(repository: Place.repository, revision: "main"), paths: ["config.json", "model.safetensors", "a/b c.txt"],
      label: "tiny", acceptsPickle: false)
    #expect(pinned.revision == Place.commit)
    #expect(pinned.license == "apache-2.0")
    #expect(pinned.files.map(\.file.digest) == [small, big, [1]].map { Digest.of($0) })
    #expect(pinned.files.map(\.file.size) == [Int64(small.count), Int64(big.count), 1])
    #expect(pinned.files[1].facts?.parameters == 300_000)
    #expect(pinned.files[1].sourceID == Digest.of(big).hexadecimal)
    #expect(pinned.files[0].sourceID == GitBlob.name(of: small))
    // The small files are there already, the weights are not.
    try place.expectCleanStore(2)
  }

  @Test func filesAreFetchedAndVerified() throws {
    let model = place.model(["model.safetensors": big, "config.json": small])
    for outcome in try place.fetch(model) {
      guard case .downloaded = outcome else {
        Issue.record("\(outcome)")
        return
      }
    }
    #expect(try place.fetch(model) == [.present, .present])
    try place.expectCleanStore(2)
    // What is not needed any more is gone.
    #expect(try Directories.names(in: place.directory("store/partial")) == [])
  }

  @Test func tokensGoToTheHubOnly() throws {
    place.settings.token = "hf_secret"
    place.settings.mirrors = [place.hub.contentURL]
    place.hub.directory.write("hf_secret", to: "repos/\(Place.repository)/private")
    _ = try place.fetch(place.model(["model.safetensors": big]))
    let requests = place.hub.requests
    #expect(requests.contains { $0.authorization == "Bearer hf_secret" && $0.port != place.hub.contentPort })
    #expect(requests.allSatisfy { $0.authorization == nil || $0.port != place.hub.contentPort })
    // The mirror was asked first, and refused.
    #expect(requests.first?.port == place.hub.contentPort)
  }

  @Test(arguments: [
    (#"{"match": "/api/", "status": 404, "headers": {"X-Error-Code": "RevisionNotFound"}}"#, "LK023", "revision"),
    (#"{"match": "/api/", "status": 401, "headers": {"X-Error-Code": "GatedRepo"}}"#, "LK023", "terms"),
    (#"{"match": "/api/", "status": 401, "headers": {"X-Error-Code": "RepoNotFound"}}"#, "LK023", "HF_TOKEN"),
    (#"{"match": "/resolve/", "status": 404, "headers": {"X-Error-Code": "EntryNotFound"}}"#, "LK023", "no such file"),
    (#"{"match": "/api/", "status": 200, "body": "<html>"}"#, "LK024", "HF_ENDPOINT"),
    (#"{"match": "/api/", "status": 500}"#, "LX022", "500"),
    (#"{"match": "HEAD", "status": 200}"#, "LK024", "commit"),
  ])
  func whatTheHubRefusesIsAClearError(rule: String, code: String, word: String) throws {
    place.hub.rules("[\(rule)]")
    let problem = failure {
      try place.fetcher.pin(
        .hub(repository: Place.repository, revision: "main"), paths: ["config.json"], label: "tiny",
        acceptsPickle: false)
    }
    #expect(problem?.code == code, "\(String(describing: problem))")
    #expect(problem?.description.contains(word) == true, "\(String(describing: problem))")
    try place.expectCleanStore(0)
  }

  @Test func picklesAreRefusedUnlessAskedFor() throws {
    place.hub.repository(
      Place.repository, commit: Place.commit,
      files: ["pytorch_model.bin": [0x50, 0x4B, 3, 4] + Place.weights(100_000), "x.pkl": [0x80, 4, 0x95]])
    for path in ["pytorch_model.bin", "x.pkl"] {
      func pin(_ accepts: Bool) throws {
        _ = try place.fetcher.pin(
          .hub(repository: Place.repository, revision: "main"), paths: [path], label: "tiny", acceptsPickle: accepts)
      }
      #expect(failure { try pin(false) }?.code == "LK008")
      #expect(failure { try pin(true) } == nil)
    }
  }

  /// Faults of servers and networks: after each the right bytes are there, or a clear error and nothing.
  @Test(
    arguments: [
      (#"{"match": "/cdn/", "times": 3, "truncate": 100000}"#, nil),
      (#"{"match": "/cdn/", "times": 1, "stall": 100000, "seconds": 20}"#, nil),
      (#"{"match": "/cdn/", "times": 2, "status": 503}"#, nil),
      (#"{"match": "/cdn/", "times": 1, "status": 429, "headers": {"Retry-After": "0"}}"#, nil),
      (#"{"match": "/cdn/", "noranges": true}"#, nil),
      (#"{"match": "/cdn/", "corrupt": 200000}"#, "LK004"),
      (#"{"match": "/cdn/", "truncate": 0}"#, "LX021"),
      (#"{"match": "/cdn/", "status": 404}"#, "LX022"),
      (#"{"match": "GET.*/resolve/", "status": 401}"#, "LX022"),
      (#"{"match": "GET.*/resolve/", "redirect": "file:///etc/passwd"}"#, "LX024"),
      (#"{"match": "/cdn/", "status": 200, "body": "a page of a captive portal"}"#, "LX025"),
    ] as [(String, String?)])
  func everyFaultEndsWell(rule: String, code: String?) throws {
    place.hub.rules("[\(rule)]")
    let problem = failure { try place.fetch(place.model(["model.safetensors": big])) }
    #expect(problem?.code == code, "\(String(describing: problem))")
    try place.expectCleanStore(code == nil ? 1 : 0)
  }

  @Test func aMirrorThatLiesIsPassedOver() throws {
    place.settings.mirrors = [place.hub.contentURL]
    place.hub.directory.write(Place.weights(300_000, seed: 8), to: "plain/lie")
    place.hub.rules(
      "[{\"match\": \"GET /acme/tiny/resolve/.*safetensors\", \"times\": 1, \"redirect\": \"\(place.hub.contentURL)/plain/lie\"}]"
    )
    let outcomes = try place.fetch(place.model(["model.safetensors": big]))
    #expect(outcomes == [.downloaded(from: "\(place.hub.url)/acme/tiny/resolve/\(Place.commit)/model.safetensors")])
    #expect(place.notes.notes.contains { $0.contains("not the file that the lock names") }, "\(place.notes.notes)")
    try place.expectCleanStore(1)
  }

  @Test func whenNoServerHasTheBytesEachIsNamed() throws {
    place.settings.mirrors = [place.hub.contentURL]
    place.hub.rules(#"[{"match": "/cdn/", "corrupt": 200000}]"#)
    let problem = failure { try place.fetch(place.model(["model.safetensors": big])) }
    #expect(problem?.code == "LK022")
    for server in [place.hub.url, place.hub.contentURL] {
      #expect(problem?.message.contains("\(server)/acme/tiny") == true, "\(String(describing: problem))")
    }
    try place.expectCleanStore(0)
  }

  @Test func whatDoesNotFitOnTheDiskIsNotBegun() throws {
    // A file with a hole: it has a size and takes no room.
    let size: Int64 = 1 << 40
    place.hub.directory.write([], to: "plain/huge.safetensors")
    #expect(truncate(place.hub.directory("plain/huge.safetensors"), off_t(size)) == 0)
    place.hub.rules(#"[{"match": "/plain/", "etag": "huge"}]"#)
    let problem = failure {
      try place.fetcher.pin(
        .web(url: "\(place.hub.url)/plain/huge.safetensors"), paths: ["huge.safetensors"], label: "tiny",
        acceptsPickle: false)
    }
    #expect(problem?.code == "LK020", "\(String(describing: problem))")
    #expect(problem?.message.contains("\(size) bytes") == true, "\(String(describing: problem))")
    try place.expectCleanStore(0)
  }

  @Test func whatWasThereOfADownloadIsNotFetchedAgain() throws {
    place.hub.rules(#"[{"match": "/cdn/", "truncate": 0, "after": 1}, {"match": "/cdn/", "truncate": 150000}]"#)
    let model = place.model(["model.safetensors": big])
    place.settings.patience.attempts = 1
    #expect(failure { try place.fetch(model) }?.code == "LX021")
    try place.expectCleanStore(0)
    place.hub.rules("[]")
    place.hub.forgetRequests()
    _ = try place.fetch(model)
    try place.expectCleanStore(1)
    #expect(place.hub.requests.first { $0.path.hasPrefix("/cdn/") }?.range?.hasPrefix("bytes=150000-") == true)
  }

  @Test func aDamagedRestIsStartedAnew() throws {
    let model = place.model(["model.safetensors": big])
    let key = model.files[0].digest.hexadecimal
    place.directory.write([UInt8](repeating: 0, count: 150_000), to: "store/partial/\(key).part")
    place.directory.write("\(model.files[0].digest) \(big.count)\n0-150000\n", to: "store/partial/\(key).have")
    _ = try place.fetch(model)
    try place.expectCleanStore(1)
  }

  @Test func aLargeFileComesInParts() throws {
    let large = Place.weights(80 << 20)
    place.hub.repository(Place.repository, commit: Place.commit, files: ["large.safetensors": large])
    let model = place.model(["large.safetensors": large])
    func ranges() -> [String] { place.hub.requests.filter { $0.path.hasPrefix("/cdn/") }.compactMap(\.range) }
    // A connection that is slow gets others beside it.
    place.hub.rules(#"[{"match": "/cdn/", "rate": 100000000}]"#)
    _ = try place.fetch(model)
    try place.expectCleanStore(1)
    #expect(Set(ranges()).count >= 3, "\(ranges())")
    // At the end of a broken download, what is missing between the parts is fetched, and the whole is hashed.
    let digest = model.files[0].digest
    try Files.remove(place.store.path(of: digest))
    var holes = large
    for index in (10 << 20)..<(45 << 20) { holes[index] = 0 }
    for index in (70 << 20)..<large.count { holes[index] = 0 }
    place.directory.write(holes, to: "store/partial/\(digest.hexadecimal).part")
    place.directory.write(
      "\(digest) \(large.count)\n0-\(10 << 20) \(45 << 20)-\(70 << 20)\n",
      to: "store/partial/\(digest.hexadecimal).have")
    place.hub.rules("[]")
    place.hub.forgetRequests()
    _ = try place.fetch(model)
    try place.expectCleanStore(1)
    let fetched = ranges().map { $0.dropFirst("bytes=".count).split(separator: "-").compactMap { Int($0) } }
    let count = fetched.reduce(0) { $0 + ($1.count == 2 ? $1[1] - $1[0] + 1 : large.count) }
    #expect(count == (35 << 20) + large.count - (70 << 20), "\(ranges())")
  }

  @Test func offlineNothingIsAsked() throws {
    place.settings.isOffline = true
    #expect(failure { try place.fetch(place.model(["config.json": small])) }?.code == "LK021")
    let problem = failure {
      try place.fetcher.pin(
        .hub(repository: Place.repository, revision: "main"), paths: ["config.json"], label: "tiny",
        acceptsPickle: false)
    }
    #expect(problem?.code == "LK021")
    #expect(place.hub.requests.isEmpty)
  }
}

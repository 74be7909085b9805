import Digests
import Distribution
import Glibc
import ModelSources
import ModelStore
import PolicyIR
import SystemIO
import TestSupport
import Testing

/// Web servers, and registries with the kinds of models that are pushed to them.
@Suite struct OtherSourcesTests {
  let place: Place
  let bytes = Place.weights(150_000)

  init() throws { place = try Place() }

  private func pin(_ source: SourceReference, _ paths: [String]) throws -> PinnedModel {
    try place.fetcher.pin(source, paths: paths, label: "tiny", acceptsPickle: false)
  }

  @Test func aWebServerIsPinnedByItsBytes() throws {
    place.hub.directory.write(bytes, to: "plain/models/m.safetensors")
    // Once by the address of the file, once by what it lies below.
    for url in ["\(place.hub.url)/plain/models/m.safetensors", "\(place.hub.url)/plain/models"] {
      let pinned = try pin(.web(url: url), ["m.safetensors"])
      #expect(pinned.files[0].file.digest == Digest.of(bytes))
      #expect(pinned.files[0].facts?.parameters == 150_000)
      #expect(pinned.files[0].sourceID == Digest.of(bytes).hexadecimal)
    }
    try place.expectCleanStore(1)
    #expect(failure { try pin(.web(url: "\(place.hub.url)/plain/models"), ["other.gguf"]) }?.code == "LX022")
  }

  @Test func whatChangesOnTheWebMidwayIsStartedAnew() throws {
    place.hub.directory.write(bytes, to: "plain/m.safetensors")
    place.settings.patience.attempts = 1
    place.hub.rules(#"[{"match": "GET /plain", "truncate": 60000}]"#)
    let url = "\(place.hub.url)/plain/m.safetensors"
    #expect(failure { try pin(.web(url: url), ["m.safetensors"]) }?.code == "LX021")
    let other = Place.weights(150_000, seed: 9)
    place.hub.directory.write(other, to: "plain/m.safetensors")
    place.hub.rules("[]")
    #expect(try pin(.web(url: url), ["m.safetensors"]).files[0].file.digest == Digest.of(other))
    try place.expectCleanStore(1)
  }

  private func push(_ manifest: String, _ blobs: [[UInt8]]) -> SourceReference {
    for blob in blobs { place.hub.directory.write(blob, to: "oci/acme/tiny/blobs/\(Digest.of(blob))") }
    let digest = Digest.of(Array(manifest.utf8)).description
    place.hub.directory.write(manifest, to: "oci/acme/tiny/manifests/\(digest)")
    return .registry(host: String(place.hub.url.dropFirst(7)), name: "acme/tiny", digest: digest)
  }

  static let descriptor =
    "{\"mediaType\": \"a/b\", \"size\": 2, \"digest\": \"\(Digest.of(Array("{}".utf8)))\"}"

  private func layer(_ type: String, _ bytes: [UInt8], annotations: String = "{}") -> String {
    "{\"mediaType\": \"\(type)\", \"digest\": \"\(Digest.of(bytes))\", \"size\": \(bytes.count), \"annotations\": \(annotations)}"
  }

  private func manifest(_ layers: String..., config: String? = nil) -> String {
    let config = config ?? layer("application/vnd.oci.empty.v1+json", Array("{}".utf8))
    return "{\"schemaVersion\": 2, \"config\": \(config), \"layers\": [\(layers.joined(separator: ", "))]}"
  }

  @Test(arguments: [true, false])
  func modelPacksAreRead(isPrivate: Bool) throws {
    if isPrivate { place.hub.directory.write("", to: "oci/acme/tiny/private") }
    let small = Array("{}".utf8)
    let source = push(
      manifest(
        layer(
          "application/vnd.cncf.model.weight.v1.raw", bytes,
          annotations: #"{"org.cncf.model.filepath": "model.safetensors"}"#),
        layer(
          "application/vnd.cncf.model.weight.config.v1.raw", small,
          annotations: #"{"org.cncf.model.filepath": "config.json"}"#),
        layer("application/vnd.cncf.model.doc.v1.tar", [1, 2], annotations: #"{"org.cncf.model.filepath": "docs"}"#)),
      [bytes, small])
    let pinned = try pin(source, ["model.safetensors", "config.json"])
    #expect(pinned.files.map(\.file.digest) == [Digest.of(bytes), Digest.of(small)])
    #expect(pinned.files[0].facts?.parameters == 150_000)
    guard case .registry(let host, let name, let digest) = source else { return }
    let model = place.model(
      ["model.safetensors": bytes, "config.json": small], source: "oci:\(host)/\(name)", revision: digest)
    _ = try place.fetch(model)
    try place.expectCleanStore(2)
    #expect(failure { try pin(source, ["docs"]) }?.code == "LK023")
    #expect(failure { try pin(source, ["none"]) }?.description.contains("config.json") == true)
  }

  /// A registry that asks who somebody is gets the credentials of its own host, and shows nothing without.
  @Test func privateRegistriesWantCredentials() throws {
    place.hub.directory.write("ada:secret", to: "oci/acme/tiny/private")
    let source = push(
      manifest(
        layer(
          "application/vnd.docker.ai.gguf.v3", bytes,
          annotations: #"{"org.opencontainers.image.title": "m.safetensors"}"#)),
      [bytes])
    guard case .registry(let host, let name, let digest) = source else { return }
    let refused = failure { try pin(source, ["m.safetensors"]) }
    #expect(
      refused?.code == "LK023" && refused?.description.contains("docker login") == true,
      "\(String(describing: refused))")
    let auth = "YWRhOnNlY3JldA=="  // ada:secret
    func logIn(_ host: String) {
      let file = place.directory.write("{\"auths\": {\"\(host)\": {\"auth\": \"\(auth)\"}}}", to: "auth.json")
      place.settings.registryCredentials = RegistryCredentials(files: [file])
    }
    logIn("registry.example.com")
    place.hub.forgetRequests()
    #expect(failure { try pin(source, ["m.safetensors"]) }?.code == "LK023")
    #expect(!place.hub.requests.contains { $0.authorization?.contains(auth) == true })
    logIn(host)
    #expect(try pin(source, ["m.safetensors"]).files[0].file.digest == Digest.of(bytes))
    _ = try place.fetch(place.model(["m.safetensors": bytes], source: "oci:\(host)/\(name)", revision: digest))
    try place.expectCleanStore(1)
    // The password is shown where tokens are given, and nowhere else.
    let shown = place.hub.requests.filter { $0.authorization?.hasPrefix("Basic ") == true }
    #expect(!shown.isEmpty && shown.allSatisfy { $0.path.hasPrefix("/token") })
  }

  @Test func theLicenseOfAModelPackIsRead() throws {
    let config = Array(#"{"descriptor": {"licenses": ["MIT", "Apache-2.0"]}, "config": {}}"#.utf8)
    let source = push(
      manifest(
        layer(
          "application/vnd.cncf.model.weight.v1.raw", bytes,
          annotations: #"{"org.cncf.model.filepath": "model.safetensors"}"#),
        config: layer("application/vnd.cncf.model.config.v1+json", config)),
      [bytes, config])
    #expect(try pin(source, ["model.safetensors"]).license == "MIT AND Apache-2.0")
  }

  @Test(arguments: ["application/vnd.ollama.image.model", "application/vnd.docker.ai.gguf.v3"])
  func modelsOfOllamaAndDockerAreRead(type: String) throws {
    // A GGUF file of version 3 without tensors and keys.
    let gguf = Array("GGUF".utf8) + [3, 0, 0, 0] + [UInt8](repeating: 0, count: 16)
    let pinned = try pin(push(manifest(layer(type, gguf)), [gguf]), ["model.gguf"])
    #expect(pinned.files[0].file.digest == Digest.of(gguf))
    #expect(pinned.files[0].facts?.format == .gguf)
  }

  @Test(arguments: [
    "", "{}", "[]", "{\"schemaVersion\": 2, \"layers\": []}",
    "{\"schemaVersion\": 2, \"layers\": [], \"config\": \(OtherSourcesTests.descriptor)}",
    "{\"mediaType\": \"application/vnd.oci.image.index.v1+json\", \"manifests\": []}",
    "{\"schemaVersion\": 2, \"layers\": [{}]}",
    "{\"schemaVersion\": 2, \"layers\": [{\"mediaType\": \"x\", \"digest\": \"sha256:0\", \"size\": 1}]}",
    "{\"schemaVersion\": 2, \"layers\": [{\"mediaType\": \"x\", \"digest\": \"md5:0\", \"size\": -1}]}",
  ])
  func whatIsNoModelIsAClearError(manifest: String) throws {
    #expect(failure { try pin(push(manifest, []), ["model.gguf"]) }?.code == "LK024")
  }

  @Test func aManifestWithOtherBytesIsRefused() throws {
    guard case .registry(let host, let name, let digest) = push(manifest(layer("x", bytes)), [bytes]) else { return }
    place.hub.directory.write("{}", to: "oci/acme/tiny/manifests/\(digest)")
    #expect(failure { try pin(.registry(host: host, name: name, digest: digest), ["x"]) }?.code == "LK004")
  }
}

internal import CanonicalJSON
internal import Digests
internal import SystemIO
internal import Transfer

/// A repository of an OCI registry, as much of the distribution protocol 1.1 as reading a model's files needs.
struct ModelRegistry {
  private let client: HTTPClient
  private let host: String
  private let name: String

  init(_ client: HTTPClient, host: String, name: String) {
    self.client = client
    self.host = host
    self.name = name
  }

  /// The files of the manifest with this digest.
  func resolve(_ text: String, paths: [String]) throws(Failure) -> ResolvedModel {
    guard let digest = Digest(text) else { throw strange("`\(text)` is no SHA-256") }
    let (bytes, authorization) = try manifest(digest)
    guard Digest.of(bytes) == digest else {
      throw Failure(
        "LK004", "this is not the manifest that was asked for: expected \(digest), found \(Digest.of(bytes))",
        path: label,
        help: "the registry is damaged, or something between here and there changes what it sends")
    }
    guard let model = ModelLayers(bytes) else { throw strange("the manifest describes no model") }
    var files: [ResolvedModel.File] = []
    for path in paths {
      let found = model.layers.filter { $0.path == path }
      guard let layer = found.first, found.count == 1, !layer.isArchive else {
        let names = model.layers.filter { !$0.isArchive }.map(\.path).joined(separator: ", ")
        throw Failure(
          "LK023", "the model in the registry has no file `\(path)` of its own", path: label,
          help: names.isEmpty ? "its files are packed into archives" : "its files are: \(names)")
      }
      files.append(
        ResolvedModel.File(
          path: path, size: layer.size, digest: layer.digest, sourceID: layer.digest.hexadecimal,
          location: Location(url: url("blobs/\(layer.digest)"), authorization: authorization)))
    }
    return ResolvedModel(revision: text, license: model.license, files: files)
  }

  /// Where a layer's bytes are. The manifest is asked for once more, since it tells what authorization the registry wants.
  func location(of blob: Digest, manifest text: String) throws(Failure) -> Location {
    guard let digest = Digest(text) else { throw strange("`\(text)` is no SHA-256") }
    return Location(url: url("blobs/\(blob)"), authorization: try manifest(digest).authorization)
  }

  private var label: String { "oci:\(host)/\(name)" }

  private func url(_ path: String) -> String {
    let isLocal = host == "localhost" || host.hasPrefix("localhost:") || host.hasPrefix("127.")
    let server = host == "docker.io" ? "registry-1.docker.io" : host
    return "\(isLocal ? "http" : "https")://\(server)/v2/\(percentEncoded(name))/\(path)"
  }

  private func manifest(_ digest: Digest) throws(Failure) -> (bytes: [UInt8], authorization: String?) {
    var request = HTTPRequest(.get, url("manifests/\(digest)"))
    request.headers = [
      ("Accept", "application/vnd.oci.image.manifest.v1+json"),
      ("Accept", "application/vnd.docker.distribution.manifest.v2+json"),
    ]
    var sink = MemorySink(limit: ModelLayers.limit)
    var response = try client.send(request, to: sink)
    if response.status == 401, let challenge = response.headers["www-authenticate"] {
      request.authorization = try authorization(challenge)
      sink = MemorySink(limit: ModelLayers.limit)
      response = try client.send(request, to: sink)
    }
    guard ![401, 403, 404].contains(response.status) else {
      throw Failure(
        "LK023", "the registry has no \(digest) there, or does not show it to everybody", path: label,
        help: "check the name and the digest")
    }
    try response.requireSuccess()
    return (sink.bytes, request.authorization)
  }

  /// The token that a registry gives to everybody, where it asks for one: `Bearer realm="…",service="…",scope="…"`.
  private func authorization(_ challenge: String) throws(Failure) -> String {
    var fields: [String: String] = [:]
    for part in challenge.dropFirst("Bearer ".count).split(separator: "\"", omittingEmptySubsequences: false)
      .map(String.init).pairs
    {
      fields[part.0.filter { $0.isLetter }] = part.1
    }
    guard challenge.lowercased().hasPrefix("bearer "), let realm = fields["realm"],
      realm.hasPrefix("https://") || url("").hasPrefix("http://")
    else { throw strange("it asks for an authorization that is not known") }
    var query = ["scope=\(percentEncoded("repository:\(name):pull"))"]
    if let service = fields["service"] { query.append("service=\(percentEncoded(service))") }
    let request = HTTPRequest(.get, realm + (realm.contains("?") ? "&" : "?") + query.joined(separator: "&"))
    let (_, bytes) = try client.fetch(request, limit: 1 << 20)
    let json = try? JSON(parsing: bytes, limits: JSONLimits(bytes: 1 << 20, depth: 8, values: 1000))
    guard let token = (json?["token"] ?? json?["access_token"])?.stringValue else {
      throw strange("its token server gives no token")
    }
    return "Bearer \(token)"
  }

  private func strange(_ problem: String) -> Failure {
    Failure("LK024", "this is no registry that has models: \(problem)", path: label, help: "check the source")
  }
}

extension Array where Element == String {
  /// Each with the one after it: a name and what is quoted.
  fileprivate var pairs: [(String, String)] {
    stride(from: 0, to: count - 1, by: 2).map { (self[$0], self[$0 + 1]) }
  }
}

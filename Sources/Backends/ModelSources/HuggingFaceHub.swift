internal import CanonicalJSON
internal import Digests
internal import SystemIO
internal import Transfer

/// The protocol of huggingface.co, as much of it as pinning and fetching files needs.
///
///     GET  /api/models/REPOSITORY/revision/REVISION      the commit, the model card's license
///     HEAD /REPOSITORY/resolve/COMMIT/PATH               X-Repo-Commit, X-Linked-Size, X-Linked-Etag or ETag
///     GET  /REPOSITORY/resolve/COMMIT/PATH               the bytes, behind redirects
struct HuggingFaceHub {
  let client: HTTPClient
  let endpoint: String
  let token: String?

  init(_ client: HTTPClient, settings: SourceSettings) {
    self.client = client
    endpoint = settings.endpoint
    token = settings.token
  }

  private static let answerLimit = 16 << 20

  /// What a revision has under these names.
  func resolve(_ repository: String, revision: String, paths: [String]) throws(Failure) -> ResolvedModel {
    let (commit, license) = try commit(of: repository, revision: revision)
    var files: [ResolvedModel.File] = []
    for path in paths { files.append(try file(path, of: repository, commit: commit)) }
    return ResolvedModel(revision: commit, license: license, files: files)
  }

  /// Where a file's bytes are on any server of the hub's protocol.
  static func url(_ endpoint: String, _ repository: String, commit: String, path: String) -> String {
    "\(endpoint)/\(percentEncoded(repository))/resolve/\(segment(commit))/\(percentEncoded(path))"
  }

  var authorization: String? { token.map { "Bearer \($0)" } }

  private func commit(of repository: String, revision: String) throws(Failure) -> (String, String?) {
    let url =
      "\(endpoint)/api/models/\(percentEncoded(repository))/revision/\(HuggingFaceHub.segment(revision))"
    var request = HTTPRequest(.get, url)
    request.authorization = authorization
    let sink = MemorySink(limit: HuggingFaceHub.answerLimit)
    let response = try client.send(request, to: sink)
    try requireFound(response, "\(repository)@\(revision)")
    let limits = JSONLimits(bytes: HuggingFaceHub.answerLimit, depth: 64, values: 1_000_000)
    guard let json = try? JSON(parsing: sink.bytes, limits: limits), let commit = json["sha"]?.stringValue,
      isCommit(commit)
    else { throw strange(url, "its description of \(repository) has no commit") }
    if isCommit(revision), commit != revision { throw strange(url, "it answers for another commit than was asked for") }
    let stated = json["cardData"]?["license"]
    return (commit, HuggingFaceHub.license(stated?.stringValue ?? stated?.arrayValue?.first?.stringValue))
  }

  private func file(_ path: String, of repository: String, commit: String) throws(Failure) -> ResolvedModel.File {
    let url = HuggingFaceHub.url(endpoint, repository, commit: commit, path: path)
    var request = HTTPRequest(.head, url)
    request.authorization = authorization
    // The header that counts is the hub's own; what the bytes' server says of them is nothing to go by.
    request.redirects = .withinOrigin
    let response = try client.send(request, to: NoSink())
    if !(300..<400).contains(response.status) { try requireFound(response, "\(path) of \(repository)@\(commit)") }
    // The first answer has the hub's fields; a redirect within the hub may have them all or none.
    let headers = response.hops.map(\.headers) + [response.headers]
    func field(_ name: String) -> String? { headers.lazy.compactMap { $0[name] }.first }
    guard field("x-repo-commit") == commit else {
      throw strange(url, "it does not say that the file is of commit \(commit)")
    }
    let tag = HuggingFaceHub.bare(field("x-linked-etag") ?? field("etag") ?? "")
    let size = (field("x-linked-size") ?? (response.isSuccess ? response.headers["content-length"] : nil)).flatMap {
      Int64($0)
    }
    guard let size, size >= 0, [40, 64].contains(tag.utf8.count), isHexadecimal(tag) else {
      throw strange(url, "it says neither size nor hash of \(path)")
    }
    return ResolvedModel.File(
      path: path, size: size, digest: Digest(hexadecimal: tag), sourceID: tag,
      location: Location(url: url, authorization: authorization))
  }

  /// - Throws: LK023 for what the hub does not have or does not show.
  private func requireFound(_ response: HTTPResponse, _ what: String) throws(Failure) {
    if response.isSuccess { return }
    let code = response.headers["x-error-code"]
    let hidden =
      token == nil ? "set HF_TOKEN if it is private or gated" : "ask for access with the account of your token"
    switch (response.status, code) {
    case (_, "GatedRepo"?):
      throw Failure(
        "LK023", "the hub shows \(what) only to those who accepted its terms", path: shown(response.url),
        help: "accept them on the model's page, and \(hidden)")
    case (_, "RevisionNotFound"?):
      throw Failure(
        "LK023", "the hub has no such revision: \(what)", path: shown(response.url),
        help: "check the name after the `@`")
    case (_, "EntryNotFound"?):
      throw Failure(
        "LK023", "the hub has no such file: \(what)", path: shown(response.url), help: "check `files` in the manifest")
    case (401, _), (403, _), (404, _):
      throw Failure(
        "LK023", "the hub has no \(what), or does not show it", path: shown(response.url),
        help: "check the name, and \(hidden)")
    default: try response.requireSuccess()
    }
  }

  private func strange(_ url: String, _ problem: String) -> Failure {
    Failure(
      "LK024", "this server does not speak the hub's protocol: \(problem)", path: shown(url),
      help: "check HF_ENDPOINT")
  }

  /// A revision may have slashes, which are part of its name.
  private static func segment(_ text: String) -> String {
    percentEncoded(text).split(separator: "/", omittingEmptySubsequences: false).joined(separator: "%2F")
  }

  /// An entity tag without its quotes and weakness.
  static func bare(_ tag: String) -> String {
    var text = tag.hasPrefix("W/") ? tag.dropFirst(2) : tag[...]
    if text.hasPrefix("\""), text.hasSuffix("\""), text.utf8.count >= 2 { text = text.dropFirst().dropLast() }
    return String(text)
  }

  /// The hub writes SPDX ids in lower case; `other` and `unknown` say nothing.
  private static func license(_ text: String?) -> String? {
    guard let text, !["other", "unknown", ""].contains(text), text.utf8.count <= 128,
      text.utf8.allSatisfy({ (0x21...0x7E).contains($0) })
    else { return nil }
    return text
  }
}

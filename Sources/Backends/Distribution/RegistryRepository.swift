internal import CanonicalJSON
package import Digests
package import OCI
package import SystemIO
package import Transfer

/// A repository of a registry, by the OCI distribution protocol 1.1.
package final class RegistryRepository: Repository {
  package let host: String
  private let repository: String
  private let session: RegistrySession
  /// Registries that do not know referrers are told by the first answer.
  private var knowsReferrers: Bool?

  package var name: String { "\(host)/\(repository)" }

  package init(host: String, name: String, session: RegistrySession) {
    self.host = host
    repository = name
    self.session = session
  }

  private func url(_ path: String) -> String { "\(session.base(of: host))/v2/\(percentEncoded(repository))/\(path)" }
  private var pulling: RegistrySession.Scope { .init(host: host, repository: repository, push: false) }
  private var pushing: RegistrySession.Scope { .init(host: host, repository: repository, push: true) }

  private static let accepted = [
    OCIDocument.manifestType, OCIDocument.indexType, "application/vnd.docker.distribution.manifest.v2+json",
  ]

  package func document(tag: String?, digest: Digest?) throws(Failure) -> OCIDocument {
    let reference = digest?.description ?? tag ?? "latest"
    var request = HTTPRequest(.get, url("manifests/\(reference)"))
    request.headers = RegistryRepository.accepted.map { ("Accept", $0) }
    let sink = MemorySink(limit: OCIDocument.limit)
    let response = try session.send(request, to: sink, scope: pulling)
    guard response.status != 404 else {
      throw Failure(
        "LB082", "the registry has no `\(reference)` there", path: name,
        help: "check the name and the tag; a private repository is not shown without credentials")
    }
    try check(response, "give the manifest")
    if let digest, Digest.of(sink.bytes) != digest {
      throw damaged(OCIDescriptor(mediaType: "", digest: digest, size: 0))
    }
    return try OCIDocument(parsing: sink.bytes, path: name)
  }

  package func store(_ document: OCIDocument, tag: String?) throws(Failure) {
    var request = HTTPRequest(.put, url("manifests/\(tag ?? document.descriptor.digest.description)"))
    request.headers = [("Content-Type", document.descriptor.mediaType)]
    request.body = .bytes(document.bytes)
    let response = try session.send(request, to: NoSink(), scope: pushing)
    try check(response, "take the manifest")
    guard let subject = document.subject, response.headers["oci-subject"] == nil else { return }
    // The registry does not keep referrers by itself, so the fallback tag of the specification does.
    try addToFallback(document.descriptor, of: subject.digest)
  }

  package func holds(_ blob: OCIDescriptor) throws(Failure) -> Bool {
    let response = try session.send(HTTPRequest(.head, url("blobs/\(blob.digest)")), to: NoSink(), scope: pulling)
    if response.status == 404 { return false }
    try check(response, "say whether it has a blob")
    return true
  }

  package func read(_ blob: OCIDescriptor, from start: Int64, to sink: any Sink) throws(Failure) {
    guard start < blob.size else { return }
    var request = HTTPRequest(.get, url("blobs/\(blob.digest)"))
    request.offset = start
    // One byte more would be a blob that is longer than its descriptor says.
    request.length = blob.size - start
    let response = try session.send(request, to: sink, scope: pulling)
    guard response.status != 404 else {
      throw Failure(
        "LB082", "the registry has no blob \(blob.digest) there", path: name, help: "push the artifact again")
    }
    try check(response, "give a blob")
  }

  /// Where a blob's bytes are, and the value of `Authorization` for that origin, for a client that fetches it in parts.
  ///
  /// The authorization is what the registry wanted when it was last asked for a document or blob.
  package func place(of blob: Digest) -> (url: String, authorization: String?) {
    (url("blobs/\(blob)"), session.authorization(for: pulling))
  }

  package func store(_ blob: OCIDescriptor, from source: BlobSource, progress: (Int64) -> Void) throws(Failure) {
    if try holds(blob) { return }
    try BlobUpload(session: session, scope: pushing, base: url("blobs/uploads/"), name: name)
      .run(blob, from: source, progress: progress)
  }

  package func mount(_ blob: OCIDescriptor, from other: any Repository) throws(Failure) -> Bool {
    guard let other = other as? RegistryRepository, other.host == host, other.session === session else { return false }
    var scope = pushing
    scope.mountFrom = other.repository
    let query = "blobs/uploads/?mount=\(blob.digest)&from=\(percentEncoded(other.repository))"
    let response = try session.send(HTTPRequest(.post, url(query)), to: NoSink(), scope: scope)
    return response.status == 201
  }

  package func tags() throws(Failure) -> [String] {
    var found: [String] = []
    // Pages are asked for by the last tag that is known, so that no link of the server's is followed.
    for _ in 0..<1000 {
      let last = found.last.map { "&last=\(percentEncoded($0))" } ?? ""
      let sink = MemorySink(limit: OCIDocument.limit)
      let response = try session.send(HTTPRequest(.get, url("tags/list?n=1000\(last)")), to: sink, scope: pulling)
      if response.status == 404 { return [] }
      try check(response, "list its tags")
      let json = try? JSON(parsing: sink.bytes, limits: JSONLimits(bytes: OCIDocument.limit))
      let page = (json?["tags"]?.arrayValue ?? []).compactMap(\.stringValue)
        .filter { ArtifactReference.isTag($0) && !found.contains($0) }
      found += page
      if page.isEmpty || response.headers["link"] == nil { break }
    }
    return found.sorted()
  }

  package func referrers(of digest: Digest) throws(Failure) -> [OCIDescriptor] {
    if knowsReferrers != false {
      let sink = MemorySink(limit: OCIDocument.limit)
      let response = try session.send(HTTPRequest(.get, url("referrers/\(digest)")), to: sink, scope: pulling)
      knowsReferrers = response.isSuccess
      if response.isSuccess {
        return try OCIDocument(parsing: sink.bytes, path: name).contents.sorted { $0.digest < $1.digest }
      }
      guard [400, 404, 405].contains(response.status) else {
        try check(response, "list what refers to the manifest")
        return []
      }
    }
    return try fallback(of: digest).sorted { $0.digest < $1.digest }
  }

  // distribution-spec 1.1, "Referrers Tag Schema".
  private func fallbackTag(_ digest: Digest) -> String { "sha256-\(digest.hexadecimal)" }

  private func fallback(of digest: Digest) throws(Failure) -> [OCIDescriptor] {
    do throws(Failure) { return try document(tag: fallbackTag(digest), digest: nil).contents } catch let failure {
      guard failure.code == "LB082" else { throw failure }
      return []
    }
  }

  private func addToFallback(_ descriptor: OCIDescriptor, of subject: Digest) throws(Failure) {
    var list = try fallback(of: subject)
    if list.contains(where: { $0.digest == descriptor.digest }) { return }
    list.append(descriptor)
    list.sort { $0.digest < $1.digest }
    let index = try OCIDocument(parsing: OCIDocument.index(of: list), path: name)
    try store(index, tag: fallbackTag(subject))
  }

  private func check(_ response: HTTPResponse, _ step: String) throws(Failure) {
    try session.check(response, "the registry does not \(step)", path: name)
  }
}

/// Writes what arrives into an open file.
package final class DescriptorSink: Sink {
  private let descriptor: Int32
  private var offset: Int64
  private let path: String

  /// - Parameters:
  ///   - descriptor: stays the caller's; its position is not used.
  ///   - offset: where the first byte goes.
  package init(_ descriptor: Int32, offset: Int64, path: String) {
    self.descriptor = descriptor
    self.offset = offset
    self.path = path
  }

  package func begin(_ response: HTTPResponse) throws(Failure) {}

  package func receive(_ bytes: UnsafeRawBufferPointer) throws(Failure) {
    try unsafe writeAll(descriptor, bytes, at: offset, path: path)
    offset += Int64(bytes.count)
  }
}

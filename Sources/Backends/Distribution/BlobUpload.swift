internal import Glibc
internal import OCI
internal import SystemIO
internal import Transfer

/// One upload of one blob, gone on with after any break: distribution-spec 1.1, "Pushing a blob in chunks".
struct BlobUpload {
  let session: RegistrySession
  let scope: RegistrySession.Scope
  /// `…/blobs/uploads/`
  let base: String
  let name: String

  /// Bytes of one request. A break costs at most so much, for registries that forget what they did not finish.
  private static let chunk: Int64 = 32 << 20
  private static let attempts = 8

  func run(_ blob: OCIDescriptor, from source: BlobSource, progress: (Int64) -> Void) throws(Failure) {
    var location = try begin()
    var sent: Int64 = 0
    var failures = 0
    while sent < blob.size {
      do throws(Failure) {
        (location, sent) = try chunk(source, from: sent, of: blob.size, to: location)
        failures = 0
        progress(sent)
      } catch let failure {
        // Not a break of the connection, or too many of them.
        failures += 1
        guard failure.code == "LX021" || failure.code == "LB083", failures < BlobUpload.attempts else { throw failure }
        (location, sent) = try resume(location, after: failure)
      }
    }
    var request = HTTPRequest(.put, location + (location.contains("?") ? "&" : "?") + "digest=\(blob.digest)")
    request.headers = [("Content-Type", "application/octet-stream"), ("Content-Length", "0")]
    try session.check(
      try session.send(request, to: NoSink(), scope: scope), "the registry does not take the blob \(blob.digest)",
      path: name)
  }

  private func begin() throws(Failure) -> String {
    var request = HTTPRequest(.post, base)
    request.headers = [("Content-Length", "0")]
    let response = try session.send(request, to: NoSink(), scope: scope)
    try session.check(response, "the registry does not begin an upload", path: name)
    return try location(in: response)
  }

  private func chunk(
    _ source: BlobSource, from sent: Int64, of size: Int64, to location: String
  ) throws(Failure) -> (String, Int64) {
    let count = min(BlobUpload.chunk, size - sent)
    var request = HTTPRequest(.patch, location)
    request.headers = [
      ("Content-Type", "application/octet-stream"), ("Content-Range", "\(sent)-\(sent + count - 1)"),
    ]
    switch source {
    case .bytes(let bytes): request.body = .bytes(Array(bytes[Int(sent)..<Int(sent + count)]))
    case .file(let descriptor, let offset, _, _):
      request.body = .file(descriptor: descriptor, offset: offset + sent, size: count)
    }
    let response = try session.send(request, to: NoSink(), scope: scope)
    try session.check(response, "the registry does not take a part of a blob", path: name)
    return (try self.location(in: response), sent + count)
  }

  /// Asks how much arrived; begins anew when the registry has forgotten the upload.
  private func resume(_ location: String, after failure: Failure) throws(Failure) -> (String, Int64) {
    _ = usleep(200_000)
    let response = try session.send(HTTPRequest(.get, location), to: NoSink(), scope: scope)
    guard response.status == 204 || response.isSuccess else { return (try begin(), 0) }
    // `0-N`, the last byte that arrived; before any did, registries say `0-0`, which is taken as nothing.
    let last = response.headers["range"]?.split(separator: "-").last.flatMap { Int64($0) } ?? 0
    return (try self.location(in: response), last > 0 ? last + 1 : 0)
  }

  /// The absolute address of the upload; it stays on the host that was asked.
  private func location(in response: HTTPResponse) throws(Failure) -> String {
    guard let field = response.headers["location"], !field.isEmpty else {
      throw OCIDocument.malformed("the registry does not say where the upload goes on", path: name)
    }
    if field.hasPrefix("/") { return session.base(of: scope.host) + field }
    guard field.hasPrefix(session.base(of: scope.host) + "/") || field.hasPrefix("https://") else {
      throw OCIDocument.malformed("the upload would go on at \(shown(field))", path: name)
    }
    return field
  }
}

/// pwrite(2) of all of `bytes`.
func writeAll(_ descriptor: Int32, _ bytes: UnsafeRawBufferPointer, at offset: Int64, path: String) throws(Failure) {
  var done = 0
  while done < bytes.count {
    let count = unsafe pwrite(
      descriptor, bytes.baseAddress?.advanced(by: done), bytes.count - done, off_t(offset) + off_t(done))
    if count < 0, errno == EINTR { continue }
    guard count > 0 else { throw .system("write", path: path, errno: errno) }
    done += count
  }
}

internal import CanonicalJSON
package import Digests
internal import Glibc
package import OCI
package import SystemIO
package import Transfer

/// An OCI image layout on disk as a repository: `oci-layout`, `index.json` and `blobs/sha256`, image-spec 1.1.
///
/// Tags are the annotation `org.opencontainers.image.ref.name` of the index's descriptors. Referrers are in the index
/// without a tag, as the specification asks; every manifest in it that names the subject is one.
package final class LayoutRepository: Repository {
  package let directory: String
  private static let tagAnnotation = "org.opencontainers.image.ref.name"

  package var name: String { directory }

  /// - Parameter create: make the layout when there is none.
  /// - Throws: LB082 when there is none and none is to be made.
  package init(directory: String, create: Bool) throws(Failure) {
    self.directory = directory
    if Files.exists("\(directory)/oci-layout") { return }
    guard create else {
      throw Failure("LB082", "there is no OCI image layout", path: directory, help: "`locara push` makes one")
    }
    if Files.isDirectory(directory), !(try Directories.names(in: directory)).isEmpty {
      throw Failure(
        "LB082", "the directory is no OCI image layout, and not empty", path: directory,
        help: "name another directory, or an empty one")
    }
    try Directories.create("\(directory)/blobs/sha256")
    try Files.replace("\(directory)/index.json", with: OCIDocument.index(of: []))
    try Files.replace("\(directory)/oci-layout", with: (["imageLayoutVersion": "1.0.0"] as JSON).canonicalBytes)
  }

  private func path(_ digest: Digest) -> String { "\(directory)/blobs/sha256/\(digest.hexadecimal)" }

  private func index() throws(Failure) -> [OCIDescriptor] {
    let path = "\(directory)/index.json"
    return try OCIDocument(parsing: try Files.read(path, limit: OCIDocument.limit), path: path).contents
  }

  /// Changes the index while no other process does.
  private func change(_ body: (inout [OCIDescriptor]) -> Void) throws(Failure) {
    let lock = try FileDescriptor.open("\(directory)/oci-layout", O_RDONLY)
    // A file system without locks goes without; the rename keeps the index whole even then.
    while flock(lock.number, LOCK_EX) != 0, errno == EINTR {}
    var list = try index()
    body(&list)
    list.sort {
      ($0.digest, $0.annotations[Self.tagAnnotation] ?? "") < ($1.digest, $1.annotations[Self.tagAnnotation] ?? "")
    }
    try Files.replace("\(directory)/index.json", with: OCIDocument.index(of: list))
  }

  package func document(tag: String?, digest: Digest?) throws(Failure) -> OCIDocument {
    var wanted = digest
    if wanted == nil {
      let list = try index()
      let tagged = list.filter { $0.annotations[Self.tagAnnotation] == tag ?? "latest" }
      // A layout with one artifact needs no tag to find it.
      wanted = tagged.first?.digest ?? (tag == nil && list.count == 1 ? list.first?.digest : nil)
    }
    guard let wanted, Files.exists(path(wanted)) else {
      throw Failure(
        "LB082", "the layout has no `\(digest?.description ?? tag ?? "latest")`", path: directory,
        help: "`locara tag dir:PATH` lists its tags")
    }
    let bytes = try Files.read(path(wanted), limit: OCIDocument.limit)
    guard Digest.of(bytes) == wanted else { throw damaged(OCIDescriptor(mediaType: "", digest: wanted, size: 0)) }
    return try OCIDocument(parsing: bytes, path: directory)
  }

  package func store(_ document: OCIDocument, tag: String?) throws(Failure) {
    let digest = document.descriptor.digest
    try Files.replace(path(digest), with: document.bytes)
    var descriptor = document.descriptor
    descriptor.annotations = [:]
    try change { list in
      if let tag {
        list.removeAll { $0.annotations[Self.tagAnnotation] == tag }
        list.removeAll { $0.digest == digest && $0.annotations[Self.tagAnnotation] == nil }
        descriptor.annotations[Self.tagAnnotation] = tag
        list.append(descriptor)
      } else if !list.contains(where: { $0.digest == digest }) {
        list.append(descriptor)
      }
    }
  }

  package func holds(_ blob: OCIDescriptor) throws(Failure) -> Bool {
    guard let identity = try? FileIdentity(of: path(blob.digest)) else { return false }
    return identity.size == blob.size
  }

  package func read(_ blob: OCIDescriptor, from start: Int64, to sink: any Sink) throws(Failure) {
    guard try holds(blob) else {
      throw Failure("LB082", "the layout has no blob \(blob.digest)", path: directory, help: "push the artifact again")
    }
    let file = try FileDescriptor.open(path(blob.digest), O_RDONLY | O_NOFOLLOW)
    var done = start
    while done < blob.size {
      let piece = try readRange(file.number, at: done, count: Int(min(1 << 20, blob.size - done)), path: directory)
      guard !piece.isEmpty else { throw damaged(blob) }
      var failure: Failure?
      unsafe piece.withUnsafeBytes { buffer in
        do throws(Failure) { try unsafe sink.receive(buffer) } catch { failure = error }
      }
      if let failure { throw failure }
      done += Int64(piece.count)
    }
  }

  package func store(_ blob: OCIDescriptor, from source: BlobSource, progress: (Int64) -> Void) throws(Failure) {
    if try holds(blob) { return }
    try Files.replace(path(blob.digest)) { (output, temporary) throws(Failure) in
      var hasher = SHA256()
      switch source {
      case .bytes(let bytes):
        hasher.update(bytes)
        try output.write(bytes, path: temporary)
      case .file(let number, let offset, let size, let path):
        var done: Int64 = 0
        while done < size {
          let piece = try readRange(number, at: offset + done, count: Int(min(1 << 20, size - done)), path: path)
          guard !piece.isEmpty else { break }
          hasher.update(piece)
          try output.write(piece, path: temporary)
          done += Int64(piece.count)
          progress(done)
        }
      }
      guard hasher.finish() == blob.digest else { throw damaged(blob) }
    }
  }

  package func mount(_ blob: OCIDescriptor, from other: any Repository) throws(Failure) -> Bool {
    // Hard links would let a change in one layout damage the other.
    false
  }

  package func tags() throws(Failure) -> [String] {
    try index().compactMap { $0.annotations[Self.tagAnnotation] }.sorted()
  }

  package func referrers(of digest: Digest) throws(Failure) -> [OCIDescriptor] {
    var found: [OCIDescriptor] = []
    for entry in try index()
    where entry.size <= OCIDocument.limit && !found.contains(where: { $0.digest == entry.digest }) {
      guard let document = try? document(tag: nil, digest: entry.digest), document.subject?.digest == digest else {
        continue
      }
      found.append(document.descriptor)
    }
    return found.sorted { $0.digest < $1.digest }
  }
}

func readRange(_ descriptor: Int32, at offset: Int64, count: Int, path: String) throws(Failure) -> [UInt8] {
  var failure: Int32 = 0
  let bytes = unsafe [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
    filled = 0
    while filled < count {
      let got = unsafe pread(
        descriptor, buffer.baseAddress?.advanced(by: filled), count - filled, off_t(offset) + off_t(filled))
      if got < 0, errno == EINTR { continue }
      if got < 0 { failure = errno }
      if got <= 0 { return }
      filled += got
    }
  }
  guard failure == 0 else { throw .system("read", path: path, errno: failure) }
  return bytes
}

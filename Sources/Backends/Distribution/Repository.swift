package import Digests
internal import Glibc
package import OCI
package import SystemIO
package import Transfer

/// Where bytes of a blob come from when it is stored: a part of an open file, or memory.
package enum BlobSource {
  case bytes([UInt8])
  /// `size` bytes from `offset`; the descriptor stays the caller's.
  case file(descriptor: Int32, offset: Int64, size: Int64, path: String)
}

/// One repository: manifests by digest and tag, blobs by digest, and what refers to a manifest.
package protocol Repository: AnyObject {
  /// For messages.
  var name: String { get }

  /// The manifest or index under a tag or digest, its digest checked when one is given.
  ///
  /// - Throws: LB082 when there is none.
  func document(tag: String?, digest: Digest?) throws(Failure) -> OCIDocument

  /// Stores a manifest, under its digest and, when given, a tag.
  ///
  /// - Throws: LB083 when it is refused.
  func store(_ document: OCIDocument, tag: String?) throws(Failure)

  func holds(_ blob: OCIDescriptor) throws(Failure) -> Bool

  /// Gives the bytes of the blob from `start` on, those before it being there already. Does not check the digest: the
  /// caller has all of the bytes.
  func read(_ blob: OCIDescriptor, from start: Int64, to sink: any Sink) throws(Failure)

  /// Stores a blob; nothing happens when it is there.
  ///
  /// - Parameter progress: called with the bytes that are there so far.
  func store(_ blob: OCIDescriptor, from source: BlobSource, progress: (Int64) -> Void) throws(Failure)

  /// Takes a blob over from another repository of the same server without moving it; false when that cannot be done.
  func mount(_ blob: OCIDescriptor, from other: any Repository) throws(Failure) -> Bool

  /// What refers to the manifest with this digest, sorted by digest.
  func referrers(of digest: Digest) throws(Failure) -> [OCIDescriptor]

  /// All tags, sorted.
  func tags() throws(Failure) -> [String]
}

extension Repository {
  package func store(_ blob: OCIDescriptor, from source: BlobSource) throws(Failure) {
    try store(blob, from: source, progress: { _ in })
  }

  /// A small blob, checked.
  ///
  /// - Throws: LB082 when it is not there, LB084 when its bytes are others.
  package func bytes(of blob: OCIDescriptor, limit: Int) throws(Failure) -> [UInt8] {
    guard blob.size <= limit else {
      throw Failure("LB081", "a blob of \(blob.size) bytes is larger than the \(limit) that are accepted", path: name)
    }
    let sink = MemorySink(limit: limit)
    try read(blob, from: 0, to: sink)
    guard Int64(sink.bytes.count) == blob.size, Digest.of(sink.bytes) == blob.digest else { throw damaged(blob) }
    return sink.bytes
  }

  /// Writes a blob into a file of its own, verified, and gives the file to `use`. What an earlier attempt left there is gone
  /// on with; a file with other bytes than the digest says is removed.
  ///
  /// - Parameter progress: called with the bytes that are there so far.
  /// - Throws: LB082 when it is not there, LB084 when its bytes are others, and what `use` throws.
  package func fetch(
    _ blob: OCIDescriptor, to path: String, progress: @escaping (Int64) -> Void = { _ in },
    then use: (borrowing FileDescriptor) throws(Failure) -> Void
  ) throws(Failure) {
    let file = try FileDescriptor.open(path, O_RDWR | O_CREAT | O_NOFOLLOW)
    // Two that write the same blob at once would write over each other.
    while flock(file.number, LOCK_EX) != 0, errno == EINTR {}
    let start = min(Int64(try file.status(path: path).st_size), blob.size)
    guard ftruncate(file.number, off_t(start)) == 0 else { throw .system("truncate", path: path, errno: errno) }
    let hasher = TrailingHasher(path)
    hasher.advance(to: start)
    do throws(Failure) {
      let sink = CountingSink(DescriptorSink(file.number, offset: start, path: path), from: start) { count in
        hasher.advance(to: count)
        progress(count)
      }
      try read(blob, from: start, to: sink)
    } catch let failure {
      hasher.abandon()
      throw failure
    }
    guard try hasher.finish() == blob.digest, Int64(try file.status(path: path).st_size) == blob.size else {
      try Files.remove(path)
      throw damaged(blob)
    }
    try use(file)
  }

  package func damaged(_ blob: OCIDescriptor) -> Failure {
    Failure(
      "LB084", "the blob \(blob.digest) has other bytes than its digest says", path: name,
      help: "the registry is damaged or somebody is in between; nothing of it was kept")
  }
}

internal import Digests
internal import Glibc
package import SystemIO

/// Carries a manifest, its blobs, and what refers to it, from one repository to another.
package struct ArtifactCopy {
  package let source: any Repository
  package let target: any Repository
  /// Where parts of blobs wait for the rest, so that an interrupted copy goes on: a directory of this user's.
  package let staging: String
  /// Called with the bytes of blobs that are at the target so far, and of how many.
  package var progress: ((Int64, Int64) -> Void)?

  package init(from source: any Repository, to target: any Repository, staging: String) {
    self.source = source
    self.target = target
    self.staging = staging
  }

  /// Copies the document, which the source gave, and everything below it.
  ///
  /// - Parameter referrers: copy what refers to it as well: signatures.
  /// - Throws: LB082 to LB085, and the failures of the network and the disk.
  package func run(_ document: OCIDocument, tag: String?, referrers: Bool) throws(Failure) {
    try copyContents(of: document)
    try target.store(document, tag: tag)
    guard referrers else { return }
    // Signatures of signatures are followed once; deeper chains are nobody's.
    for referrer in try source.referrers(of: document.descriptor.digest).prefix(1000) {
      let about = try source.document(tag: nil, digest: referrer.digest)
      guard about.subject?.digest == document.descriptor.digest else { continue }
      try copyContents(of: about)
      try target.store(about, tag: nil)
    }
  }

  private func copyContents(of document: OCIDocument) throws(Failure) {
    if document.isIndex {
      for entry in document.contents {
        let child = try source.document(tag: nil, digest: entry.digest)
        guard !child.isIndex else { throw OCIDocument.malformed("an index in an index", path: source.name) }
        try copyContents(of: child)
        try target.store(child, tag: nil)
      }
      return
    }
    let total = document.contents.reduce(Int64(0)) { $0.addingReportingOverflow($1.size).partialValue }
    var done: Int64 = 0
    for blob in document.contents {
      // What can be had elsewhere need not be in the repository.
      var isHere = blob.urls.isEmpty
      if !isHere { isHere = try source.holds(blob) }
      if isHere { try copy(blob) }
      done += blob.size
      progress?(done, total)
    }
  }

  private func copy(_ blob: OCIDescriptor) throws(Failure) {
    if try target.holds(blob) { return }
    if try target.mount(blob, from: source) { return }
    try Directories.create(staging, mode: 0o700)
    let path = "\(staging)/\(blob.digest.hexadecimal)"
    let file = try FileDescriptor.open(path, O_RDWR | O_CREAT | O_NOFOLLOW)
    // Two copies of the same blob at once would write over each other.
    guard flock(file.number, LOCK_EX) == 0 || errno != EINTR else { throw .system("lock", path: path, errno: errno) }
    var start = min(Int64(try file.status(path: path).st_size), blob.size)
    if start == blob.size, try digest(of: file, size: blob.size, path: path) != blob.digest { start = 0 }
    if start == 0, ftruncate(file.number, 0) != 0 { throw .system("truncate", path: path, errno: errno) }
    try source.read(blob, from: start, to: DescriptorSink(file.number, offset: start, path: path))
    guard try digest(of: file, size: blob.size, path: path) == blob.digest else {
      try Files.remove(path)
      throw source.damaged(blob)
    }
    try target.store(blob, from: .file(descriptor: file.number, offset: 0, size: blob.size, path: path))
    try Files.remove(path)
  }

  private func digest(of file: borrowing FileDescriptor, size: Int64, path: String) throws(Failure) -> Digest? {
    guard Int64(try file.status(path: path).st_size) == size else { return nil }
    var hasher = SHA256()
    var done: Int64 = 0
    while done < size {
      let piece = try readRange(file.number, at: done, count: 1 << 20, path: path)
      guard !piece.isEmpty else { return nil }
      hasher.update(piece)
      done += Int64(piece.count)
    }
    return hasher.finish()
  }
}

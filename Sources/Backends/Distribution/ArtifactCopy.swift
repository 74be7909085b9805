internal import Digests
internal import OCI
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
    try source.fetch(blob, to: path) { (file) throws(Failure) in
      try target.store(blob, from: .file(descriptor: file.number, offset: 0, size: blob.size, path: path))
    }
    try Files.remove(path)
  }
}

// INVARIANT: this module carries bundles, their signatures and their weights' addresses to and from repositories. The
// bundle's manifest travels unchanged, so its digest is the same in a file, a directory and a registry.

package import BundleFormat
internal import CanonicalJSON
internal import Digests
package import Distribution
internal import Glibc
package import OCI
internal import Signing
package import SystemIO

/// A bundle that was fetched, and the signatures that came with it.
package struct FetchedBundle: Sendable {
  package let bundle: Bundle
  /// The files that were written beside the bundle.
  package let signatures: [String]
}

package enum BundleExchange {
  /// The tag of a bundle that nobody gave one: its version, as far as tags can say it.
  package static func defaultTag(_ bundle: Bundle) -> String { bundle.configuration.version.replacing("+", with: "_") }

  /// Stores a bundle that was opened, and so verified, and the signatures beside it.
  ///
  /// - Parameters:
  ///   - signatures: files with signatures of this bundle.
  ///   - progress: bytes that are there, of how many.
  /// - Returns: the bundle's descriptor there, whose digest is the one that it has here, and what became of its weights.
  package static func push(
    _ bundle: Bundle, signatures: [String], to repository: any Repository, tag: String?,
    progress: ((Int64, Int64) -> Void)? = nil
  ) throws(Failure) -> (descriptor: OCIDescriptor, models: PublishedModels.Pushed) {
    let document = try OCIDocument(parsing: bundle.manifestBytes, path: bundle.path)
    let payload = bundle.payloadBlob
    let small = bundle.blobs
    let total = small.reduce(payload.size) { $0 + Int64($1.bytes.count) }
    var done: Int64 = 0
    for (digest, bytes) in small {
      try repository.store(
        OCIDescriptor(mediaType: "application/octet-stream", digest: digest, size: Int64(bytes.count)),
        from: .bytes(bytes))
      done += Int64(bytes.count)
      progress?(done, total)
    }
    try repository.store(
      OCIDescriptor(mediaType: LayerKind.payload.mediaType, digest: payload.digest, size: payload.size),
      from: .file(
        descriptor: payload.descriptor, offset: payload.offset, size: payload.size, path: bundle.path)
    ) { sent in progress?(done + sent, total) }
    progress?(total, total)
    try repository.store(document, tag: tag)
    for path in signatures { try attach(path, to: document, of: bundle, in: repository) }
    let models = try PublishedModels.push(
      bundle, subject: document.descriptor, to: repository, progress: progress)
    return (document.descriptor, models)
  }

  /// Stores a signature as something that refers to the manifest: signing never changes the bundle's digest.
  private static func attach(
    _ path: String, to document: OCIDocument, of bundle: Bundle, in repository: any Repository
  ) throws(Failure) {
    let bytes = try Files.read(path, limit: SignatureKind.limit)
    guard let kind = SignatureKind(of: bytes) else { throw Envelope.notASignature(path: path) }
    let layer = OCIDescriptor(
      of: bytes, mediaType: kind.rawValue,
      annotations: ["org.opencontainers.image.title": "\(bundle.configuration.name)\(kind.suffix)"])
    try repository.store(OCIDocument.empty, from: .bytes(Array("{}".utf8)))
    try repository.store(layer, from: .bytes(bytes))
    let referrer = try OCIDocument.referrer(to: document.descriptor, type: kind.rawValue, layers: [layer])
    try repository.store(referrer, tag: nil)
  }

  /// What a published bundle is called, from its config alone; fit to be parts of a file's name.
  package static func nameAndVersion(
    _ document: OCIDocument, in repository: any Repository
  ) throws(Failure) -> (name: String, version: String) {
    guard let config = document.contents.first, !document.isIndex else {
      throw Failure("LB005", "this is no locara app but an index", path: repository.name)
    }
    let bytes = try repository.bytes(of: config, limit: 1 << 20)
    let json = try? JSON(parsing: bytes, limits: JSONLimits(bytes: 1 << 20, depth: 8, values: 10_000))
    let texts = ["name", "version"].compactMap { json?[$0]?.stringValue }
    let isFit = texts.allSatisfy { text in
      !text.isEmpty && !text.hasPrefix(".") && text.utf8.count < 128
        && text.utf8.allSatisfy { byte in
          (0x30...0x39).contains(byte) || (0x61...0x7A).contains(byte) || (0x41...0x5A).contains(byte)
            || [0x2B, 0x2D, 0x2E, 0x5F].contains(byte)
        }
    }
    guard texts.count == 2, isFit else {
      throw Failure(
        "LB005", "this is no locara app: its config has no name and version", path: repository.name,
        help: "check the reference")
    }
    return (texts[0], texts[1])
  }

  /// A signature as it came with a bundle.
  package struct Signature: Sendable {
    /// Where it will be.
    package let path: String
    package let bytes: [UInt8]
  }

  /// Fetches a bundle into a file, and its signatures beside it.
  ///
  /// After a break the same call goes on with what is there; a damaged bundle leaves nothing.
  /// - Parameters:
  ///   - accept: decides about the verified bundle and its signatures; when it throws, nothing is kept and what was at
  ///     `path` stays.
  ///   - models: called with the accepted bundle; gives the model files to put into the file as well.
  /// - Throws: as `Repository`, as `Bundle.open`, and what `accept` throws.
  package static func pull(
    _ document: OCIDocument, from repository: any Repository, to path: String,
    accept: (Bundle, [Signature]) throws(Failure) -> Void,
    models: (Bundle) throws(Failure) -> [BundleWriter.ModelFile] = { _ throws(Failure) in [] },
    progress: ((Int64, Int64) -> Void)? = nil
  ) throws(Failure) -> FetchedBundle {
    let reception = try BundleReception(manifest: document.bytes, to: path)
    var small: [Digest: [UInt8]] = [:]
    for blob in reception.wanted {
      small[blob.digest] = try repository.bytes(of: blob, limit: Int(blob.size))
    }
    let signatures = try signatures(of: document, in: repository, beside: path)
    let payload = reception.payload
    let bundle = try reception.finish(
      small: small, accept: { (bundle) throws(Failure) in try accept(bundle, signatures) }, models: models
    ) { (descriptor, start, offset, there) throws(Failure) in
      let sink = CountingSink(DescriptorSink(descriptor, offset: offset, path: path), from: start) { done in
        there(done)
        progress?(done, payload.size)
      }
      try repository.read(payload, from: start, to: sink)
    }
    for signature in signatures { try Files.replace(signature.path, with: signature.bytes) }
    return FetchedBundle(bundle: bundle, signatures: signatures.map(\.path))
  }

  /// The signatures that refer to the manifest; those of one kind after the first get numbers.
  private static func signatures(
    of document: OCIDocument, in repository: any Repository, beside path: String
  ) throws(Failure) -> [Signature] {
    var found: [Signature] = []
    var count: [SignatureKind: Int] = [:]
    for referrer in try repository.referrers(of: document.descriptor.digest).prefix(SignatureKind.most) {
      guard let about = try? repository.document(tag: nil, digest: referrer.digest),
        about.subject?.digest == document.descriptor.digest
      else { continue }
      for layer in about.contents.dropFirst().prefix(4) {
        guard let kind = SignatureKind(rawValue: layer.mediaType), layer.size <= Int64(SignatureKind.limit) else {
          continue
        }
        let bytes = try repository.bytes(of: layer, limit: SignatureKind.limit)
        guard SignatureKind(of: bytes) == kind else { continue }
        let number = (count[kind] ?? 0) + 1
        count[kind] = number
        found.append(
          Signature(path: number == 1 ? "\(path)\(kind.suffix)" : "\(path).\(number)\(kind.suffix)", bytes: bytes))
      }
    }
    return found
  }
}

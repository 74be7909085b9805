internal import CanonicalJSON
package import Digests
internal import Glibc
internal import OCI
internal import SandboxPlan
package import SystemIO

/// Writes a bundle: an OCI image layout in one tar, whose bytes depend on its content and on nothing else.
///
/// Order in the file: `oci-layout`, `index.json`, the manifest, the config, the layers in the order of `LayerKind`.
/// A blob that two layers share is stored once, where it is needed first. The payload is last, so that everything
/// else can be read, and its own place is known, without reading it.
package struct BundleWriter {
  private var configuration: BundleConfiguration
  private var layers: [LayerKind: [UInt8]] = [:]
  private var payload: PayloadPlan?
  private var models: [ModelFile] = []

  /// A model file that a fat bundle carries.
  package struct ModelFile: Hashable, Sendable {
    package var digest: Digest
    /// Bytes.
    package var size: Int64
    /// Where it is now.
    package var path: String

    package init(digest: Digest, size: Int64, path: String) {
      self.digest = digest
      self.size = size
      self.path = path
    }
  }

  package init(_ configuration: BundleConfiguration) { self.configuration = configuration }

  /// Adds a layer other than the payload; one of the same kind that was added before is replaced.
  ///
  /// - Throws: LB011 when it is larger than `BundleLimits.layer`.
  package mutating func add(_ kind: LayerKind, _ bytes: [UInt8]) throws(Failure) {
    guard kind != .payload else {
      throw Failure("LB010", "the payload is given as a list of files, not as bytes")
    }
    guard bytes.count <= BundleLimits.layer else {
      throw Failure("LB011", "\(kind.title) has \(bytes.count) bytes; at most \(BundleLimits.layer) fit in a bundle")
    }
    layers[kind] = bytes
  }

  /// Sets the payload. Without it the payload is empty.
  package mutating func setPayload(_ items: [PayloadItem]) throws(Failure) { payload = try PayloadPlan(items) }

  /// Sets the files that the build steps saw, apart from those in the payload.
  ///
  /// - Throws: LB011 when they are larger than `BundleLimits.layer`.
  package mutating func setSources(_ items: [PayloadItem]) throws(Failure) {
    let plan = try PayloadPlan(items)
    guard plan.archiveSize <= Int64(BundleLimits.layer) else {
      throw Failure(
        "LB011",
        "the sources of the build have \(plan.archiveSize) bytes; at most \(BundleLimits.layer) fit in a bundle",
        help: "narrow `build.sources`, and name large files under `build.inputs`, which are known by their hash")
    }
    let sink = OutputSink(keeps: true)
    try plan.write(to: sink)
    _ = try sink.finish()
    layers[.sources] = sink.kept
  }

  /// Makes the bundle a fat one: the files of its models are in it. The digest is that of the thin one, since what the
  /// manifest names is the lock, and the lock names the files.
  ///
  /// - Throws: LB011 for a file that the archive cannot hold.
  package mutating func setModels(_ files: [ModelFile]) throws(Failure) { models = try BundleWriter.ordered(files) }

  /// In the order of a fat bundle, each once.
  static func ordered(_ files: [ModelFile]) throws(Failure) -> [ModelFile] {
    var seen: Set<Digest> = []
    let models = files.sorted { $0.digest < $1.digest }.filter { seen.insert($0.digest).inserted }
    guard models.count <= BundleLimits.models else {
      throw Failure("LB011", "\(models.count) model files; at most \(BundleLimits.models) fit in a bundle")
    }
    for model in models where model.size > BundleLimits.payload {
      throw Failure(
        "LB011", "the model file has \(model.size) bytes, and the archive holds files of less than 8 GiB",
        path: model.path, help: "do without --fat; the model is then fetched on its own")
    }
    return models
  }

  /// Writes the bundle aside, syncs it and renames it to `path`.
  ///
  /// Source files are read once, in pieces. After a failure the file that was at `path` is as it was.
  /// - Returns: the digest of the OCI manifest, by which the bundle is known everywhere.
  package func write(to path: String) throws(Failure) -> Digest {
    let payload = try plannedPayload()
    // The head has the same length whatever the payload's digest is, so the payload can be written behind it first.
    let length = try head(payload: Digest.of([]), size: payload.archiveSize, path: path).bytes.count
    var result = Digest.of([])
    try Files.replace(path) { (descriptor, temporary) throws(Failure) in
      try BundleWriter.seek(descriptor.number, to: length, path: temporary)
      let sink = OutputSink(writingTo: descriptor.number, path: temporary, from: Int64(length))
      try payload.write(to: sink)
      let digest = try sink.finish()
      try descriptor.write(
        [UInt8](repeating: 0, count: TarHeader.padding(after: payload.archiveSize)), path: temporary)
      let end = Int64(length) + payload.archiveSize + Int64(TarHeader.padding(after: payload.archiveSize))
      try BundleWriter.write(models, to: descriptor, at: end, path: temporary)
      try descriptor.write(TarHeader.zeroBlock + TarHeader.zeroBlock, path: temporary)
      let head = try self.head(payload: digest, size: payload.archiveSize, path: path)
      try BundleWriter.seek(descriptor.number, to: 0, path: temporary)
      try descriptor.write(head.bytes, path: temporary)
      result = head.digest
    }
    return result
  }

  /// The digest that `write` returns, without writing anything.
  package func digest() throws(Failure) -> Digest {
    let payload = try plannedPayload()
    return try head(payload: try payload.digest(), size: payload.archiveSize, path: "").digest
  }

  private func plannedPayload() throws(Failure) -> PayloadPlan {
    if let payload { return payload }
    return try PayloadPlan([])
  }

  /// Everything before the payload's first byte.
  private func head(payload: Digest, size: Int64, path: String) throws(Failure) -> (bytes: [UInt8], digest: Digest) {
    var described: [BundleManifest.Layer] = []
    for kind in LayerKind.all {
      guard let bytes = layers[kind] else { continue }
      let descriptor = OCIDescriptor(
        mediaType: kind.mediaType, digest: Digest.of(bytes), size: Int64(bytes.count), annotations: kind.annotations)
      described.append(.init(kind: kind, descriptor: descriptor))
    }
    let last = OCIDescriptor(
      mediaType: LayerKind.payload.mediaType, digest: payload, size: size, annotations: LayerKind.payload.annotations)
    described.append(.init(kind: .payload, descriptor: last))

    var configuration = self.configuration
    configuration.policy = layers[.policy].map { Digest.of($0) } ?? configuration.policy
    configuration.plan = layers[.plan].map { Digest.of($0) } ?? configuration.plan
    configuration.architectures = Architecture.allCases.sorted().filter { layers[.seccompFilter($0)] != nil }
    let configBytes = configuration.json.canonicalBytes
    let config = OCIDescriptor(
      mediaType: BundleManifest.configMediaType, digest: Digest.of(configBytes), size: Int64(configBytes.count))
    let manifest = BundleManifest(config: config, layers: described)
    // The same checks as when reading: what cannot be opened is not written.
    try configuration.check(path: path)
    try manifest.check(configuration, contents: layers, path: path)

    return BundleWriter.head(manifest, config: configBytes, contents: layers)
  }

  /// The entries from the first to the payload's header.
  static func head(
    _ manifest: BundleManifest, config: [UInt8], contents: [LayerKind: [UInt8]]
  ) -> (bytes: [UInt8], digest: Digest) {
    let manifestBytes = manifest.bytes
    let descriptor = BundleManifest.descriptor(of: manifestBytes)
    var bytes: [UInt8] = []
    append("oci-layout", BundleManifest.layoutFile, to: &bytes)
    append("index.json", BundleManifest.index(of: descriptor), to: &bytes)
    append(descriptor.blobPath, manifestBytes, to: &bytes)
    var seen: Set<Digest> = [descriptor.digest]
    let blobs =
      [(manifest.config, config)] + manifest.layers.map { ($0.descriptor, contents[$0.kind] ?? []) }.dropLast()
    for (descriptor, content) in blobs where seen.insert(descriptor.digest).inserted {
      append(descriptor.blobPath, content, to: &bytes)
    }
    if let payload = manifest.layers.last?.descriptor { bytes += header(payload.blobPath, size: payload.size) }
    return (bytes, descriptor.digest)
  }

  /// The blobs of models, after the payload.
  static func write(
    _ models: [ModelFile], to descriptor: borrowing FileDescriptor, at end: Int64, path: String
  ) throws(Failure) {
    var position = end
    for model in models {
      let header = header("blobs/sha256/\(model.digest.hexadecimal)", size: model.size)
      try descriptor.write(header, path: path)
      position += Int64(header.count)
      let sink = OutputSink(writingTo: descriptor.number, path: path, from: position)
      try sink.copy(
        try FileDescriptor.open(model.path, O_RDONLY | O_NONBLOCK), size: model.size, path: model.path)
      guard try sink.finish() == model.digest else {
        throw Failure("LB013", "the model file is not the one that its digest names", path: model.path)
      }
      let padding = TarHeader.padding(after: model.size)
      try descriptor.write([UInt8](repeating: 0, count: padding), path: path)
      position += model.size + Int64(padding)
    }
  }

  static func header(_ path: String, size: Int64) -> [UInt8] {
    TarHeader(path: path, kind: .file(executable: false), size: size).blocks
  }

  private static func append(_ path: String, _ content: [UInt8], to bytes: inout [UInt8]) {
    bytes += header(path, size: Int64(content.count))
    bytes += content
    bytes += [UInt8](repeating: 0, count: TarHeader.padding(after: Int64(content.count)))
  }

  static func seek(_ number: Int32, to offset: Int, path: String) throws(Failure) {
    guard lseek(number, off_t(offset), SEEK_SET) >= 0 else { throw .system("seek", path: path, errno: errno) }
  }
}

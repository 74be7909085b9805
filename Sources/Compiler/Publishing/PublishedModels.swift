package import BundleFormat
internal import CanonicalJSON
internal import Digests
package import Distribution
package import ModelSources
internal import ModelStore
internal import OCI
internal import PolicyIR
package import SystemIO

/// The weights of published bundles.
///
/// A bundle's manifest does not name them: its lock does. In a repository a manifest of their own refers to the bundle's, so
/// that its digest is the same with and without them. A file that a fat bundle carries is a blob there; any other is named
/// by hash and size with the address of its source, where the registry allows that.
package enum PublishedModels {
  /// What refers to a bundle because of its weights.
  package static let artifactType = "application/vnd.locara.models.v1"
  /// CNCF ModelPack's type of a file of weights as it is, so that one hash serves hub, lock and registry.
  private static let layerType = "application/vnd.cncf.model.weight.v1.raw"

  /// What became of the files that a bundle's lock names.
  package struct Pushed: Sendable {
    /// How many are in the repository.
    package fileprivate(set) var stored = 0
    /// How many are named there by the address of their source.
    package fileprivate(set) var referenced = 0
    /// Names of those that are neither, with their model.
    package fileprivate(set) var missing: [String] = []
    /// What the registry says against addresses; nil when nothing.
    package fileprivate(set) var refusal: String?
  }

  /// Publishes what is known of the bundle's weights.
  ///
  /// - Parameter subject: the bundle's manifest, which the repository has.
  static func push(
    _ bundle: Bundle, subject: OCIDescriptor, to repository: any Repository, progress: ((Int64, Int64) -> Void)?
  ) throws(Failure) -> Pushed {
    var pushed = Pushed()
    let carried = Dictionary(bundle.models.map { ($0.digest, $0) }, uniquingKeysWith: { first, _ in first })
    let total = bundle.models.reduce(Int64(0)) { $0 + $1.size }
    var done: Int64 = 0
    var here: [OCIDescriptor] = []
    var elsewhere: [OCIDescriptor] = []
    for (model, file) in try files(of: bundle) {
      let name = "\(model.id)/\(file.path)"
      var blob = OCIDescriptor(
        mediaType: layerType, digest: file.digest, size: file.size,
        annotations: ["org.opencontainers.image.title": name, "org.cncf.model.filepath": file.path])
      if let known = carried[file.digest] {
        let place = bundle.place(of: known)
        try repository.store(
          blob, from: .file(descriptor: place.descriptor, offset: place.offset, size: known.size, path: bundle.path)
        ) { sent in progress?(done + sent, total) }
        done += known.size
        progress?(done, total)
        here.append(blob)
      } else if try repository.holds(blob) {
        here.append(blob)
      } else if let address = SourceReference(model).address(of: file.path) {
        blob.urls = [address]
        elsewhere.append(blob)
      } else {
        pushed.missing.append(name)
      }
    }
    pushed.stored = here.count
    if !elsewhere.isEmpty {
      do throws(Failure) {
        try refer(to: subject, here + elsewhere, in: repository)
        pushed.referenced = elsewhere.count
        return pushed
      } catch let failure {
        // A registry may want every blob for itself, or allow certain addresses only.
        guard failure.code == "LB083" else { throw failure }
        pushed.refusal = failure.message
        pushed.missing += elsewhere.map { $0.annotations["org.opencontainers.image.title"] ?? "" }
      }
    }
    if !here.isEmpty { try refer(to: subject, here, in: repository) }
    return pushed
  }

  private static func refer(
    to subject: OCIDescriptor, _ layers: [OCIDescriptor], in repository: any Repository
  ) throws(Failure) {
    try repository.store(OCIDocument.empty, from: .bytes(Array("{}".utf8)))
    try repository.store(try OCIDocument.referrer(to: subject, type: artifactType, layers: layers), tag: nil)
  }

  /// Brings the weights of a bundle into the model store: from the repository, or from where its lock says.
  ///
  /// What counts is the lock, which is in the bundle: a file with other bytes than it names is refused wherever it comes from.
  /// - Parameter fetcher: for what the repository does not have.
  /// - Returns: the files, as a fat bundle carries them.
  /// - Throws: LB084 for other bytes in the repository; as `ModelFetcher.fetch`.
  package static func fetch(
    _ bundle: Bundle, from repository: any Repository, by fetcher: ModelFetcher,
    progress: @escaping (Int64, Int64) -> Void = { _, _ in }
  ) throws(Failure) -> [BundleWriter.ModelFile] {
    guard let lock = try lock(of: bundle) else { return [] }
    let store = fetcher.store
    var found: [BundleWriter.ModelFile] = []
    for (model, file) in files(of: lock) {
      let name = "\(model.id)/\(file.path)"
      if (try? store.verified(file.digest, size: file.size, label: name)) == nil {
        let blob = OCIDescriptor(mediaType: layerType, digest: file.digest, size: file.size)
        if try repository.holds(blob) {
          try take(blob, from: repository, into: store) { progress($0, file.size) }
        } else {
          let key = LockFile.FileName(model: model.id, path: file.path)
          _ = try fetcher.fetch(file, of: model, sourceID: lock.sourceIDs[key], directory: ".")
        }
      }
      found.append(
        BundleWriter.ModelFile(
          digest: file.digest, size: file.size,
          path: try store.verified(file.digest, size: file.size, label: name)))
    }
    return found
  }

  private static func take(
    _ blob: OCIDescriptor, from repository: any Repository, into store: ModelStore,
    progress: @escaping (Int64) -> Void
  ) throws(Failure) {
    let key = blob.digest.hexadecimal
    let claim = try store.claim(key) {}
    defer { withExtendedLifetime(claim) {} }
    // Not the name of the fetcher's part, which may have gaps.
    let path = store.partial("\(key)-oci")
    try repository.fetch(blob, to: path, progress: progress) { (file) throws(Failure) in
      try file.synchronize(path: path)
      try store.adopt(path, digest: blob.digest)
    }
  }

  /// Every file that the bundle's lock names, in its order.
  private static func files(of bundle: Bundle) throws(Failure) -> [(ModelPin, ModelPin.File)] {
    guard let lock = try lock(of: bundle) else { return [] }
    return files(of: lock)
  }

  private static func files(of lock: LockFile) -> [(ModelPin, ModelPin.File)] {
    lock.models.flatMap { model in model.files.map { (model, $0) } }
  }

  private static func lock(of bundle: Bundle) throws(Failure) -> LockFile? {
    guard let bytes = bundle.contents(of: .lock) else { return nil }
    return try LockFile(parsing: bytes, path: bundle.path)
  }
}

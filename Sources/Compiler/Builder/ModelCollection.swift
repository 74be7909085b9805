internal import BundleFormat
internal import BundleStore
package import Digests
package import ModelStore
internal import PolicyIR
package import SystemIO

/// What of the model store is in use: the models of lock files that were fetched for, and of bundles in the store.
package struct ModelCollection {
  private let store: ModelStore

  package init(_ store: ModelStore) { self.store = store }

  /// Who needs which files: the path of a lock file or the digest of a bundle, in order.
  ///
  /// - Throws: LK001 and others when one of them cannot be read: what it needs is not known then, and nothing may go.
  package func uses() throws(Failure) -> [(user: String, files: [ModelStore.Item])] {
    var uses: [(user: String, files: [ModelStore.Item])] = []
    for path in try store.roots() { uses.append((path, items(try LockFile(reading: path)))) }
    let bundles = try BundleStore.ofUser()
    for digest in try bundles.list() {
      guard let bytes = try bundles.find(digest)?.bundle.contents(of: .lock) else { continue }
      uses.append((digest.description, items(try LockFile(parsing: bytes, path: digest.description))))
    }
    return uses
  }

  /// Removes what nobody needs.
  ///
  /// - Returns: what was removed, sorted by digest.
  package func collect(isTrial: Bool) throws(Failure) -> [ModelStore.Item] {
    let needed = Set(try uses().flatMap(\.files).map(\.digest))
    if isTrial { return try store.list().filter { !needed.contains($0.digest) } }
    return try store.collect(keeping: needed)
  }

  private func items(_ lock: LockFile) -> [ModelStore.Item] {
    lock.models.flatMap(\.files).map { ModelStore.Item(digest: $0.digest, size: $0.size) }
  }
}

/// Where the files of a manifest's models are.
package struct ModelPlaces: Sendable {
  package struct Place: Sendable {
    package let model: String
    package let file: String
    package let digest: Digest
    package let size: Int64
    /// In the store; nil when it is not there.
    package let path: String?
  }

  package let places: [Place]

  package init(manifest path: String, id: String?, store: ModelStore) throws(Failure) {
    let (lock, lockPath) = try ModelLock.read(beside: path)
    places = try ModelLock.models(of: lock, id: id, path: lockPath).flatMap { model in
      model.files.map { file in
        Place(
          model: model.id, file: file.path, digest: file.digest, size: file.size,
          path: store.contains(file.digest) ? store.path(of: file.digest) : nil)
      }
    }
  }
}

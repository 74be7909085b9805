internal import ModelSources
package import ModelStore
internal import PolicyIR
package import SystemIO

/// Writing locked models into the cache of another tool.
package struct ModelExport {
  private let lock: LockFile
  private let models: [ModelPin]
  private let store: ModelStore

  package init(manifest path: String, id: String?, store: ModelStore) throws(Failure) {
    let (lock, lockPath) = try ModelLock.read(beside: path)
    self.lock = lock
    self.store = store
    models = try ModelLock.models(of: lock, id: id, path: lockPath)
  }

  /// - Parameter root: what `HF_HUB_CACHE` names.
  /// - Returns: a line a file.
  package func write(to root: String) throws(Failure) -> [String] {
    var lines: [String] = []
    for model in models {
      let ids = model.files.compactMap { file in
        lock.sourceIDs[LockFile.FileName(model: model.id, path: file.path)].map { (file.path, $0) }
      }
      lines += try CacheExport(store: store, root: root).write(
        model, branch: lock.requested[model.id], sourceIDs: Dictionary(ids) { $1 })
    }
    return lines
  }
}

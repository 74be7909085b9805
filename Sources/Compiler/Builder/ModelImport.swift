internal import ModelStore
internal import PolicyIR
package import SystemIO

/// Taking model files from a directory of this machine into the store.
package struct ModelImport: Sendable {
  private let models: [ModelPin]
  private let lockPath: String

  /// - Parameter id: of the one model to take; nil for every model of the lock.
  package init(manifest path: String, id: String?) throws(Failure) {
    let (lock, lockPath) = try ModelLock.read(beside: path)
    self.lockPath = lockPath
    models = try ModelLock.models(of: lock, id: id, path: lockPath)
    guard !models.isEmpty else {
      throw Failure("LK013", "the lock has no model at all", path: lockPath, help: "name one in the manifest first")
    }
  }

  /// Verifies and copies every file; those that the store has already are left as they are.
  ///
  /// - Returns: a line for each file.
  package func take(from directory: String) throws(Failure) -> [String] {
    let store = try ModelStore.ofUser()
    try store.addRoot(try ModelLock.absolute(lockPath))
    var lines: [String] = []
    for model in models {
      for file in model.files {
        let label = "\(model.id)/\(file.path)"
        if (try? store.verified(file.digest, size: file.size, label: label)) != nil {
          lines.append("\(label)  already there")
        } else {
          _ = try store.importFile("\(directory)/\(file.path)", size: file.size, digest: file.digest)
          lines.append("\(label)  \(file.size) bytes  \(file.digest)")
        }
      }
    }
    return lines
  }
}

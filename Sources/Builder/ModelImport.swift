internal import ModelStore
internal import PolicyIR
package import SystemIO

/// Taking model files from a directory of this machine into the store.
package struct ModelImport: Sendable {
  private let models: [ModelPin]

  /// - Parameter id: of the one model to take; nil for every model of the lock.
  package init(manifest path: String, id: String?) throws(Failure) {
    let lockPath = "\(Files.parent(of: path))/\(LockFile.name)"
    guard Files.exists(lockPath) else {
      throw Failure(
        "LK012", "there is no lock, so nothing says which bytes are right", path: lockPath,
        help: "make it with `locara lock \(path)`")
    }
    let lock = try LockFile(parsing: Files.read(lockPath, limit: LockFile.sizeLimit), path: lockPath)
    models = lock.models.filter { id == nil || $0.id == id }
    guard !models.isEmpty else {
      throw Failure(
        "LK013", "the lock has no model \(id.map { "`\($0)`" } ?? "at all")", path: lockPath,
        help: "its models are: \(lock.models.map(\.id).joined(separator: ", "))")
    }
  }

  /// Verifies and copies every file; those that the store has already are left as they are.
  ///
  /// - Returns: a line for each file.
  package func take(from directory: String) throws(Failure) -> [String] {
    let store = try ModelStore.ofUser()
    var lines: [String] = []
    for model in models {
      for file in model.files {
        let label = "\(model.id)/\(file.path)"
        if store.contains(file.digest) {
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

package import Diagnostics
internal import Digests
internal import Glibc
package import ModelSources
internal import ModelStore
internal import PolicyIR
package import SystemIO

/// Bringing the models of a manifest into the store: locked first where that is allowed and needed.
package struct ModelFetching {
  /// Of a lock that had to be written anew and could not be.
  package private(set) var diagnostics: [Diagnostic] = []
  package private(set) var sources: [Source] = []
  /// What was done to the lock, a line each.
  package private(set) var changes: [String] = []
  private let directory: String
  private let lockPath: String
  private var lock = LockFile(models: [])
  private let fetcher: ModelFetcher

  package var hasErrors: Bool { diagnostics.contains { $0.severity == .error } }

  /// Reads the lock, after bringing it up to date unless it is taken as it is.
  ///
  /// - Parameter isLocked: a lock that is missing or does not fit the manifest is a failure instead (LK012, LK014).
  package init(manifest path: String, isLocked: Bool, fetcher: ModelFetcher) throws(Failure) {
    self.fetcher = fetcher
    directory = Files.parent(of: path)
    lockPath = "\(directory)/\(LockFile.name)"
    guard !isLocked || Files.exists(lockPath) else { throw ModelLock.missing(lockPath, manifest: path) }
    var options = LockOptions()
    options.isCheck = isLocked
    let locking = try Locking(manifest: path, options: options, fetcher: fetcher)
    (diagnostics, sources) = (locking.diagnostics, locking.sources)
    if hasErrors { return }
    if isLocked, !locking.stale.isEmpty {
      throw Failure(
        "LK014", "the lock does not fit the manifest: \(locking.stale.joined(separator: "; "))", path: lockPath,
        help: "run `locara lock \(path)`")
    }
    if !isLocked, !locking.isCurrent {
      changes = locking.changes
      try locking.write()
    }
    lock = try LockFile(reading: lockPath)
    // The store keeps these models for as long as the lock is there, from before the first of them comes.
    if !lock.models.isEmpty { try fetcher.store.addRoot(try ModelLock.absolute(lockPath)) }
  }

  /// Fetches and verifies every file that the store does not have.
  ///
  /// - Parameters:
  ///   - id: of the one model to fetch; nil for all.
  ///   - show: called with a line for each file when it is there.
  package func run(id: String?, show: (String) -> Void) throws(Failure) {
    for model in try ModelLock.models(of: lock, id: id, path: lockPath) {
      for file in model.files {
        let name = LockFile.FileName(model: model.id, path: file.path)
        let outcome = try fetcher.fetch(file, of: model, sourceID: lock.sourceIDs[name], directory: directory)
        try check(file, of: model)
        show("\(model.id)/\(file.path)  \(ModelFetching.words(outcome))")
      }
    }
  }

  /// The facts of the lock were read from a server; the file that has the locked hash has the last word.
  private func check(_ file: ModelPin.File, of model: ModelPin) throws(Failure) {
    guard let stated = lock.facts[file.digest] else { return }
    let path = fetcher.store.path(of: file.digest)
    guard try ModelFacts.read(path, name: file.path, acceptsPickle: true) != stated else { return }
    throw Failure(
      "LK015", "what the lock says of \(model.id)/\(file.path) is not what its header says", path: lockPath,
      help: "somebody wrote the lock by hand, or the server that it was made from lied: "
        + "look at `locara model inspect \(path)`, then run `locara lock` with `--update \(model.id)`")
  }

  private static func words(_ outcome: ModelFetcher.Outcome) -> String {
    switch outcome {
    case .present: "already there"
    case .taken(let path): "taken from \(path)"
    case .downloaded(let url): "downloaded from \(url)"
    }
  }
}

/// Looking things up in a lock, with the same words everywhere.
enum ModelLock {
  static func missing(_ path: String, manifest: String) -> Failure {
    Failure(
      "LK012", "there is no lock, so nothing says which bytes are right", path: path,
      help: "make it with `locara lock \(manifest)`")
  }

  /// The lock beside a manifest.
  static func read(beside manifest: String) throws(Failure) -> (lock: LockFile, path: String) {
    let path = "\(Files.parent(of: manifest))/\(LockFile.name)"
    guard Files.exists(path) else { throw missing(path, manifest: manifest) }
    return (try LockFile(reading: path), path)
  }

  /// - Throws: LK013 when a model is named that the lock does not have.
  static func models(of lock: LockFile, id: String?, path: String) throws(Failure) -> [ModelPin] {
    let models = lock.models.filter { id == nil || $0.id == id }
    guard models.isEmpty, let id else { return models }
    throw Failure(
      "LK013", "the lock has no model `\(id)`", path: path,
      help: "its models are: \(lock.models.map(\.id).joined(separator: ", "))")
  }

  static func absolute(_ path: String) throws(Failure) -> String {
    guard let resolved = unsafe realpath(path, nil) else { throw .system("find", path: path, errno: errno) }
    defer { unsafe free(resolved) }
    return unsafe String(cString: resolved)
  }
}

internal import Digests
internal import Distribution
internal import Glibc
package import ModelStore
package import PolicyIR
package import SystemIO
internal import Transfer

/// Brings pinned files into the store, from wherever they are nearest.
///
/// In this order: the store itself, the stores of other tools on this machine, mirrors, the source. What does not have
/// the locked bytes is passed over, says so, and leaves nothing behind.
package final class ModelFetcher {
  package let store: ModelStore
  package let settings: SourceSettings
  package let progress: any DownloadProgress
  private var openClient: HTTPClient?
  private var openSession: RegistrySession?

  /// Where a file came from.
  package enum Outcome: Hashable, Sendable {
    /// The store had it.
    case present
    /// A file of this machine was taken in.
    case taken(from: String)
    case downloaded(from: String)
  }

  package init(store: ModelStore, settings: SourceSettings, progress: any DownloadProgress) {
    self.store = store
    self.settings = settings
    self.progress = progress
  }

  /// Puts one file of a model into the store.
  ///
  /// - Parameters:
  ///   - sourceID: the source's own id of the file, if the lock has it.
  ///   - directory: where relative `file:` sources start from.
  /// - Throws: LK021 offline and nowhere on this machine; LK022 no place has it; LK004 the only place has other bytes;
  ///   what a download throws.
  package func fetch(
    _ file: ModelPin.File, of model: ModelPin, sourceID: String?, directory: String
  ) throws(Failure) -> Outcome {
    let label = "\(model.id)/\(file.path)"
    if isPresent(file) { return .present }
    let key = file.digest.hexadecimal
    let claim = try store.claim(key) {
      progress.note("\(label): another process is fetching it, waiting")
    }
    // Somebody else may have been faster.
    if isPresent(file) { return .present }
    let source = SourceReference(model)
    if let outcome = try take(file, source: source, sourceID: sourceID, directory: directory, label: label) {
      return outcome
    }
    guard !settings.isOffline else {
      throw Failure(
        "LK021", "\(label) is not on this machine, and nothing is fetched offline",
        help: "run the same command without --offline and LOCARA_OFFLINE")
    }
    // Without locks each process has a file of its own, and the last rename wins.
    let name = claim.isReal ? key : "\(key)-\(getpid())"
    let outcome = try download(file, of: model, source: source, to: store.partial(name), label: label)
    // Nobody who waits for this lock needs it: the store has the file.
    try Files.remove("\(store.root)/partial/\(key).lock")
    return outcome
  }

  /// The client, made when it is first needed: nothing offline loads libcurl.
  func client() throws(Failure) -> HTTPClient {
    if let openClient { return openClient }
    let client = try HTTPClient(agent: settings.agent, patience: settings.patience)
    openClient = client
    return client
  }

  /// What registries ask for is asked once, whatever number of files.
  func registry(_ host: String, _ name: String) throws(Failure) -> ModelRegistry {
    let session: RegistrySession
    if let openSession {
      session = openSession
    } else {
      session = RegistrySession(client: try client(), credentials: settings.registryCredentials)
      openSession = session
    }
    return ModelRegistry(session, host: host, name: name)
  }

  private func isPresent(_ file: ModelPin.File) -> Bool {
    (try? store.verified(file.digest, size: file.size, label: file.path)) != nil
  }

  /// Takes the file from this machine; nil when it is nowhere.
  private func take(
    _ file: ModelPin.File, source: SourceReference, sourceID: String?, directory: String, label: String
  ) throws(Failure) -> Outcome? {
    if case .file(let path) = source {
      let place = (path.hasPrefix("/") ? path : "\(directory)/\(path)") + "/\(file.path)"
      try store.importFile(place, size: file.size, digest: file.digest)
      return .taken(from: place)
    }
    let candidates = LocalStores(settings).candidates(
      for: file.digest, size: file.size, path: file.path, source: source, sourceID: sourceID)
    for path in candidates {
      do throws(Failure) {
        try store.share(path, size: file.size, digest: file.digest)
        return .taken(from: path)
      } catch let failure {
        guard failure.code != "LX001" || failure.errno == EACCES else { throw failure }
        progress.note("\(label): not taken from \(path): \(failure.message)")
      }
    }
    return nil
  }

  private func download(
    _ file: ModelPin.File, of model: ModelPin, source: SourceReference, to path: String, label: String
  ) throws(Failure) -> Outcome {
    let locations = try locations(of: file, source: source, label: label)
    var failures: [Failure] = []
    for location in locations {
      do throws(Failure) {
        let found = try fetchBytes(location, to: path, identity: "\(file.digest) \(file.size)", size: file.size, label)
        if found == ModelStore.Item(digest: file.digest, size: file.size) {
          try store.adopt(path, digest: file.digest)
          return .downloaded(from: shown(location.url))
        }
        try Files.remove(path)
        throw Failure(
          "LK004", "this is not the file that the lock names: expected \(file.digest), found \(found.digest)",
          path: shown(location.url),
          help: "nothing of it was kept; try again, use another server, or lock again if you mean to use this file")
      } catch let failure {
        // A full disk is full for every server.
        guard ["LK004", "LX021", "LX022", "LX024", "LX025"].contains(failure.code) else { throw failure }
        failures.append(failure)
        if failures.count < locations.count {
          progress.note("\(label): \(failure.message) (\(failure.path ?? "")); trying the next server")
        }
      }
    }
    if failures.count == 1 { throw failures[0] }
    let list = failures.map { "\($0.path ?? ""): \($0.message)" }.joined(separator: "; ")
    throw Failure(
      "LK022", "no server has \(label) as the lock names it: \(list)",
      help: "check the network and LOCARA_MIRRORS, or lock again if the source has changed")
  }

  /// Downloads to `path`, going on with what is there.
  ///
  /// - Parameter identity: of the content; parts of another are thrown away.
  /// - Returns: what came, synced to the disk; nothing is known yet of whether it is right.
  func fetchBytes(
    _ location: Location, to path: String, identity: String, size: Int64?, _ label: String
  ) throws(Failure) -> ModelStore.Item {
    let file = try PartialFile(path, identity: identity)
    let download = Download(
      try client(), file, from: location, size: size, label: label, progress: progress)
    let found = try download.run()
    if file.isResumed, !identity.hasPrefix("\(found.digest) ") {
      // The part that was there may be what is wrong, such as after a loss of power: once more from the start.
      try file.discard()
      return try fetchBytes(location, to: path, identity: identity, size: size, label)
    }
    try file.complete()
    return found
  }

  private func locations(
    of file: ModelPin.File, source: SourceReference, label: String
  ) throws(Failure) -> [Location] {
    switch source {
    case .hub(let repository, let commit):
      let mirrors = settings.mirrors.map {
        Location(url: HuggingFaceHub.url($0, repository, commit: commit, path: file.path))
      }
      let hub = HuggingFaceHub(try client(), settings: settings)
      return mirrors + [
        Location(
          url: HuggingFaceHub.url(settings.endpoint, repository, commit: commit, path: file.path),
          authorization: hub.authorization)
      ]
    case .web(let url): return [Location(url: ModelFetcher.url(url, file: file.path))]
    case .registry(let host, let name, let manifest):
      return [try registry(host, name).location(of: file.digest, manifest: manifest)]
    case .file, .none:
      throw Failure(
        "LK021", "\(label) is not on this machine, and its source says nowhere to fetch it from",
        help: "take it from a directory that has it: `locara model import MANIFEST --from DIRECTORY`")
    }
  }

  /// The address of a file of an `https:` source: the source itself when it ends with the file's name, else below it.
  static func url(_ source: String, file: String) -> String {
    let path = source.prefix { $0 != "?" && $0 != "#" }
    if path.hasSuffix("/\(file)") || path.hasSuffix("/\(percentEncoded(file))") { return source }
    return (source.hasSuffix("/") ? source : source + "/") + percentEncoded(file)
  }
}

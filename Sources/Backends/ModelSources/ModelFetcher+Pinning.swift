internal import Digests
package import ModelStore
package import PolicyIR
package import SystemIO
internal import Transfer

/// A file with its bytes pinned, and what is known of it.
package struct PinnedFile: Sendable {
  package var file: ModelPin.File
  package var facts: ModelFacts?
  package var sourceID: String?

  package init(file: ModelPin.File, facts: ModelFacts?, sourceID: String? = nil) {
    self.file = file
    self.facts = facts
    self.sourceID = sourceID
  }
}

/// A model with everything that a lock says of its bytes.
package struct PinnedModel: Sendable {
  package var revision: String
  package var license: String?
  package var files: [PinnedFile]

  package init(revision: String, license: String? = nil, files: [PinnedFile]) {
    self.revision = revision
    self.license = license
    self.files = files
  }
}

extension ModelFetcher {
  /// Asks a source which bytes it has now under a revision.
  ///
  /// Weights of which the source tells the SHA-256 are not downloaded for it: their header is read in parts. Everything
  /// else is, and lies in the store afterwards.
  /// - Parameters:
  ///   - acceptsPickle: formats that run code when they are loaded are pinned, too.
  /// - Throws: LK007, LK008 for what no app should load; LK021 offline; LK023, LK024 of the hub; what downloads throw.
  package func pin(
    _ source: SourceReference, paths: [String], label: String, acceptsPickle: Bool
  ) throws(Failure) -> PinnedModel {
    if !acceptsPickle { for path in paths { try refusePickle(path) } }
    switch source {
    case .hub(let repository, let revision):
      if settings.isOffline { return try pinFromCache(repository, revision, paths, acceptsPickle: acceptsPickle) }
      let hub = HuggingFaceHub(try client(), settings: settings)
      return try pin(
        try hub.resolve(repository, revision: revision, paths: paths), label: label, acceptsPickle: acceptsPickle)
    case .web(let url):
      try requireNetwork(label)
      let files = paths.map {
        ResolvedModel.File(path: $0, location: Location(url: ModelFetcher.url(url, file: $0)))
      }
      return try pin(ResolvedModel(revision: "", files: files), label: label, acceptsPickle: acceptsPickle)
    case .registry(let host, let name, let digest):
      try requireNetwork(label)
      return try pin(
        try registry(host, name).resolve(digest, paths: paths), label: label, acceptsPickle: acceptsPickle)
    case .file, .none:
      throw Failure(
        "LK021", "\(label) has no source to ask",
        help: "give a directory that holds its files: `locara lock MANIFEST --from \(label)=DIRECTORY`")
    }
  }

  private func pin(
    _ resolved: ResolvedModel, label: String, acceptsPickle: Bool
  ) throws(Failure) -> PinnedModel {
    var model = PinnedModel(revision: resolved.revision, license: resolved.license, files: [])
    for file in resolved.files {
      model.files.append(try pin(file, label: "\(label)/\(file.path)", acceptsPickle: acceptsPickle))
    }
    return model
  }

  private func pin(
    _ file: ResolvedModel.File, label: String, acceptsPickle: Bool
  ) throws(Failure) -> PinnedFile {
    if let size = file.size, let digest = file.digest {
      let pinned = ModelPin.File(path: file.path, size: size, digest: digest)
      var facts: ModelFacts?
      if let path = try? store.verified(digest, size: size, label: label) {
        facts = try ModelFacts.read(path, name: file.path, acceptsPickle: acceptsPickle)
      } else {
        facts = try RemoteHeader(try client(), file.location, size: size).facts(
          name: file.path, acceptsPickle: acceptsPickle)
      }
      return PinnedFile(file: pinned, facts: facts, sourceID: file.sourceID)
    }
    let (item, tag) = try download(file, label: label)
    let facts = try ModelFacts.read(store.path(of: item.digest), name: file.path, acceptsPickle: acceptsPickle)
    return PinnedFile(
      file: ModelPin.File(path: file.path, size: item.size, digest: item.digest), facts: facts,
      sourceID: file.sourceID ?? tag)
  }

  /// Downloads a file of which only the place is known, into the store.
  private func download(
    _ file: ResolvedModel.File, label: String
  ) throws(Failure) -> (ModelStore.Item, tag: String?) {
    if let size = file.size, size <= 16 << 20, let name = file.sourceID {
      var request = HTTPRequest(.get, file.location.url)
      request.authorization = file.location.authorization
      let (response, bytes) = try client().fetch(request, limit: Int(size))
      guard GitBlob.name(of: bytes) == name else {
        throw Failure(
          "LX025",
          "the server sent another file than it announced: expected git's \(name), found \(GitBlob.name(of: bytes))",
          path: shown(response.url), help: "run the same command again; if it stays so, use another server")
      }
      return (try store.insert(bytes), name)
    }
    let (size, tag) = try announced(file.location)
    let key = "url-" + Digest.of(Array(file.location.url.utf8)).hexadecimal
    let claim = try store.claim(key) { progress.note("\(label): another process is fetching it, waiting") }
    let path = store.partial(claim.isReal ? key : Files.name(of: Files.temporaryName(beside: "x")))
    // Parts can only be gone on with when the server says what they are parts of.
    if tag == nil { try Files.remove(path) }
    let item = try fetchBytes(
      file.location, to: path, identity: "\(shown(file.location.url)) \(tag ?? "")", size: size, label)
    try store.adopt(path, digest: item.digest)
    return (item, tag)
  }

  /// The size and the entity tag that a server states for a file.
  private func announced(_ location: Location) throws(Failure) -> (size: Int64?, tag: String?) {
    var request = HTTPRequest(.head, location.url)
    request.authorization = location.authorization
    let response = try client().send(request, to: NoSink())
    // Not every server answers HEAD; the download will tell.
    guard response.isSuccess else { return (nil, nil) }
    return (response.headers["content-length"].flatMap { Int64($0) }, response.entityTag.map(HuggingFaceHub.bare))
  }

  private func pinFromCache(
    _ repository: String, _ revision: String, _ paths: [String], acceptsPickle: Bool
  ) throws(Failure) -> PinnedModel {
    guard let (commit, directory) = LocalStores(settings).snapshot(repository, revision: revision) else {
      throw Failure(
        "LK021",
        "the hub's cache on this machine does not have \(repository)@\(revision), and nothing is asked offline",
        help: "run the same command without --offline and LOCARA_OFFLINE")
    }
    var files: [PinnedFile] = []
    for path in paths {
      let place = "\(directory)/\(path)"
      let item = try ModelStore.measure(place)
      let facts = try ModelFacts.read(place, name: path, acceptsPickle: acceptsPickle)
      var name: String?
      if case .symbolicLink(let target)? = try? Directories.kind(of: place) { name = Files.name(of: target) }
      files.append(
        PinnedFile(
          file: ModelPin.File(path: path, size: item.size, digest: item.digest), facts: facts, sourceID: name))
    }
    return PinnedModel(revision: commit, license: nil, files: files)
  }

  private func requireNetwork(_ label: String) throws(Failure) {
    guard settings.isOffline else { return }
    throw Failure(
      "LK021", "\(label) is not locked, and nothing is asked offline",
      help: "run the same command without --offline and LOCARA_OFFLINE")
  }

  /// Before anything is asked for.
  private func refusePickle(_ path: String) throws(Failure) {
    guard let format = PickleFormat.name(start: [], fileName: path) else { return }
    throw Failure(
      "LK008", "\(path) is \(format), which can run any code when it is loaded", path: path,
      help: "use the model's safetensors, GGUF or ONNX files")
  }
}

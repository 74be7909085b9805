package import Diagnostics
internal import Digests
internal import Manifest
package import ModelSources
internal import ModelStore
internal import PolicyIR
internal import Schemas
internal import Structures
package import SystemIO

/// What a lock is made from beside the manifest.
package struct LockOptions: Sendable {
  /// By model id, directories of this machine that hold the model's files.
  package var directories: [String: String] = [:]
  /// Models whose branch or tag is looked up again; all others keep the commit that they are locked at.
  package var updates: Set<String> = []
  /// Models whose files may be of formats that run code when they are loaded.
  package var pickles: Set<String> = []
  /// Nothing is looked up: entries that do not fit the manifest are reported.
  package var isCheck = false

  package init() {}
}

/// The making of a lock: every model of a manifest, pinned to exact bytes.
package struct Locking {
  package let path: String
  package private(set) var sources: [Source]
  package private(set) var diagnostics: [Diagnostic]
  /// Entries that do not fit the manifest, a line each: what `--check` found, or what is written anew.
  package private(set) var stale: [String] = []
  private var pins: [ModelPin] = []
  private var facts: [Digest: ModelFacts] = [:]
  private var requested: [String: String] = [:]
  private var sourceIDs: [LockFile.FileName: String] = [:]
  private let known: [UInt8]?
  private let before: LockFile
  private let options: LockOptions
  private let fetcher: ModelFetcher

  package var hasErrors: Bool { diagnostics.contains { $0.severity == .error } }
  private var lock: LockFile { LockFile(models: pins, facts: facts, requested: requested, sourceIDs: sourceIDs) }
  package var isCurrent: Bool { stale.isEmpty && known == lock.bytes }
  /// What changed against the lock that was there, a line each.
  package var changes: [String] { LockComparison(from: before, to: lock).changes.map(\.text) }
  /// "1 model, 3 files, 91 MB"
  package var summary: String {
    let files = pins.flatMap(\.files)
    let megabytes = (files.reduce(0) { $0 + $1.size } + 500_000) / 1_000_000
    return "\(pins.count) model\(pins.count == 1 ? "" : "s"), \(files.count) files, \(megabytes) MB"
  }

  /// - Throws: LK010 when an option names a model that the manifest does not have, LX001 and others when a file cannot be
  ///   read. What is wrong in the manifest, and sources that do not answer, are diagnostics.
  package init(manifest path: String, options: LockOptions, fetcher: ModelFetcher) throws(Failure) {
    let source = Source(path: path, bytes: try Files.read(path, limit: Compilation.sourceLimit))
    sources = [source]
    let directory = Files.parent(of: path)
    self.path = "\(directory)/\(LockFile.name)"
    self.options = options
    self.fetcher = fetcher
    let (manifest, problems) = parseManifest(source)
    diagnostics = problems
    let lockPath = self.path
    known = Files.exists(lockPath) ? try Files.read(lockPath, limit: LockFile.sizeLimit) : nil
    if let known { before = try LockFile(parsing: known, path: lockPath) } else { before = LockFile(models: []) }
    guard let manifest else { return }
    let named = Set(options.directories.keys).union(options.updates).union(options.pickles)
    for id in named.sorted() where !manifest.models.contains(where: { $0.id.value == id }) {
      let given =
        options.directories[id] != nil ? "--from" : options.updates.contains(id) ? "--update" : "--allow-pickle"
      throw Failure(
        "LK010", "\(given) names a model that the manifest does not have: `\(id)`", path: path,
        help: "the models are: \(manifest.models.map(\.id.value).joined(separator: ", "))")
    }
    facts = before.facts
    sourceIDs = before.sourceIDs
    for model in manifest.models { try add(model, directory: directory) }
    stale += LockStaleness.leftovers(manifest, before).map { "\($0): no longer in the manifest" }
  }

  package func write() throws(Failure) { try Files.replace(path, with: lock.bytes) }

  private mutating func add(_ model: Manifest.Model, directory: String) throws(Failure) {
    let id = model.id.value
    let reasons = LockStaleness.reasons(model, before)
    if let place = options.directories[id] ?? localDirectory(model, directory) {
      // Files of this machine can change under their name: they are always looked at.
      try measure(model, in: place)
      if let old = before[id], old.files != pins.last?.files { stale.append("\(id): the files are others than locked") }
      stale += reasons.map { "\(id): \($0)" }
    } else if reasons.isEmpty, !options.updates.contains(id), let pin = before[id] {
      keep(pin, model)
    } else if options.isCheck {
      stale += reasons.map { "\(id): \($0)" }
      if let pin = before[id] { keep(pin, model) }
    } else {
      stale += reasons.map { "\(id): \($0)" }
      look(up: model)
    }
  }

  private func localDirectory(_ model: Manifest.Model, _ directory: String) -> String? {
    guard case .file(let path) = SourceReference(source: model.source.value, revision: "") else { return nil }
    return path.hasPrefix("/") ? path : "\(directory)/\(path)"
  }

  private mutating func keep(_ old: ModelPin, _ model: Manifest.Model) {
    var pin = old
    pin.role = model.role?.value ?? old.role
    pin.license = model.license?.value ?? old.license
    pin.loading = model.isEager ? .eager : .lazy
    pins.append(pin)
    requested[pin.id] = before.requested[pin.id]
  }

  private mutating func measure(_ model: Manifest.Model, in place: String) throws(Failure) {
    let id = model.id.value
    var files: [ModelPin.File] = []
    for file in model.files {
      let found = try ModelStore.measure("\(place)/\(file.value)")
      let measured = ModelPin.File(path: file.value, size: found.size, digest: found.digest)
      // A header that cannot be read means that these are no weights, whatever the name says.
      facts[measured.digest] = try ModelFacts.read(
        "\(place)/\(file.value)", name: file.value, acceptsPickle: options.pickles.contains(id))
      let name = LockFile.FileName(model: id, path: file.value)
      if before[id]?.files.first(where: { $0.path == file.value })?.digest != found.digest { sourceIDs[name] = nil }
      files.append(measured)
    }
    // The same bytes are of the commit that they were locked at.
    let same = before[id].flatMap {
      $0.files == files.sorted { $0.path < $1.path } && $0.source == model.source.value ? $0 : nil
    }
    let revision = same.map { LockStaleness.reasons(model, before).isEmpty ? $0.revision : model.revision }
    pins.append(
      ModelPin(
        id: id, role: model.role?.value ?? "", source: model.source.value, revision: revision ?? model.revision,
        files: files, license: model.license?.value ?? "", loading: model.isEager ? .eager : .lazy))
    if revision != nil { requested[id] = before.requested[id] }
  }

  private mutating func look(up model: Manifest.Model) {
    let id = model.id.value
    do throws(Failure) {
      let pinned =
        if let hexadecimal = model.hexadecimal { try stored(hexadecimal, id: id) } else {
          try fetcher.pin(
            SourceReference(source: model.source.value, revision: model.revision), paths: model.files.map(\.value),
            label: id, acceptsPickle: options.pickles.contains(id))
        }
      for file in pinned.files {
        facts[file.file.digest] = file.facts
        sourceIDs[LockFile.FileName(model: id, path: file.file.path)] = file.sourceID
      }
      pins.append(
        ModelPin(
          id: id, role: model.role?.value ?? "", source: model.source.value, revision: pinned.revision,
          files: pinned.files.map(\.file),
          license: model.license?.value ?? pinned.license.map { LicenseList.canonical($0) ?? $0 } ?? "",
          loading: model.isEager ? .eager : .lazy))
      if pinned.revision != model.revision { requested[id] = model.revision }
    } catch let failure {
      let place = failure.path.map { " (\($0))" } ?? ""
      diagnostics.append(
        Diagnostic(
          ["LK008", "LK007"].contains(failure.code) ? failure.code : "LK011", .error,
          "the model `\(id)` cannot be locked: \(failure.message)\(place) [\(failure.code)]",
          at: Diagnostic.Label(path: sources[0].path, span: model.source.span, text: "from here"),
          notes: [failure.help].compactMap { $0 } + [
            "or give a directory that holds its files: `locara lock \(sources[0].path) --from \(id)=DIRECTORY`"
          ]))
    }
  }

  /// A model that the manifest names by its hash alone: its one file has to be in the store.
  private func stored(_ hexadecimal: String, id: String) throws(Failure) -> PinnedModel {
    guard let digest = Digest(hexadecimal: hexadecimal), fetcher.store.contains(digest) else {
      throw Failure("LK003", "the model store does not have its file", help: "import it, or name a `source`")
    }
    let path = fetcher.store.path(of: digest)
    let size = try FileIdentity(of: path).size
    _ = try fetcher.store.verified(digest, size: size, label: id)
    return PinnedModel(
      revision: "",
      files: [
        PinnedFile(
          file: ModelPin.File(path: id, size: size, digest: digest), facts: try ModelFacts.read(path, name: id))
      ])
  }
}

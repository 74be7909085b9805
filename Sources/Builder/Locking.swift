internal import Compiler
package import Diagnostics
internal import Digests
internal import ModelStore
internal import PolicyIR
package import SystemIO

/// The making of a lock: every model of a manifest, pinned to exact bytes.
package struct Locking: Sendable {
  package let path: String
  package private(set) var sources: [Source]
  package private(set) var diagnostics: [Diagnostic]
  private var pins: [ModelPin] = []
  private var facts: [Digest: ModelFacts] = [:]
  /// Files whose locked bytes would change, a line each.
  package private(set) var changes: [String] = []
  private let known: [UInt8]?

  package var hasErrors: Bool { diagnostics.contains { $0.severity == .error } }
  private var bytes: [UInt8] { LockFile(models: pins, facts: facts).bytes }
  package var isCurrent: Bool { known == bytes }
  /// "1 model, 3 files, 91 MB"
  package var summary: String {
    let files = pins.flatMap(\.files)
    let megabytes = (files.reduce(0) { $0 + $1.size } + 500_000) / 1_000_000
    return "\(pins.count) model\(pins.count == 1 ? "" : "s"), \(files.count) files, \(megabytes) MB"
  }

  /// - Parameter directories: by model id, directories of this machine that hold the model's files.
  package init(manifest path: String, directories: [String: String]) throws(Failure) {
    let source = Source(path: path, bytes: try Files.read(path, limit: Compilation.sourceLimit))
    sources = [source]
    let directory = Files.parent(of: path)
    self.path = "\(directory)/\(LockFile.name)"
    let (manifest, problems) = parseManifest(source)
    diagnostics = problems
    known = Files.exists(self.path) ? try Files.read(self.path, limit: LockFile.sizeLimit) : nil
    guard let manifest else { return }
    for id in directories.keys.sorted() where !manifest.models.contains(where: { $0.id.value == id }) {
      throw Failure(
        "LK010", "--from names a model that the manifest does not have: `\(id)`", path: path,
        help: "the models are: \(manifest.models.map(\.id.value).joined(separator: ", "))")
    }
    let lockFile = try known.map { (bytes) throws(Failure) in try LockFile(parsing: bytes, path: self.path) }
    let locked = lockFile?.models ?? []
    facts = lockFile?.facts ?? [:]
    for model in manifest.models {
      if let pin = try pin(model, directory: directory, from: directories[model.id.value], locked: locked) {
        pins.append(pin)
      }
    }
  }

  package func write() throws(Failure) { try Files.replace(path, with: bytes) }

  private mutating func pin(
    _ model: Manifest.Model, directory: String, from given: String?, locked: [ModelPin]
  ) throws(Failure) -> ModelPin? {
    let role = model.role?.value ?? ""
    var place = given
    if place == nil, model.source.value.hasPrefix("file:") {
      let path = String(model.source.value.dropFirst("file:".count))
      place = path.hasPrefix("/") ? path : "\(directory)/\(path)"
    }
    if let place {
      var files: [ModelPin.File] = []
      let before = locked.first { $0.id == model.id.value }?.files ?? []
      for file in model.files {
        let found = try ModelStore.measure("\(place)/\(file.value)")
        let measured = ModelPin.File(path: file.value, size: found.size, digest: found.digest)
        // A header that cannot be read means that these are no weights, whatever the name says.
        facts[measured.digest] = try ModelFacts.read("\(place)/\(file.value)", name: file.value)
        if let old = before.first(where: { $0.path == measured.path }), old.digest != measured.digest {
          changes.append(
            "\(model.id.value)/\(measured.path): \(old.size) bytes \(old.digest) becomes \(measured.size) bytes \(measured.digest)"
          )
        }
        files.append(measured)
      }
      return ModelPin(
        id: model.id.value, role: role, source: model.source.value, revision: model.revision, files: files,
        license: model.license?.value ?? "", loading: model.isEager ? .eager : .lazy)
    }
    let names = Set(model.files.map(\.value))
    if var pin = locked.first(where: { $0.id == model.id.value }), pin.source == model.source.value,
      pin.revision == model.revision, Set(pin.files.map(\.path)) == names
    {
      pin.role = role
      pin.license = model.license?.value ?? ""
      pin.loading = model.isEager ? .eager : .lazy
      return pin
    }
    diagnostics.append(
      Diagnostic(
        "LK011", .error, "the files of model `\(model.id.value)` are not locked, and not on this machine",
        at: Diagnostic.Label(path: sources[0].path, span: model.source.span, text: "cannot be read from here"),
        notes: [
          "give a directory that holds them: `locara lock \(sources[0].path) --from \(model.id.value)=DIRECTORY`"
        ]))
    return nil
  }
}

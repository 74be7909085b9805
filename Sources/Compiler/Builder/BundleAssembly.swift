internal import BundleFormat
package import Digests
internal import Lowering
internal import Manifest
internal import ModelStore
internal import PolicyIR
internal import Schemas
package import SystemIO

/// A compiled app on its way into a bundle.
package struct BundleAssembly: Sendable {
  private let compilation: Compilation
  private let app: AppPolicy
  private let options: BuildOptions

  package init(_ compilation: Compilation, _ options: BuildOptions = BuildOptions()) throws(Failure) {
    guard let app = compilation.app, !compilation.hasErrors else {
      throw Failure("LP011", "the manifest did not compile", path: compilation.path)
    }
    self.compilation = compilation
    self.app = app
    self.options = options
  }

  /// `name-version.locapp`
  package var defaultName: String { "\(app.id.name)-\(app.id.version).locapp" }

  /// Runs the build steps that have to run, collects the payload and writes the bundle.
  ///
  /// - Parameter progress: told what happens next, a line each.
  /// - Returns: the digest by which the bundle is known.
  package func write(to path: String, progress: (String) -> Void) throws(Failure) -> Digest {
    guard !Files.isDirectory(path) else {
      throw Failure(
        "LX008", "expected a file to write, found a directory", path: path,
        help: "name the file, as in `-o \(path)/\(defaultName)`")
    }
    let items = try PayloadSelection.items(matching: compilation.payloadPatterns, below: compilation.directory)
    let userCache = try BuildCache.ofUser()
    let lock = try userCache.lock()
    defer { withExtendedLifetime(lock) {} }
    let record = options.usesCache ? try BuildRecord(compilation, app, items, options, path: path, in: userCache) : nil
    if let digest = record?.bundleAlreadyThere() {
      progress("nothing has changed")
      return digest
    }
    let scratch = try ScratchDirectory()
    let contents = try contents(items, userCache: userCache, scratch: scratch.path, progress: progress)
    progress("packing \(contents.payload.count) \(contents.payload.count == 1 ? "entry" : "entries")")
    var writer = BundleWriter(
      BundleConfiguration(
        publisher: app.id.publisher, name: app.id.name, version: app.id.version,
        displayName: compilation.displayName, compiler: "locara \(Version.text)",
        fullyLocal: app.policy.authority.isFullyLocal, hermetic: app.policy.runtime != .host))
    for artifact in try compilation.artifacts() { try writer.add(artifact.kind, artifact.bytes) }
    if !contents.sources.isEmpty { try writer.setSources(contents.sources) }
    try writer.setPayload(contents.payload)
    if options.isFat { try writer.setModels(try modelFiles()) }
    let digest = try writer.write(to: path)
    record?.remember(digest)
    return digest
  }

  /// What goes into the payload, and the sources of the build that are not in it as they are.
  private func contents(
    _ selected: [PayloadItem], userCache: BuildCache, scratch: String, progress: (String) -> Void
  ) throws(Failure) -> (payload: [PayloadItem], sources: [PayloadItem]) {
    guard let build = compilation.manifest?.build else { return (selected, []) }
    let steps = BuildSteps(
      compilation: compilation, runtime: app.policy.runtime,
      cache: options.usesCache ? userCache : BuildCache(root: "\(scratch)/cache"),
      inputs: BuildInputs(
        cache: userCache, directory: compilation.directory, given: options.inputs, isOffline: options.isOffline),
      variation: options.variation, scratch: scratch)
    let result = try steps.run(build, progress: progress)
    let outputs = build.steps.flatMap { $0.outputs.map(\.value) }
    var payload = selected.filter { item in
      !outputs.contains { item.path == $0 || item.path.hasPrefix("\($0)/") }
    }
    // What is in the payload as it was before the steps is not kept twice.
    let kept = Set(payload.map(\.path))
    let sources = result.sources.sorted.filter { !kept.contains($0.path) }.map { $0.entry.item($0.path) }
    payload += result.outputs.map { $0.entry.item($0.path) }
    return (payload, sources)
  }

  /// The files of every model that the lock pins, from the model store.
  private func modelFiles() throws(Failure) -> [BundleWriter.ModelFile] {
    let store = try ModelStore.ofUser()
    var files: [BundleWriter.ModelFile] = []
    for model in app.policy.models {
      for file in model.files {
        let place = try store.verified(file.digest, size: file.size, label: "\(model.id)/\(file.path)")
        files.append(BundleWriter.ModelFile(digest: file.digest, size: file.size, path: place))
      }
    }
    return files
  }
}

/// A directory for a moment, removed with everything in it when the value goes.
struct ScratchDirectory: ~Copyable {
  let path: String

  init() throws(Failure) { path = try Directories.createTemporary(in: Environment.temporaryDirectory) }

  deinit { try? Directories.removeTree(path) }
}

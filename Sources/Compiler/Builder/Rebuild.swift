package import BundleFormat
internal import CanonicalJSON
internal import Diagnostics
package import Digests
internal import Glibc
internal import Manifest
internal import PolicyIR
package import SystemIO

/// Building a bundle again from what it says of itself: the manifest, the lock, the schema, the sources of its build, the
/// files of its payload that no step made, and inputs by their hash.
package enum Rebuild {
  package struct Outcome: Sendable {
    /// Of the bundle.
    package let digest: Digest
    /// Of what was built.
    package let rebuilt: Digest
    /// `publisher/name@version`
    package let identifier: String
    /// Where the two part; nil when they are the same.
    package let difference: BundleDifference?
  }

  /// - Parameter progress: told what happens next, a line each.
  /// - Throws: as `Bundle.open`; LB056 when another version of the compiler made it, LB057 when the manifest in it does
  ///   not compile, and what building throws.
  package static func run(
    bundle path: String, _ options: BuildOptions, progress: (String) -> Void
  ) throws(Failure) -> Outcome {
    let bundle = try Bundle.open(path)
    let compiler = bundle.configuration.compiler
    guard compiler == "locara \(Version.text)" else {
      throw Failure(
        "LB056", "the bundle was made by \(compiler), and this is locara \(Version.text)", path: path,
        help: "rebuild it with the version that made it: another one may write other bytes")
    }
    let scratch = try ScratchDirectory()
    let manifest = try restore(bundle, below: scratch.path)
    let compilation = try Compilation(manifest: manifest)
    guard !compilation.hasErrors else {
      let first = compilation.diagnostics.first { $0.severity == .error }
      throw Failure(
        "LB057", "the manifest in the bundle does not compile: \(first.map { "\($0.headline) [\($0.code)]" } ?? "")",
        path: path, help: "the bundle was not made from what it holds")
    }
    var options = options
    options.usesCache = false
    let output = "\(scratch.path)/rebuilt.locapp"
    let rebuilt = try BundleAssembly(compilation, options).write(to: output, progress: progress)
    return Outcome(
      digest: bundle.digest, rebuilt: rebuilt, identifier: bundle.configuration.identifier,
      difference: try bundle.firstDifference(from: try Bundle.open(output)))
  }

  /// Lays out the directory that the bundle was built from, as far as the build could see it.
  ///
  /// - Returns: the path of the manifest in it.
  private static func restore(_ bundle: Bundle, below scratch: String) throws(Failure) -> String {
    let directory = "\(scratch)/app"
    try bundle.extractPayload(to: directory)
    try makeWritable(directory)
    let source = try bundle.layer(.manifest)
    let manifestPath = "\(directory)/\(manifestName(of: bundle))"
    try put(source, at: manifestPath)
    let compilation = parseManifest(Source(path: manifestPath, bytes: source)).0
    // What the steps made was not there before them.
    for output in (compilation?.build?.steps ?? []).flatMap(\.outputs) {
      try Directories.removeTree("\(directory)/\(output.value)")
    }
    if bundle.contents(of: .sources) != nil {
      let sources = "\(scratch)/sources"
      try bundle.extractSources(to: sources)
      try makeWritable(sources)
      for (path, kind) in try Directories.walk(sources) {
        if case .directory = kind {
          try Directories.create("\(directory)/\(path)")
        } else {
          try Files.move("\(sources)/\(path)", to: "\(directory)/\(path)")
        }
      }
    }
    if let lock = bundle.contents(of: .lock) { try put(lock, at: "\(directory)/\(LayerKind.lock.title)") }
    if let schema = bundle.contents(of: .schema), let name = compilation?.storage?.schema?.value {
      try put(schema, at: "\(directory)/\(name)")
    }
    return manifestPath
  }

  /// What the payload has already stays as it is.
  private static func put(_ bytes: [UInt8], at path: String) throws(Failure) {
    guard !Files.exists(path) else { return }
    try Directories.create(Files.parent(of: path))
    try Files.replace(path, with: bytes)
  }

  private static func makeWritable(_ root: String) throws(Failure) {
    for path in [root] + (try Directories.walk(root).filter { $0.kind == .directory }.map { "\(root)/\($0.path)" }) {
      guard unsafe chmod(path, 0o755) == 0 else { throw .system("chmod", path: path, errno: errno) }
    }
  }

  /// The manifest's file name, which the origins of the policy carry.
  private static func manifestName(of bundle: Bundle) -> String {
    guard let bytes = bundle.contents(of: .origins), let json = try? JSON(parsing: bytes) else {
      return LayerKind.manifest.title
    }
    let origin = json["grants"]?.arrayValue?.first?["origin"] ?? json["keys"]?.arrayValue?.first?["origin"]
    guard let name = origin?["path"]?.stringValue, !name.isEmpty, !name.contains("/"), name != ".", name != ".." else {
      return LayerKind.manifest.title
    }
    return name
  }
}

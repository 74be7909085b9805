internal import BundleFormat
internal import CanonicalJSON
internal import Diagnostics
internal import Digests
internal import Glibc
internal import Lowering
internal import Manifest
internal import PolicyIR
internal import SystemIO

/// Which bundle a file holds that an earlier build wrote, and from what: when none of it was touched since, there is
/// nothing to do. Files are recognized as the bundle store recognizes them, by stat(2) (`FileIdentity`).
struct BuildRecord {
  private let path: String
  private let file: String
  private let fingerprint: Digest
  /// When the newest of the files was changed, nanoseconds since 1970.
  private let newest: Int64

  /// Nil when the file to write has no place in the cache, which costs time and nothing else.
  init?(
    _ compilation: Compilation, _ app: AppPolicy, _ items: [PayloadItem], _ options: BuildOptions, path: String,
    in cache: BuildCache
  ) throws(Failure) {
    guard let absolute = BuildRecord.absolute(path) else { return nil }
    self.path = path
    file = "\(cache.root)/bundles/\(Digest.of(Array(absolute.utf8)).hexadecimal)"
    var newest: Int64 = 0
    func fact(_ item: PayloadItem) throws(Failure) -> JSON {
      switch item.content {
      case .directory: return .array([.string(item.path)])
      case .symbolicLink(let target): return .array([.string(item.path), .string(target)])
      case .bytes: return .null
      case .file(let source, _):
        let identity = try FileIdentity(of: source)
        newest = max(newest, max(identity.changed, identity.modified))
        return .array([.string(item.path), .string(identity.text)])
      }
    }
    var files: [JSON] = []
    for item in items { files.append(try fact(item)) }
    var document: [String: JSON] = [
      "sources": .array(compilation.sources.map { .string(Digest.of($0.bytes).hexadecimal) }),
      "compiler": .string(BuildRecord.compiler), "files": .array(files), "fat": .bool(options.isFat),
      "manifest": .string(Files.name(of: compilation.path)),
    ]
    if let build = compilation.manifest?.build {
      var seen: [JSON] = []
      for item in try PayloadSelection.items(matching: compilation.sourcePatterns, below: compilation.directory) {
        seen.append(try fact(item))
      }
      document["build"] = .array(seen)
      var tools: [JSON] = []
      for step in build.steps {
        tools.append(try ToolVersions.of(step.run.map(\.value), runtime: app.policy.runtime))
      }
      document["tools"] = .array(tools)
    }
    fingerprint = Digest.of(JSON.object(document).canonicalBytes)
    self.newest = newest
  }

  /// The digest of the bundle that is there already, when it is the one that building would write.
  func bundleAlreadyThere() -> Digest? {
    guard let bytes = try? Files.read(file, limit: 1024), let identity = try? FileIdentity(of: path) else { return nil }
    let lines = String(decoding: bytes, as: UTF8.self).split(separator: "\n").map(String.init)
    guard lines.count == 3, lines[0] == fingerprint.hexadecimal, lines[1] == identity.text else { return nil }
    _ = unsafe utimensat(AT_FDCWD, file, nil, 0)
    return Digest(lines[2])
  }

  /// Notes what was just written. This only saves time, so a failure is not reported.
  func remember(_ digest: Digest) {
    var now = timespec()
    _ = unsafe clock_gettime(CLOCK_REALTIME, &now)
    let nanoseconds = Int64(now.tv_sec) * 1_000_000_000 + Int64(now.tv_nsec)
    // A file that was changed a moment ago could be changed once more within the same tick of its file system's clock.
    guard nanoseconds - newest > 2_000_000_000, let identity = try? FileIdentity(of: path) else { return }
    try? Directories.create(Files.parent(of: file))
    let lines = [fingerprint.hexadecimal, identity.text, digest.description]
    try? Files.replace(file, with: Array((lines.joined(separator: "\n") + "\n").utf8))
  }

  /// This very program: another build of the same version may make other bytes.
  private static var compiler: String {
    guard let file = try? FileDescriptor.open("/proc/self/exe", O_RDONLY), let status = try? file.status(path: "")
    else {
      return Version.text
    }
    return "\(Version.text) \(FileIdentity(status).text)"
  }

  private static func absolute(_ path: String) -> String? {
    if path.hasPrefix("/") { return path }
    guard let current = unsafe getcwd(nil, 0) else { return nil }
    defer { unsafe free(current) }
    return unsafe "\(String(cString: current))/\(path)"
  }
}

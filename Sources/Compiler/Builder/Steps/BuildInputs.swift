internal import BundleFormat
internal import Digests
internal import Glibc
internal import Manifest
internal import ModelStore
internal import SystemIO
internal import Transfer

/// The inputs of a build: files that are known by their SHA-256, taken from wherever their bytes are.
struct BuildInputs {
  /// The user's cache. Inputs stay there even for a build that uses nothing else of it: a hash is a hash.
  let cache: BuildCache
  /// The manifest's, from which `file:` paths start.
  let directory: String
  /// Files that were given on the command line.
  let given: [String]
  let isOffline: Bool

  /// - Throws: LB054 another file than the hash names, LB055 not to be had.
  func fetch(_ input: Manifest.Build.Input, progress: (String) -> Void) throws(Failure) -> BuildTree.Entry {
    guard let digest = Digest(hexadecimal: input.sha256.value) else {
      throw Failure("LB054", "`\(input.sha256.value)` is not a SHA-256", path: input.url.value)
    }
    if let known = try cache.file(digest) {
      try cache.noteInput(digest)
      return entry(digest, known)
    }
    for path in given {
      let measured = try ModelStore.measure(path)
      if measured.digest == digest { return entry(digest, try take(path, digest, from: path)) }
    }
    let address = input.url.value
    if address.hasPrefix("file:") {
      let relative = String(address.dropFirst(5))
      let path = relative.hasPrefix("/") ? relative : "\(directory)/\(relative)"
      guard Files.exists(path) else {
        throw Failure(
          "LB055", "the build's input `\(input.path.value)` is not there", path: path,
          help: "give a file with SHA-256 \(digest.hexadecimal) with --input")
      }
      return entry(digest, try take(path, digest, from: address))
    }
    guard !isOffline else {
      throw Failure(
        "LB055", "the build's input `\(input.path.value)` is not in the cache", path: address,
        help: "build without --offline, or give a file with SHA-256 \(digest.hexadecimal) with --input")
    }
    progress("fetching \(address)")
    return entry(digest, try download(address, digest))
  }

  private func download(_ address: String, _ digest: Digest) throws(Failure) -> (place: String, size: Int64) {
    let path = Files.temporaryName(beside: cache.blobs.partial(digest.hexadecimal))
    try Directories.create(Files.parent(of: path))
    let sink = try FileSink(path)
    defer { try? Files.remove(path) }
    let response = try HTTPClient(agent: "locara/\(Version.text)").send(HTTPRequest(.get, address), to: sink)
    try response.requireSuccess()
    let found = try sink.finish()
    guard found.digest == digest else { throw BuildInputs.mismatch(digest, found.digest, from: address) }
    try cache.blobs.adopt(path, digest: digest)
    try cache.noteInput(digest)
    return (cache.blobs.path(of: digest), found.size)
  }

  private func take(
    _ path: String, _ digest: Digest, from address: String
  ) throws(Failure) -> (place: String, size: Int64) {
    let measured = try ModelStore.measure(path)
    guard measured.digest == digest else { throw BuildInputs.mismatch(digest, measured.digest, from: address) }
    let kept = try cache.keep(path)
    guard kept.digest == digest else { throw Failure("LB013", "the file changed while it was being read", path: path) }
    try cache.noteInput(digest)
    return (kept.place, kept.size)
  }

  private static func mismatch(_ expected: Digest, _ found: Digest, from address: String) -> Failure {
    Failure(
      "LB054", "the build's input is not the file that its hash names: expected \(expected), found \(found)",
      path: address, help: "get the right file, or correct `sha256` in the manifest if this is the one that you mean")
  }

  private func entry(_ digest: Digest, _ file: (place: String, size: Int64)) -> BuildTree.Entry {
    BuildTree.Entry(content: .file(digest: digest, size: file.size, executable: false), place: file.place)
  }
}

/// Writes what a server sends to a new file, up to a bound, and hashes it.
private final class FileSink: Sink {
  private static let limit: Int64 = 64 << 30
  private let file: FileDescriptor
  private let path: String
  private var count: Int64 = 0
  private var hasher: SHA256? = SHA256()

  init(_ path: String) throws(Failure) {
    file = try FileDescriptor.open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW)
    self.path = path
  }

  func begin(_ response: HTTPResponse) throws(Failure) {}

  func receive(_ bytes: UnsafeRawBufferPointer) throws(Failure) {
    count += Int64(bytes.count)
    guard count <= FileSink.limit else {
      throw Failure("LX023", "the server sends more than the \(FileSink.limit) bytes that are accepted")
    }
    unsafe hasher?.update(bytes)
    try unsafe file.write(bytes, at: count - Int64(bytes.count), path: path)
  }

  /// What came, synced to the disk.
  func finish() throws(Failure) -> ModelStore.Item {
    try file.synchronize(path: path)
    guard let digest = hasher.take()?.finish() else { return ModelStore.Item(digest: Digest.of([]), size: 0) }
    return ModelStore.Item(digest: digest, size: count)
  }
}

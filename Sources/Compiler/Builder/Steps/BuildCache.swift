internal import CanonicalJSON
internal import Digests
internal import Glibc
internal import ModelStore
package import SystemIO

/// What builds need not fetch or make again, by content. Everything in it can be made again.
///
///     ROOT/blobs/         inputs and outputs by their SHA-256, in the form of the model store
///     ROOT/steps/HEX      the outputs of the step with this key, canonical JSON
///     ROOT/inputs/HEX     an input that was fetched, by its SHA-256
///     ROOT/bundles/HEX    which bundle a file holds that was written before (`BuildRecord`)
///     ROOT/lock           flock(2): shared while something builds
///
/// The modification time of what is in `steps`, `inputs` and `bundles` is that of its last use. Nothing of it is
/// believed: bytes are hashed when they are used, unless the file is the very one that was hashed before (`ModelStore`).
package struct BuildCache: Sendable {
  package let root: String

  package init(root: String) { self.root = root }

  /// The cache of this user: `$XDG_CACHE_HOME/locara/build`.
  package static func ofUser() throws(Failure) -> BuildCache {
    BuildCache(root: try UserDirectories.cache() + "/build")
  }

  var blobs: ModelStore { ModelStore(root: "\(root)/blobs") }

  /// Keeps the collector out while something builds.
  func lock() throws(Failure) -> FileDescriptor {
    try Directories.create(root, mode: 0o700)
    let path = "\(root)/lock"
    let file = try FileDescriptor.open(path, O_RDWR | O_CREAT | O_NOFOLLOW)
    while flock(file.number, LOCK_SH) != 0 {
      // A file system without locks has no collector that would heed them either.
      guard errno == EINTR else { break }
    }
    return file
  }

  // MARK: Files

  /// Where the file with this digest is, verified; nil when the cache does not have it. A damaged copy is removed.
  func file(_ digest: Digest) throws(Failure) -> (place: String, size: Int64)? {
    guard blobs.contains(digest) else { return nil }
    let size = try FileIdentity(of: blobs.path(of: digest)).size
    do throws(Failure) {
      return (try blobs.verified(digest, size: size, label: digest.hexadecimal), size)
    } catch let failure {
      guard failure.code == "LK005" else { throw failure }
      try Files.remove(blobs.path(of: digest))
      return nil
    }
  }

  /// Takes a file in.
  func keep(_ path: String) throws(Failure) -> (digest: Digest, size: Int64, place: String) {
    let measured = try ModelStore.measure(path)
    do throws(Failure) {
      let place = try blobs.importFile(path, size: measured.size, digest: measured.digest)
      return (measured.digest, measured.size, place)
    } catch let failure {
      guard failure.code == "LK004" else { throw failure }
      throw Failure("LB013", "the file changed while it was being read", path: path, help: "build again")
    }
  }

  /// Notes that an input is needed, so that the collector spares it for a while.
  func noteInput(_ digest: Digest) throws(Failure) { try mark("inputs", digest, with: []) }

  // MARK: Steps

  /// What the step with this key made before; nil when that is not known, or any file of it is gone or damaged.
  func outputs(of key: Digest) throws(Failure) -> [(path: String, entry: BuildTree.Entry)]? {
    let path = "\(root)/steps/\(key.hexadecimal)"
    guard Files.exists(path), let bytes = try? Files.read(path, limit: 64 << 20) else { return nil }
    guard let json = try? JSON(parsing: bytes, limits: JSONLimits(bytes: 64 << 20, depth: 4, values: 2_000_000)),
      let list = json["outputs"]?.arrayValue, json["key"]?.stringValue == key.hexadecimal
    else {
      try Files.remove(path)
      return nil
    }
    var found: [(path: String, entry: BuildTree.Entry)] = []
    for element in list {
      guard let name = element["path"]?.stringValue else { return nil }
      if element["directory"] == true {
        found.append((name, .init(content: .directory)))
      } else if let target = element["link"]?.stringValue {
        found.append((name, .init(content: .symbolicLink(target: target))))
      } else if let digest = element["sha256"]?.stringValue.flatMap({ Digest(hexadecimal: $0) }),
        let size = element["size"]?.integerValue, let executable = element["executable"]?.boolValue
      {
        guard let file = try file(digest), file.size == size else { return nil }
        found.append(
          (name, .init(content: .file(digest: digest, size: size, executable: executable), place: file.place)))
      } else {
        return nil
      }
    }
    touch(path)
    return found
  }

  func record(_ outputs: [(path: String, entry: BuildTree.Entry)], of key: Digest) throws(Failure) {
    let list = outputs.map { BuildTree.json($0.path, $0.entry.content) }
    let document: JSON = ["key": .string(key.hexadecimal), "outputs": .array(list)]
    try mark("steps", key, with: document.canonicalBytes)
  }

  private func mark(_ kind: String, _ name: Digest, with bytes: [UInt8]) throws(Failure) {
    try Directories.create("\(root)/\(kind)")
    try Files.replace("\(root)/\(kind)/\(name.hexadecimal)", with: bytes)
  }

  private func touch(_ path: String) {
    // Only the collector looks at it.
    _ = unsafe utimensat(AT_FDCWD, path, nil, 0)
  }
}

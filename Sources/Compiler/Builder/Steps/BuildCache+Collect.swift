internal import CanonicalJSON
internal import Digests
internal import Glibc
internal import ModelStore
package import SystemIO

/// Looking into the cache, and making it smaller.
extension BuildCache {
  package struct Contents: Hashable, Sendable {
    package var steps = 0
    package var inputs = 0
    package var files = 0
    /// Of the files.
    package var bytes: Int64 = 0
  }

  package func contents() throws(Failure) -> Contents {
    let items = try blobs.list()
    return Contents(
      steps: try names("steps").count, inputs: try names("inputs").count, files: items.count,
      bytes: items.reduce(0) { $0 + $1.size })
  }

  /// Removes what was not used for `seconds`, and the files that nothing else needs.
  ///
  /// - Returns: what was removed.
  /// - Throws: LB058 while something builds.
  package func collect(unusedFor seconds: Int64) throws(Failure) -> Contents {
    guard Files.exists(root) else { return Contents() }
    let path = "\(root)/lock"
    let file = try FileDescriptor.open(path, O_RDWR | O_CREAT | O_NOFOLLOW)
    if flock(file.number, LOCK_EX | LOCK_NB) != 0, errno == EWOULDBLOCK {
      throw Failure("LB058", "something is being built right now", path: root, help: "run the command again afterwards")
    }
    defer { _ = flock(file.number, LOCK_UN) }
    var removed = Contents()
    removed.steps = try removeOld("steps", seconds)
    removed.inputs = try removeOld("inputs", seconds)
    _ = try removeOld("bundles", seconds)
    var needed = Set(try names("inputs").compactMap { Digest(hexadecimal: $0) })
    for name in try names("steps") {
      let path = "\(root)/steps/\(name)"
      let json = try? JSON(
        parsing: Files.read(path, limit: 64 << 20), limits: JSONLimits(bytes: 64 << 20, depth: 4, values: 2_000_000))
      guard let list = json?["outputs"]?.arrayValue else {
        try Files.remove(path)
        continue
      }
      needed.formUnion(list.compactMap { $0["sha256"]?.stringValue.flatMap { Digest(hexadecimal: $0) } })
    }
    let gone = try blobs.collect(keeping: needed)
    removed.files = gone.count
    removed.bytes = gone.reduce(0) { $0 + $1.size }
    return removed
  }

  private func names(_ kind: String) throws(Failure) -> [String] {
    let directory = "\(root)/\(kind)"
    guard Files.exists(directory) else { return [] }
    return try Directories.names(in: directory)
  }

  private func removeOld(_ kind: String, _ seconds: Int64) throws(Failure) -> Int {
    var now = timespec()
    _ = unsafe clock_gettime(CLOCK_REALTIME, &now)
    var count = 0
    for name in try names(kind) {
      let path = "\(root)/\(kind)/\(name)"
      let age = Int64(now.tv_sec) - (try FileIdentity(of: path).modified / 1_000_000_000)
      guard age >= seconds else { continue }
      try Files.remove(path)
      count += 1
    }
    return count
  }
}

package import Digests
internal import Glibc
package import SystemIO

/// Makes a bundle's file of blobs that arrive one by one, from a registry.
///
/// The payload goes straight to its place in a file beside the final one, `.NAME.partial`, which an interrupted reception
/// leaves and the next one goes on with. At the end the whole is verified as any bundle is, then renamed.
package struct BundleReception {
  private let manifest: BundleManifest
  private let path: String
  /// A blob that has to be asked for: config and layers but the payload, each digest once, in the bundle's order.
  package struct Wanted: Hashable, Sendable {
    package let mediaType: String
    package let digest: Digest
    package let size: Int64
  }

  package let wanted: [Wanted]
  package let payload: Wanted

  /// - Parameter path: where the bundle's file goes.
  /// - Throws: LB005 to LB007 when the manifest is none of a locara app, LB011 when it is too large.
  package init(manifest bytes: [UInt8], to path: String) throws(Failure) {
    manifest = try BundleManifest(parsing: bytes, path: path)
    self.path = path
    var wanted: [Wanted] = []
    var total: Int64 = 0
    for descriptor in [manifest.config] + manifest.layers.dropLast().map(\.descriptor) {
      guard descriptor.size <= Int64(BundleLimits.layer) else { throw BundleReception.tooLarge("layer", path) }
      total += descriptor.size
      let blob = Wanted(mediaType: descriptor.mediaType, digest: descriptor.digest, size: descriptor.size)
      if !wanted.contains(where: { $0.digest == blob.digest }) { wanted.append(blob) }
    }
    guard total <= Int64(BundleLimits.layers), let last = manifest.layers.last?.descriptor,
      last.size <= BundleLimits.payload
    else { throw BundleReception.tooLarge("content", path) }
    self.wanted = wanted
    payload = Wanted(mediaType: last.mediaType, digest: last.digest, size: last.size)
  }

  /// - Parameters:
  ///   - small: the bytes of every `wanted` blob, checked against their digests.
  ///   - accept: called with the verified bundle before it takes the place of the file that is there; when it throws,
  ///     nothing of the bundle is kept and that file stays.
  ///   - fetch: writes the payload's bytes from `start` on to the descriptor at `offset`; need not check them.
  /// - Returns: the bundle, verified.
  package func finish(
    small: [Digest: [UInt8]], accept: (Bundle) throws(Failure) -> Void = { _ throws(Failure) in },
    fetchPayload fetch: (_ descriptor: Int32, _ start: Int64, _ offset: Int64) throws(Failure) -> Void
  ) throws(Failure) -> Bundle {
    let configuration = try BundleConfiguration(parsing: small[manifest.config.digest] ?? [], path: path)
    var contents: [LayerKind: [UInt8]] = [:]
    for layer in manifest.layers.dropLast() { contents[layer.kind] = small[layer.descriptor.digest] ?? [] }
    try manifest.check(configuration, contents: contents, path: path)
    let head = BundleWriter.head(manifest, config: small[manifest.config.digest] ?? [], contents: contents)

    let partial = "\(Files.parent(of: path))/.\(Files.name(of: path)).partial"
    let file = try FileDescriptor.open(partial, O_RDWR | O_CREAT | O_NOFOLLOW)
    guard flock(file.number, LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK else {
      throw Failure(
        "LX001", "another process is fetching this bundle", path: path, help: "wait for it, or choose another name")
    }
    let start = try resume(file, head: head.bytes, path: partial)
    try fetch(file.number, start, Int64(head.bytes.count) + start)
    let end = Int64(head.bytes.count) + payload.size
    let total = end + Int64(TarHeader.padding(after: payload.size)) + 2 * Int64(TarHeader.blockSize)
    // What is beyond the payload is zeros, and nothing of an older, longer attempt.
    guard ftruncate(file.number, off_t(end)) == 0, ftruncate(file.number, off_t(total)) == 0,
      fchmod(file.number, 0o644) == 0
    else { throw .system("truncate", path: partial, errno: errno) }
    do throws(Failure) { try accept(try Bundle.open(partial)) } catch var failure {
      // Damaged on its way: nothing of it is worth keeping.
      if failure.code.hasPrefix("LB") { try Files.remove(partial) }
      if failure.path == partial { failure.path = path }
      throw failure
    }
    try file.synchronize(path: partial)
    try Files.move(partial, to: path)
    try Files.synchronizeDirectory(Files.parent(of: path))
    return try Bundle.openHead(try OpenFile(path))
  }

  /// Writes the head unless it is there; gives how many bytes of the payload are there.
  private func resume(_ file: borrowing FileDescriptor, head: [UInt8], path: String) throws(Failure) -> Int64 {
    let size = Int64(try file.status(path: path).st_size)
    if size > Int64(head.count), try file.read(upTo: head.count, path: path) == head {
      return min(size - Int64(head.count), payload.size)
    }
    guard ftruncate(file.number, 0) == 0, lseek(file.number, 0, SEEK_SET) == 0 else {
      throw .system("truncate", path: path, errno: errno)
    }
    try file.write(head, path: path)
    return 0
  }

  private static func tooLarge(_ what: String, _ path: String) -> Failure {
    Failure("LB011", "the bundle's \(what) is larger than what is accepted", path: path, help: Failure.getItAgain)
  }
}

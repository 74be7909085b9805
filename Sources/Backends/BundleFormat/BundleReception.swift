package import Digests
internal import Glibc
package import OCI
package import SystemIO

/// Makes a bundle's file of blobs that arrive one by one, from a registry.
///
/// The payload goes straight to its place in a file beside the final one, `.NAME.partial`, which an interrupted reception
/// leaves and the next one goes on with. It is verified while it comes, all of it; at the end the file is renamed.
package struct BundleReception {
  private let manifest: BundleManifest
  private let path: String
  /// What has to be asked for: config and layers but the payload, each digest once, in the bundle's order.
  package let wanted: [OCIDescriptor]
  package let payload: OCIDescriptor

  /// - Parameter path: where the bundle's file goes.
  /// - Throws: LB005 to LB007 when the manifest is none of a locara app, LB011 when it is too large.
  package init(manifest bytes: [UInt8], to path: String) throws(Failure) {
    manifest = try BundleManifest(parsing: bytes, path: path)
    self.path = path
    var wanted: [OCIDescriptor] = []
    var total: Int64 = 0
    for descriptor in [manifest.config] + manifest.layers.dropLast().map(\.descriptor) {
      guard descriptor.size <= Int64(BundleLimits.layer) else { throw BundleReception.tooLarge("layer", path) }
      total += descriptor.size
      if !wanted.contains(where: { $0.digest == descriptor.digest }) { wanted.append(descriptor) }
    }
    guard total <= Int64(BundleLimits.layers), let last = manifest.layers.last?.descriptor,
      last.size <= BundleLimits.payload
    else { throw BundleReception.tooLarge("content", path) }
    self.wanted = wanted
    payload = last
  }

  /// - Parameters:
  ///   - small: the bytes of every `wanted` blob, checked against their digests.
  ///   - accept: called with the verified bundle before it takes the place of the file that is there; when it throws,
  ///     nothing of the bundle is kept and that file stays.
  ///   - models: called with the accepted bundle; gives the model files to put into the file, which makes it a fat one.
  ///   - fetch: writes the payload's bytes from `start` on to the descriptor at `offset`, and calls `there` with how many of
  ///     the payload are there; need not check them.
  /// - Returns: the bundle, verified.
  package func finish(
    small: [Digest: [UInt8]], accept: (Bundle) throws(Failure) -> Void = { _ throws(Failure) in },
    models: (Bundle) throws(Failure) -> [BundleWriter.ModelFile] = { _ throws(Failure) in [] },
    fetchPayload fetch: (
      _ descriptor: Int32, _ start: Int64, _ offset: Int64, _ there: @escaping (Int64) -> Void
    ) throws(Failure) -> Void
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
    let verification = try TrailingVerification(
      OpenFile(partial, shownAs: path), from: Int64(head.bytes.count), size: payload.size, digest: payload.digest)
    verification.advance(to: start)
    do throws(Failure) {
      try fetch(file.number, start, Int64(head.bytes.count) + start) { verification.advance(to: $0) }
    } catch let failure {
      verification.abandon()
      throw failure
    }
    let payloadEnd = Int64(head.bytes.count) + payload.size
    let end = payloadEnd + Int64(TarHeader.padding(after: payload.size))
    // What is beyond the payload is zeros, and nothing of an older, longer attempt.
    let problem =
      ftruncate(file.number, off_t(payloadEnd)) == 0
        && ftruncate(file.number, off_t(end) + 2 * off_t(TarHeader.blockSize)) == 0
        && fchmod(file.number, 0o644) == 0 ? 0 : errno
    let bundle: Bundle
    do throws(Failure) {
      try verification.finish()
      guard problem == 0 else { throw .system("truncate", path: partial, errno: problem) }
      bundle = try Bundle.openHead(try OpenFile(partial, shownAs: path))
      try accept(bundle)
    } catch let failure {
      // Damaged on its way: nothing of it is worth keeping.
      if failure.code.hasPrefix("LB") { try Files.remove(partial) }
      throw failure
    }
    let files = try BundleWriter.ordered(try models(bundle))
    if !files.isEmpty {
      try BundleWriter.seek(file.number, to: Int(end), path: partial)
      try BundleWriter.write(files, to: file, at: end, path: partial)
      try file.write(TarHeader.zeroBlock + TarHeader.zeroBlock, path: partial)
    }
    try file.synchronize(path: partial)
    try Files.move(partial, to: path)
    try Files.synchronizeDirectory(Files.parent(of: path))
    return bundle
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

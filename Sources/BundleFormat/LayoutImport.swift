internal import CanonicalJSON
package import Digests
internal import Glibc
package import SystemIO

extension BundleWriter {
  /// Makes a bundle file of an OCI image layout that other tools wrote: `skopeo copy … oci:DIRECTORY`.
  ///
  /// Such tools keep the blobs and write the index and the archive in their own way. The result has the bytes that
  /// `locara build` wrote.
  /// - Parameter layout: a directory with `index.json` and `blobs/sha256`, and exactly one locara app in it.
  /// - Returns: the digest of the OCI manifest.
  /// - Throws: LB001 when it is no layout or holds no locara app, and as `Bundle.open`.
  package static func archive(layout: String, to path: String) throws(Failure) -> Digest {
    let descriptor = try app(in: layout)
    let manifest = try BundleManifest(
      parsing: try blob(descriptor, in: layout, limit: BundleLimits.manifest, what: "manifest"), path: layout)
    let configBytes = try blob(manifest.config, in: layout, limit: BundleLimits.manifest, what: "config")
    let configuration = try BundleConfiguration(parsing: configBytes, path: layout)
    var contents: [LayerKind: [UInt8]] = [:]
    var total = 0
    for layer in manifest.layers.dropLast() {
      let bytes = try blob(layer.descriptor, in: layout, limit: BundleLimits.layer, what: layer.kind.title)
      total += bytes.count
      guard total <= BundleLimits.layers else { throw tooLarge("layers", path: layout) }
      contents[layer.kind] = bytes
    }
    try manifest.check(configuration, contents: contents, path: layout)
    guard let payload = manifest.layers.last?.descriptor, payload.size <= BundleLimits.payload else {
      throw tooLarge("payload", path: layout)
    }
    let head = BundleWriter.head(manifest, config: configBytes, contents: contents)
    try Files.replace(path) { (output, temporary) throws(Failure) in
      try output.write(head.bytes, path: temporary)
      let sink = OutputSink(writingTo: output.number, path: temporary)
      let source = "\(layout)/\(payload.blobPath)"
      try sink.copy(try FileDescriptor.open(source, O_RDONLY | O_NONBLOCK), size: payload.size, path: source)
      let found = try sink.finish()
      guard found == payload.digest else {
        throw .damaged("payload", expected: payload.digest, found: found, path: source)
      }
      let end = TarHeader.padding(after: payload.size) + 2 * TarHeader.blockSize
      try output.write([UInt8](repeating: 0, count: end), path: temporary)
      // The payload was copied, not looked into.
      _ = try Bundle.open(temporary)
    }
    return head.digest
  }

  /// The one locara app that the layout's index names. Other tools leave the artifact type out of the index.
  private static func app(in layout: String) throws(Failure) -> Descriptor {
    guard Files.isDirectory(layout) else { throw .notABundle("the layout is not a directory", path: layout) }
    let bytes = try Files.read("\(layout)/index.json", limit: BundleLimits.manifest)
    let json = try BundleJSON.parse(bytes, what: "index.json", path: layout)
    var found: [Descriptor] = []
    for element in json["manifests"]?.arrayValue ?? [] {
      let descriptor = try Descriptor(element, what: "index.json", path: layout)
      guard descriptor.mediaType == BundleManifest.manifestMediaType else { continue }
      let content = try blob(descriptor, in: layout, limit: BundleLimits.manifest, what: "manifest")
      let manifest = try BundleJSON.parse(content, what: "manifest", path: layout)
      guard manifest["artifactType"]?.stringValue == BundleManifest.artifactType else { continue }
      if !found.contains(where: { $0.digest == descriptor.digest }) { found.append(descriptor) }
    }
    guard let app = found.first, found.count == 1 else {
      throw .notABundle("the layout holds \(found.count) locara apps, expected one", path: layout)
    }
    return app
  }

  private static func blob(
    _ descriptor: Descriptor, in layout: String, limit: Int, what: String
  ) throws(Failure) -> [UInt8] {
    guard descriptor.size <= limit else { throw tooLarge(what, path: layout) }
    let path = "\(layout)/\(descriptor.blobPath)"
    let bytes = try Files.read(path, limit: limit)
    let found = Digest.of(bytes)
    guard Int64(bytes.count) == descriptor.size, found == descriptor.digest else {
      throw .damaged(what, expected: descriptor.digest, found: found, path: path)
    }
    return bytes
  }

  private static func tooLarge(_ what: String, path: String) -> Failure {
    Failure("LB011", "the bundle's \(what) is larger than what is accepted", path: path, help: Failure.getItAgain)
  }
}

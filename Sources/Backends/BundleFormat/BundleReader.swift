package import Digests
package import OCI
package import SystemIO

/// Everything of a bundle but its payload, verified.
package struct BundleHead: Sendable {
  /// Of the OCI manifest.
  package let digest: Digest
  let manifest: BundleManifest
  let configuration: BundleConfiguration
  /// The layers other than the payload.
  let contents: [LayerKind: [UInt8]]
  package let payload: OCIDescriptor
  /// Where the payload's first byte is in the file.
  package let payloadOffset: Int64

  /// Bytes of the whole file.
  var fileSize: Int64 {
    payloadOffset + payload.size + Int64(TarHeader.padding(after: payload.size)) + 2 * Int64(TarHeader.blockSize)
  }
}

/// Reads the head of a bundle from the start of its file.
///
/// The file has one form for given blobs. At each place the reader knows which header must stand there, makes it and
/// compares; contents are compared with the digests that lead to them. No byte of the head is left unchecked.
package struct BundleReader {
  private let window: InputWindow

  package init(_ file: OpenFile) {
    window = InputWindow(file, from: 0, length: file.size, hashing: false)
  }

  private var path: String { window.file.path }

  package func head() throws(Failure) -> BundleHead {
    guard window.length > 0 else { throw .notABundle("the file is empty", path: path) }
    try layoutFile()
    let descriptor = try index()
    let manifestBytes = try blob(descriptor, limit: BundleLimits.manifest, what: "manifest")
    let manifest = try BundleManifest(parsing: manifestBytes, path: path)
    var blobs = [descriptor.digest: manifestBytes]
    let configBytes = try blob(manifest.config, limit: BundleLimits.manifest, what: "config", known: &blobs)
    let configuration = try BundleConfiguration(parsing: configBytes, path: path)

    var contents: [LayerKind: [UInt8]] = [:]
    var total = 0
    for layer in manifest.layers.dropLast() {
      let bytes = try blob(layer.descriptor, limit: BundleLimits.layer, what: layer.kind.title, known: &blobs)
      total += bytes.count
      guard total <= BundleLimits.layers else {
        throw tooLarge("layers", Int64(total), limit: Int64(BundleLimits.layers))
      }
      contents[layer.kind] = bytes
    }
    try manifest.check(configuration, contents: contents, path: path)
    guard let payload = manifest.layers.last?.descriptor, blobs[payload.digest] == nil else {
      throw BundleJSON.malformed("manifest", "the payload is another blob as well", path: path)
    }
    guard payload.size <= BundleLimits.payload else {
      throw tooLarge("payload", payload.size, limit: BundleLimits.payload)
    }
    try header(payload.blobPath, size: payload.size, what: "payload")
    return BundleHead(
      digest: descriptor.digest, manifest: manifest, configuration: configuration, contents: contents,
      payload: payload, payloadOffset: window.position)
  }

  /// The first entry is the same in every bundle, so this is where files of other kinds are told apart.
  private func layoutFile() throws(Failure) {
    guard window.length >= TarHeader.blockSize else {
      throw .notABundle("the file has only \(window.length) bytes", path: path)
    }
    let expected = BundleWriter.header("oci-layout", size: Int64(BundleManifest.layoutFile.count))
    let block = try window.read(TarHeader.blockSize)
    if block != expected {
      do throws(TarProblem) {
        let raw = try RawTarHeader(block)
        guard raw.name == Array("oci-layout".utf8) else {
          throw TarProblem("a tar archive whose first file is not oci-layout")
        }
      } catch let problem {
        throw .notABundle(problem.text, path: path)
      }
      throw .notCanonical("the header of oci-layout is not in canonical form", path: path)
    }
    guard try content(Int64(BundleManifest.layoutFile.count), what: "oci-layout") == BundleManifest.layoutFile else {
      throw .notABundle("oci-layout is not of version 1.0.0", path: path)
    }
  }

  /// `index.json` is the one file whose size is believed, within a bound; its content then fixes its header.
  private func index() throws(Failure) -> OCIDescriptor {
    let block = try self.block("index.json")
    let size: Int64
    do throws(TarProblem) { size = try RawTarHeader(block).size } catch let problem {
      throw .notCanonical("the header of index.json is damaged: \(problem.text)", path: path)
    }
    guard size <= BundleLimits.index else { throw tooLarge("index.json", size, limit: Int64(BundleLimits.index)) }
    guard block == BundleWriter.header("index.json", size: size) else {
      throw .notCanonical("the header of index.json is not in canonical form", path: path)
    }
    return try BundleManifest.parse(index: try content(size, what: "index.json"), path: path)
  }

  private func blob(_ descriptor: OCIDescriptor, limit: Int, what: String) throws(Failure) -> [UInt8] {
    guard descriptor.size <= limit else { throw tooLarge(what, descriptor.size, limit: Int64(limit)) }
    try header(descriptor.blobPath, size: descriptor.size, what: what)
    let bytes = try content(descriptor.size, what: what)
    let found = Digest.of(bytes)
    guard found == descriptor.digest else {
      throw .damaged(what, expected: descriptor.digest, found: found, path: path)
    }
    return bytes
  }

  /// The same for a blob that may have come already.
  private func blob(
    _ descriptor: OCIDescriptor, limit: Int, what: String, known: inout [Digest: [UInt8]]
  ) throws(Failure) -> [UInt8] {
    if let bytes = known[descriptor.digest] {
      guard bytes.count == descriptor.size else {
        throw BundleJSON.malformed("manifest", "\(what) is said to have two sizes", path: path)
      }
      return bytes
    }
    let bytes = try blob(descriptor, limit: limit, what: what)
    known[descriptor.digest] = bytes
    return bytes
  }

  private func block(_ what: String) throws(Failure) -> [UInt8] {
    guard window.remaining >= TarHeader.blockSize else { throw endsBefore(what) }
    return try window.read(TarHeader.blockSize)
  }

  private func header(_ name: String, size: Int64, what: String) throws(Failure) {
    guard try block(what) == BundleWriter.header(name, size: size) else {
      throw .notCanonical("the header of the \(what) is not the one that belongs at its place", path: path)
    }
  }

  private func content(_ size: Int64, what: String) throws(Failure) -> [UInt8] {
    let padding = TarHeader.padding(after: size)
    guard window.remaining >= size + Int64(padding) else { throw endsBefore("end of the \(what)") }
    let bytes = try window.read(Int(size))
    guard try window.read(padding).allSatisfy({ $0 == 0 }) else {
      throw .notCanonical("the \(what) is not followed by zeros", path: path)
    }
    return bytes
  }

  private func endsBefore(_ what: String) -> Failure {
    .truncated("the bundle is truncated: its \(window.length) bytes end before the \(what)", path: path)
  }

  private func tooLarge(_ what: String, _ size: Int64, limit: Int64) -> Failure {
    Failure(
      "LB011", "the bundle's \(what) has \(size) bytes, and at most \(limit) are accepted", path: path,
      help: Failure.getItAgain)
  }
}

extension Failure {
  static func damaged(_ what: String, expected: Digest, found: Digest, path: String) -> Failure {
    Failure(
      "LB004", "the bundle's \(what) is damaged: expected \(expected), found \(found)", path: path,
      help: getItAgain)
  }
}

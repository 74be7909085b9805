// INVARIANT: this module turns an OCI image that others made into a directory: verified by digest, bounded, and never writing
// outside. It runs nothing of the image and knows no policy.

internal import CanonicalJSON
package import Digests
internal import Glibc
package import SystemIO

/// An image in an OCI image layout (image-spec 1.1) or a `docker`-like copy of it: a directory, or an archive of one.
package final class ImageLayout {
  private let directory: String
  /// Where an archive was unpacked; removed with the value.
  private let temporary: String?

  /// Bytes of a document of an image.
  private static let documentLimit = 8 << 20
  /// Uncompressed bytes of one layer, and of a layout's archive.
  private static let layerLimit: Int64 = 64 << 30
  private static let entryLimit = 1_000_000
  private static let mostLayers = 256

  /// - Throws: LB065 when it is no layout.
  package init(_ path: String) throws(Failure) {
    if Files.isDirectory(path) {
      directory = path
      temporary = nil
    } else {
      let unpacked = try Directories.createTemporary(in: Environment.temporaryDirectory)
      temporary = unpacked
      directory = unpacked
      do throws(Failure) { try ImageLayout.unpack(path, to: unpacked) } catch let failure {
        try? Directories.removeTree(unpacked)
        throw failure
      }
    }
    guard Files.exists("\(directory)/index.json") else {
      throw Failure(
        "LB065", "this is no OCI image layout: there is no index.json", path: path,
        help: "make one with `skopeo copy SOURCE oci:DIRECTORY`")
    }
  }

  deinit { if let temporary { try? Directories.removeTree(temporary) } }

  /// The digests of what the layout's index names, in its order.
  package func digests() throws(Failure) -> [Digest] {
    let index = try document(Files.read("\(directory)/index.json", limit: ImageLayout.documentLimit), "index.json")
    return (index["manifests"]?.arrayValue ?? []).compactMap { $0["digest"]?.stringValue.flatMap { Digest($0) } }
  }

  /// Unpacks the root file system of an image into an empty directory.
  ///
  /// - Parameters:
  ///   - digest: of the image's manifest, or of an index of several platforms.
  ///   - architecture: the image-spec's name of the platform to take of several: "amd64".
  /// - Throws: LB065 when the layout lacks a part or has one of another kind, LB066 when a layer is refused, LB004 when
  ///   something is damaged.
  package func unpack(_ digest: Digest, architecture: String, to root: String) throws(Failure) {
    let manifest = try manifest(digest, architecture: architecture)
    guard let layers = manifest["layers"]?.arrayValue, layers.count <= ImageLayout.mostLayers else {
      throw malformed("the manifest has no layers, or more than \(ImageLayout.mostLayers)")
    }
    guard let configDigest = manifest["config"]?["digest"]?.stringValue.flatMap({ Digest($0) }) else {
      throw malformed("the manifest has no config")
    }
    let config = try document(try blob(configDigest), "config")
    let contents = (config["rootfs"]?["diff_ids"]?.arrayValue ?? []).map { $0.stringValue.flatMap { Digest($0) } }
    guard contents.count == layers.count else { throw malformed("the config names other layers than the manifest") }
    if let platform = config["architecture"]?.stringValue, platform != architecture {
      throw Failure(
        "LB065", "the image is for \(platform), and this machine is \(architecture)", path: directory,
        help: "use the image of this architecture")
    }
    var extractor = try LayerExtractor(root: root)
    for (layer, expected) in zip(layers, contents) {
      guard let digest = layer["digest"]?.stringValue.flatMap({ Digest($0) }),
        let type = layer["mediaType"]?.stringValue
      else { throw malformed("a layer has no digest") }
      let isCompressed: Bool
      if type.hasSuffix("+gzip") || type.hasSuffix(".gzip") {
        isCompressed = true
      } else if type.hasSuffix(".tar") {
        isCompressed = false
      } else {
        throw Failure(
          "LB065", "a layer has the media type `\(type)`, which is not unpacked here", path: directory,
          help: "copy the image with `skopeo copy --dest-compress-format gzip`")
      }
      let stream = try LayerStream(path(of: digest), isCompressed: isCompressed, limit: ImageLayout.layerLimit)
      var archive = TarStream(stream, limit: ImageLayout.entryLimit)
      try extractor.apply(&archive)
      let found = try stream.finish()
      guard found.file == digest, found.content == expected else {
        throw Failure(
          "LB004", "a layer of the image is damaged: expected \(digest), found \(found.file)", path: directory,
          help: "get the image again")
      }
    }
  }

  private func manifest(_ digest: Digest, architecture: String) throws(Failure) -> JSON {
    let json = try document(try blob(digest), "manifest")
    guard let list = json["manifests"]?.arrayValue else { return json }
    let fitting = list.first {
      $0["platform"]?["architecture"]?.stringValue == architecture && $0["platform"]?["os"]?.stringValue == "linux"
    }
    guard let chosen = fitting?["digest"]?.stringValue.flatMap({ Digest($0) }) else {
      throw malformed("the index has no image for linux on \(architecture)")
    }
    return try document(try blob(chosen), "manifest")
  }

  private func path(of digest: Digest) -> String { "\(directory)/blobs/sha256/\(digest.hexadecimal)" }

  /// A small blob, verified.
  private func blob(_ digest: Digest) throws(Failure) -> [UInt8] {
    guard Files.exists(path(of: digest)) else {
      throw Failure(
        "LB065", "the layout has no blob \(digest)", path: directory, help: "copy the whole image with `skopeo copy`")
    }
    let bytes = try Files.read(path(of: digest), limit: ImageLayout.documentLimit)
    guard Digest.of(bytes) == digest else {
      throw Failure(
        "LB004", "the blob is damaged: expected \(digest), found \(Digest.of(bytes))", path: directory,
        help: "get the image again")
    }
    return bytes
  }

  private func document(_ bytes: [UInt8], _ what: String) throws(Failure) -> JSON {
    do throws(JSONError) {
      return try JSON(
        parsing: bytes, limits: JSONLimits(bytes: ImageLayout.documentLimit, depth: 32, values: 200_000))
    } catch let error {
      throw malformed("\(what): \(error)")
    }
  }

  private func malformed(_ problem: String) -> Failure {
    Failure("LB065", "the image is malformed: \(problem)", path: directory, help: "get the image again")
  }

  /// An archive of a layout, as `skopeo copy … oci-archive:FILE` writes it.
  private static func unpack(_ path: String, to directory: String) throws(Failure) {
    let stream = try LayerStream(path, isCompressed: false, limit: layerLimit)
    var archive = TarStream(stream, limit: entryLimit)
    while let entry = try archive.next() {
      switch entry.kind {
      case .file(let size):
        let isPart = entry.path == "index.json" || entry.path == "oci-layout" || isBlob(entry.path)
        guard isPart else {
          try archive.content(size) { _ throws(Failure) in }
          continue
        }
        let target = "\(directory)/\(entry.path)"
        try Directories.create(Files.parent(of: target))
        let file = try FileDescriptor.open(target, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW)
        try archive.content(size) { (piece) throws(Failure) in try file.write(piece, path: target) }
      case .directory: continue
      default: throw archive.refused("a layout has files and directories only")
      }
    }
  }

  private static func isBlob(_ path: String) -> Bool {
    path.hasPrefix("blobs/sha256/") && Digest(hexadecimal: path.dropFirst("blobs/sha256/".utf8.count)) != nil
  }
}

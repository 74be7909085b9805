internal import CanonicalJSON
internal import Digests
internal import SystemIO

/// An OCI content descriptor, image-spec 1.1, `descriptor.md`: what a blob is, and which bytes it has.
struct Descriptor: Hashable, Sendable {
  var mediaType: String
  var digest: Digest
  var size: Int64
  var artifactType: String?
  var annotations: [String: String] = [:]

  var json: JSON {
    var members: [String: JSON] = [
      "mediaType": .string(mediaType), "digest": .string(digest.description), "size": .integer(size),
    ]
    if let artifactType { members["artifactType"] = .string(artifactType) }
    if !annotations.isEmpty { members["annotations"] = .object(annotations.mapValues(JSON.string)) }
    return .object(members)
  }

  init(mediaType: String, digest: Digest, size: Int64, artifactType: String? = nil, annotations: [String: String] = [:])
  {
    self.mediaType = mediaType
    self.digest = digest
    self.size = size
    self.artifactType = artifactType
    self.annotations = annotations
  }

  /// - Parameter what: the document that holds the descriptor, for messages.
  init(_ json: JSON?, what: String, path: String) throws(Failure) {
    guard let mediaType = json?["mediaType"]?.stringValue,
      let digest = json?["digest"]?.stringValue.flatMap({ Digest($0) }),
      let size = json?["size"]?.integerValue, size >= 0
    else {
      throw BundleJSON.malformed(what, "a descriptor needs `mediaType`, a sha256 `digest` and `size`", path: path)
    }
    self.init(mediaType: mediaType, digest: digest, size: size, artifactType: json?["artifactType"]?.stringValue)
    for (key, value) in json?["annotations"]?.objectValue ?? [:] {
      guard let text = value.stringValue else {
        throw BundleJSON.malformed(what, "an annotation is not a string", path: path)
      }
      annotations[key] = text
    }
  }

  /// Where the blob is in an OCI image layout.
  var blobPath: String { "blobs/sha256/\(digest.hexadecimal)" }
}

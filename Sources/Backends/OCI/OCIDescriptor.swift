// INVARIANT: this module is what the OCI image specification says of content, as values. It reads no file and asks no network.

package import CanonicalJSON
package import Digests

/// An OCI content descriptor, image-spec 1.1, `descriptor.md`: what a blob is, and which bytes it has.
package struct OCIDescriptor: Hashable, Sendable {
  package var mediaType: String
  package var digest: Digest
  /// Bytes.
  package var size: Int64
  package var artifactType: String?
  package var annotations: [String: String]
  /// Where else the content can be had.
  package var urls: [String]

  package init(
    mediaType: String, digest: Digest, size: Int64, artifactType: String? = nil, annotations: [String: String] = [:],
    urls: [String] = []
  ) {
    self.mediaType = mediaType
    self.digest = digest
    self.size = size
    self.artifactType = artifactType
    self.annotations = annotations
    self.urls = urls
  }

  /// The descriptor of `bytes`.
  package init(of bytes: [UInt8], mediaType: String, annotations: [String: String] = [:]) {
    self.init(mediaType: mediaType, digest: Digest.of(bytes), size: Int64(bytes.count), annotations: annotations)
  }

  /// Why something is no descriptor; one clause, no full stop.
  package struct Problem: Error, Hashable, Sendable, CustomStringConvertible {
    package let description: String
  }

  /// Members that are not known are ignored, as the specification asks.
  package init(_ json: JSON?) throws(Problem) {
    guard let mediaType = json?["mediaType"]?.stringValue,
      let digest = json?["digest"]?.stringValue.flatMap({ Digest($0) }),
      let size = json?["size"]?.integerValue, size >= 0
    else { throw Problem(description: "a descriptor needs `mediaType`, a sha256 `digest` and a `size`") }
    self.init(mediaType: mediaType, digest: digest, size: size, artifactType: json?["artifactType"]?.stringValue)
    for (key, value) in json?["annotations"]?.objectValue ?? [:] {
      guard let text = value.stringValue else { throw Problem(description: "an annotation is not a string") }
      annotations[key] = text
    }
    urls = json?["urls"]?.arrayValue?.compactMap(\.stringValue) ?? []
  }

  package var json: JSON {
    var members: [String: JSON] = [
      "mediaType": .string(mediaType), "digest": .string(digest.description), "size": .integer(size),
    ]
    if let artifactType { members["artifactType"] = .string(artifactType) }
    if !annotations.isEmpty { members["annotations"] = .object(annotations.mapValues(JSON.string)) }
    if !urls.isEmpty { members["urls"] = .array(urls.map(JSON.string)) }
    return .object(members)
  }

  /// Where the blob is in an OCI image layout.
  package var blobPath: String { "blobs/sha256/\(digest.hexadecimal)" }
}

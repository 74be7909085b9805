package import CanonicalJSON
package import Digests
package import SystemIO

/// An OCI content descriptor, image-spec 1.1, `descriptor.md`.
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
    self.init(
      mediaType: mediaType, digest: Digest.of(bytes), size: Int64(bytes.count), annotations: annotations)
  }

  /// - Throws: LB081 when it is malformed. Members that are not known are ignored, as the specification asks.
  package init(_ json: JSON?, path: String) throws(Failure) {
    guard let mediaType = json?["mediaType"]?.stringValue,
      let digest = json?["digest"]?.stringValue.flatMap({ Digest($0) }),
      let size = json?["size"]?.integerValue, size >= 0
    else {
      throw OCIDocument.malformed("a descriptor needs `mediaType`, a sha256 `digest` and a `size`", path: path)
    }
    self.init(mediaType: mediaType, digest: digest, size: size, artifactType: json?["artifactType"]?.stringValue)
    for (key, value) in json?["annotations"]?.objectValue ?? [:] { annotations[key] = value.stringValue }
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
}

/// The parts of an OCI image manifest that carrying it needs, image-spec 1.1, `manifest.md`.
package struct OCIDocument: Hashable, Sendable {
  package static let manifestType = "application/vnd.oci.image.manifest.v1+json"
  package static let indexType = "application/vnd.oci.image.index.v1+json"
  /// The config of an artifact that has none: `{}`.
  package static let empty = OCIDescriptor(of: Array("{}".utf8), mediaType: "application/vnd.oci.empty.v1+json")
  /// Bytes that a manifest or index may have at the most; registries must take 4 MiB.
  package static let limit = 4 << 20

  package let bytes: [UInt8]
  package let descriptor: OCIDescriptor
  /// Config and layers, in order; for an index the manifests.
  package let contents: [OCIDescriptor]
  package let subject: OCIDescriptor?

  package var isIndex: Bool { descriptor.mediaType == OCIDocument.indexType }

  /// - Throws: LB081 when it is malformed.
  package init(parsing bytes: [UInt8], path: String) throws(Failure) {
    let json: JSON
    do throws(JSONError) {
      json = try JSON(parsing: bytes, limits: JSONLimits(bytes: OCIDocument.limit, depth: 16, values: 100_000))
    } catch let error { throw OCIDocument.malformed("\(error)", path: path) }
    let type =
      json["mediaType"]?.stringValue ?? (json["manifests"] == nil ? OCIDocument.manifestType : OCIDocument.indexType)
    self.bytes = bytes
    var descriptor = OCIDescriptor(of: bytes, mediaType: type)
    descriptor.artifactType = json["artifactType"]?.stringValue ?? json["config"]?["mediaType"]?.stringValue
    for (key, value) in json["annotations"]?.objectValue ?? [:] { descriptor.annotations[key] = value.stringValue }
    self.descriptor = descriptor
    var contents: [OCIDescriptor] = []
    if type == OCIDocument.indexType {
      for element in json["manifests"]?.arrayValue ?? [] { contents.append(try OCIDescriptor(element, path: path)) }
    } else {
      guard type == OCIDocument.manifestType || type == "application/vnd.docker.distribution.manifest.v2+json" else {
        throw OCIDocument.malformed("documents of type \(type.prefix(80)) are not known", path: path)
      }
      contents.append(try OCIDescriptor(json["config"], path: path))
      for element in json["layers"]?.arrayValue ?? [] { contents.append(try OCIDescriptor(element, path: path)) }
    }
    self.contents = contents
    subject = try json["subject"].map { value throws(Failure) in try OCIDescriptor(value, path: path) }
  }

  /// A manifest that carries files about `subject`: what registries call a referrer.
  ///
  /// - Parameter type: what the artifact is, a media type.
  package static func referrer(
    to subject: OCIDescriptor, type: String, layers: [OCIDescriptor], annotations: [String: String] = [:]
  ) throws(Failure) -> OCIDocument {
    var plain = subject
    plain.annotations = [:]
    plain.artifactType = nil
    var members: [String: JSON] = [
      "schemaVersion": 2, "mediaType": .string(manifestType), "artifactType": .string(type), "config": empty.json,
      "layers": .array(layers.map(\.json)), "subject": plain.json,
    ]
    if !annotations.isEmpty { members["annotations"] = .object(annotations.mapValues(JSON.string)) }
    return try OCIDocument(parsing: JSON.object(members).canonicalBytes, path: type)
  }

  /// An index of `manifests`, as the fallback tag of referrers points at.
  package static func index(of manifests: [OCIDescriptor]) -> [UInt8] {
    let document: JSON = [
      "schemaVersion": 2, "mediaType": .string(indexType), "manifests": .array(manifests.map(\.json)),
    ]
    return document.canonicalBytes
  }

  static func malformed(_ problem: String, path: String) -> Failure {
    Failure(
      "LB081", "an OCI document is malformed: \(problem)", path: path,
      help: "the registry or the tool that wrote it is at fault; push the artifact again")
  }
}

internal import CanonicalJSON
internal import Digests
package import OCI
package import SystemIO

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
      for element in json["manifests"]?.arrayValue ?? [] {
        contents.append(try OCIDocument.descriptor(element, path: path))
      }
    } else {
      guard type == OCIDocument.manifestType || type == "application/vnd.docker.distribution.manifest.v2+json" else {
        throw OCIDocument.malformed("documents of type \(type.prefix(80)) are not known", path: path)
      }
      contents.append(try OCIDocument.descriptor(json["config"], path: path))
      for element in json["layers"]?.arrayValue ?? [] {
        contents.append(try OCIDocument.descriptor(element, path: path))
      }
    }
    self.contents = contents
    subject = try json["subject"].map { value throws(Failure) in try OCIDocument.descriptor(value, path: path) }
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

  private static func descriptor(_ json: JSON?, path: String) throws(Failure) -> OCIDescriptor {
    do throws(OCIDescriptor.Problem) { return try OCIDescriptor(json) } catch let problem {
      throw malformed(problem.description, path: path)
    }
  }

  static func malformed(_ problem: String, path: String) -> Failure {
    Failure(
      "LB081", "an OCI document is malformed: \(problem)", path: path,
      help: "the registry or the tool that wrote it is at fault; push the artifact again")
  }
}

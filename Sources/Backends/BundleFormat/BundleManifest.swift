internal import CanonicalJSON
internal import Digests
internal import OCI
internal import SystemIO

/// The OCI documents of a bundle: the layout file, the index and the manifest, image-spec 1.1.
///
/// Each has one encoding. A reader parses, encodes again and compares, so that nothing unknown passes unseen.
struct BundleManifest: Hashable, Sendable {
  static let artifactType = "application/vnd.locara.app.v1"
  static let configMediaType = "application/vnd.locara.config.v1+json"
  static let manifestMediaType = "application/vnd.oci.image.manifest.v1+json"
  static let indexMediaType = "application/vnd.oci.image.index.v1+json"
  static let layoutFile: [UInt8] = (["imageLayoutVersion": "1.0.0"] as JSON).canonicalBytes

  var config: OCIDescriptor
  /// In the order of `LayerKind`, without repetition.
  var layers: [Layer]

  struct Layer: Hashable, Sendable {
    var kind: LayerKind
    var descriptor: OCIDescriptor
  }

  init(config: OCIDescriptor, layers: [Layer]) {
    self.config = config
    self.layers = layers
  }

  var bytes: [UInt8] {
    let document: JSON = [
      "schemaVersion": 2,
      "mediaType": .string(BundleManifest.manifestMediaType),
      "artifactType": .string(BundleManifest.artifactType),
      "config": config.json,
      "layers": .array(layers.map(\.descriptor.json)),
    ]
    return document.canonicalBytes
  }

  /// `index.json` of a layout that holds this manifest and nothing else.
  static func index(of manifest: OCIDescriptor) -> [UInt8] {
    let document: JSON = [
      "schemaVersion": 2, "mediaType": .string(indexMediaType), "manifests": [manifest.json],
    ]
    return document.canonicalBytes
  }

  static func descriptor(of bytes: [UInt8]) -> OCIDescriptor {
    OCIDescriptor(
      mediaType: manifestMediaType, digest: Digest.of(bytes), size: Int64(bytes.count), artifactType: artifactType)
  }

  /// Reads `index.json`: the descriptor of the one manifest.
  static func parse(index bytes: [UInt8], path: String) throws(Failure) -> OCIDescriptor {
    let json = try BundleJSON.parse(bytes, what: "index.json", path: path)
    guard let manifests = json["manifests"]?.arrayValue else {
      throw BundleJSON.malformed("index.json", "`manifests` is missing", path: path)
    }
    guard manifests.count == 1 else {
      throw BundleJSON.malformed("index.json", "expected one manifest, found \(manifests.count)", path: path)
    }
    let descriptor = try descriptor(manifests[0], what: "index.json", path: path)
    try check(artifactType: descriptor.artifactType, path: path)
    guard index(of: descriptor) == bytes, descriptor.mediaType == manifestMediaType, descriptor.annotations.isEmpty
    else { throw BundleJSON.malformed("index.json", "it is not in the form that `locara build` writes", path: path) }
    return descriptor
  }

  init(parsing bytes: [UInt8], path: String) throws(Failure) {
    let json = try BundleJSON.parse(bytes, what: "manifest", path: path)
    try BundleManifest.check(artifactType: json["artifactType"]?.stringValue, path: path)
    config = try BundleManifest.descriptor(json["config"], what: "manifest", path: path)
    guard config.mediaType == BundleManifest.configMediaType else {
      throw BundleJSON.malformed("manifest", "the config has media type \(config.mediaType)", path: path)
    }
    layers = []
    for element in json["layers"]?.arrayValue ?? [] {
      let descriptor = try BundleManifest.descriptor(element, what: "manifest", path: path)
      let kind = LayerKind.all.first {
        $0.mediaType == descriptor.mediaType && $0.annotations == descriptor.annotations
      }
      guard let kind else {
        throw BundleJSON.malformed("manifest", "no layer of type \(descriptor.mediaType) is known", path: path)
      }
      if let last = layers.last?.kind, last >= kind {
        throw BundleJSON.malformed("manifest", "layer \(kind.title) is repeated or out of order", path: path)
      }
      layers.append(Layer(kind: kind, descriptor: descriptor))
    }
    guard layers.last?.kind == .payload else {
      throw BundleJSON.malformed("manifest", "there is no payload", path: path)
    }
    guard self.bytes == bytes else {
      throw BundleJSON.malformed("manifest", "it is not in canonical form, or has keys that are not known", path: path)
    }
  }

  /// - Parameter what: the document that holds the descriptor, for messages.
  private static func descriptor(_ json: JSON?, what: String, path: String) throws(Failure) -> OCIDescriptor {
    let descriptor: OCIDescriptor
    do throws(OCIDescriptor.Problem) { descriptor = try OCIDescriptor(json) } catch let problem {
      throw BundleJSON.malformed(what, problem.description, path: path)
    }
    guard descriptor.urls.isEmpty else {
      throw BundleJSON.malformed(what, "it is not in canonical form: a blob of a bundle has no other place", path: path)
    }
    return descriptor
  }

  private static func check(artifactType: String?, path: String) throws(Failure) {
    guard let artifactType else { throw .notABundle("an OCI layout without an artifact type", path: path) }
    if artifactType == BundleManifest.artifactType { return }
    if artifactType.hasPrefix("application/vnd.locara.app.") {
      throw .unknownVersion("artifact type \(printable(artifactType))", path: path)
    }
    throw Failure(
      "LB005",
      "not a locara app: expected artifact type \(BundleManifest.artifactType), found \(printable(artifactType))",
      path: path, help: "a bundle is the .locapp file that `locara build` writes")
  }
}

/// Text from outside, fit for a message: printable ASCII, 80 characters at the most.
func printable(_ text: String) -> String {
  let shown = text.unicodeScalars.prefix(80).map { (0x20..<0x7F).contains($0.value) ? Character($0) : "?" }
  return String(shown) + (text.unicodeScalars.count > 80 ? "..." : "")
}

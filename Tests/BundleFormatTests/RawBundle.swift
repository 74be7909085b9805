import BundleFormat
import CanonicalJSON
import Digests
import TestSupport

/// A bundle whose every part can be replaced, with digests and sizes that fit what was put in. Shares nothing with the
/// writer under test but the JSON writer and SHA-256.
struct RawBundle {
  struct Layer {
    var mediaType: String
    var annotations: [String: JSON]
    var bytes: [UInt8]
    /// Replaces members of the descriptor.
    var descriptor: [String: JSON] = [:]
    /// What stands in the archive, when it is not `bytes`.
    var stored: [UInt8]?
  }

  var layout = Array("{\"imageLayoutVersion\":\"1.0.0\"}".utf8)
  var config: [String: JSON] = [
    "architectures": ["x86_64"], "compiler": "locara 0.1.0", "displayName": "Hello", "formatVersion": 1,
    "fullyLocal": true, "hermetic": false, "name": "hello", "publisher": "acme", "version": "0.1.0",
  ]
  var configBytes: [UInt8]?
  var configDescriptor: [String: JSON] = [:]
  var layers: [Layer]
  var manifest: [String: JSON] = [:]
  var manifestBytes: [UInt8]?
  var manifestDescriptor: [String: JSON] = [:]
  var index: [String: JSON] = [:]
  var indexBytes: [UInt8]?
  /// Changes the entries of the archive at the end.
  var entries: (inout [RawEntry]) -> Void = { _ in }
  var end = endOfArchive

  init(payload: [UInt8] = endOfArchive) {
    func layer(_ kind: LayerKind, _ text: String) -> Layer { RawBundle.layer(kind, Array(text.utf8)) }
    layers = [
      layer(.policy, "{}"), layer(.plan, "{\"a\":1}"),
      RawBundle.layer(.seccompFilter(.x86_64), [6, 0, 0, 0, 0, 0, 0, 0]),
      RawBundle.layer(.payload, payload),
    ]
  }

  static func layer(_ kind: LayerKind, _ bytes: [UInt8]) -> Layer {
    var annotations: [String: JSON] = ["org.opencontainers.image.title": .string(kind.title)]
    if let architecture = kind.architecture { annotations["dev.locara.architecture"] = .string(architecture.rawValue) }
    return Layer(mediaType: kind.mediaType, annotations: annotations, bytes: bytes)
  }

  func with(_ change: (inout RawBundle) -> Void) -> RawBundle {
    var copy = self
    change(&copy)
    return copy
  }

  var bytes: [UInt8] {
    func descriptor(_ type: String, _ bytes: [UInt8], _ changes: [String: JSON]) -> [String: JSON] {
      var members: [String: JSON] = [
        "mediaType": .string(type), "digest": .string(Digest.of(bytes).description),
        "size": .integer(Int64(bytes.count)),
      ]
      members.merge(changes) { $1 }
      return members.filter { $0.value != .null }
    }
    var config = self.config
    let policy = layers.first { $0.mediaType == LayerKind.policy.mediaType }?.bytes ?? []
    let plan = layers.first { $0.mediaType == LayerKind.plan.mediaType }?.bytes ?? []
    config["policy"] = config["policy"] ?? .string(Digest.of(policy).description)
    config["plan"] = config["plan"] ?? .string(Digest.of(plan).description)
    let configBytes = self.configBytes ?? JSON.object(config.filter { $0.value != .null }).canonicalBytes
    var manifest: [String: JSON] = [
      "schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json",
      "artifactType": "application/vnd.locara.app.v1",
      "config": .object(descriptor("application/vnd.locara.config.v1+json", configBytes, configDescriptor)),
      "layers": .array(
        layers.map { layer in
          var changes = layer.descriptor
          changes["annotations"] = changes["annotations"] ?? .object(layer.annotations)
          return .object(descriptor(layer.mediaType, layer.bytes, changes))
        }),
    ]
    manifest.merge(self.manifest) { $1 }
    let manifestBytes = self.manifestBytes ?? JSON.object(manifest.filter { $0.value != .null }).canonicalBytes
    var changes = manifestDescriptor
    changes["artifactType"] = changes["artifactType"] ?? "application/vnd.locara.app.v1"
    var index: [String: JSON] = [
      "schemaVersion": 2, "mediaType": "application/vnd.oci.image.index.v1+json",
      "manifests": [.object(descriptor("application/vnd.oci.image.manifest.v1+json", manifestBytes, changes))],
    ]
    index.merge(self.index) { $1 }
    let indexBytes = self.indexBytes ?? JSON.object(index.filter { $0.value != .null }).canonicalBytes

    func blob(_ bytes: [UInt8], stored: [UInt8]? = nil) -> RawEntry {
      .file("blobs/sha256/\(Digest.of(bytes).hexadecimal)", stored ?? bytes)
    }
    var list: [RawEntry] = [
      .file("oci-layout", layout), .file("index.json", indexBytes), blob(manifestBytes), blob(configBytes),
    ]
    list += layers.map { blob($0.bytes, stored: $0.stored) }
    entries(&list)
    return archive(list, end: end)
  }
}

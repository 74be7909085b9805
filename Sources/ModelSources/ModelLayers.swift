internal import CanonicalJSON
internal import Digests

/// The files of a model's OCI manifest: a CNCF ModelPack, or a model as Docker and Ollama keep them.
struct ModelLayers {
  struct Layer: Hashable, Sendable {
    /// What the file is called: the layer's own annotation, or a name that follows from its media type.
    var path: String
    var digest: Digest
    /// Bytes.
    var size: Int64
    /// An archive, from which single files are not taken.
    var isArchive: Bool
  }

  let layers: [Layer]
  /// SPDX id that the configuration states, where it lies in the manifest.
  let license: String?

  /// Names for layers that have none of their own.
  private static let names = [
    "application/vnd.ollama.image.model": "model.gguf", "application/vnd.ollama.image.projector": "projector.gguf",
    "application/vnd.ollama.image.adapter": "adapter.gguf", "application/vnd.ollama.image.template": "template",
    "application/vnd.ollama.image.system": "system", "application/vnd.ollama.image.params": "params.json",
    "application/vnd.ollama.image.license": "license", "application/vnd.docker.ai.gguf.v3": "model.gguf",
    "application/vnd.docker.ai.mmproj": "mmproj.gguf", "application/vnd.docker.ai.license": "license",
    "application/vnd.docker.ai.chat.template.jinja": "chat_template.jinja",
  ]

  static let limit = 4 << 20

  /// Nil for what is no manifest of a model.
  init?(_ bytes: [UInt8]) {
    let limits = JSONLimits(bytes: ModelLayers.limit, depth: 16, values: 100_000)
    guard let json = try? JSON(parsing: bytes, limits: limits), json["schemaVersion"]?.integerValue == 2,
      let list = json["layers"]?.arrayValue, !list.isEmpty
    else { return nil }
    var layers: [Layer] = []
    for element in list {
      guard let type = element["mediaType"]?.stringValue, let text = element["digest"]?.stringValue,
        let digest = Digest(text), let size = element["size"]?.integerValue, size >= 0
      else { return nil }
      let annotations = element["annotations"]
      let stated =
        annotations?["org.cncf.model.filepath"]?.stringValue
        ?? annotations?["org.opencontainers.image.title"]?.stringValue
      // A media type may have parameters and a suffix of the specification's version.
      let bare = String(type.prefix { $0 != ";" })
      guard let path = stated ?? ModelLayers.names[bare] else { continue }
      layers.append(
        Layer(
          path: path, digest: digest, size: size,
          isArchive: bare.hasSuffix(".tar") || bare.hasSuffix(".tar+gzip") || bare.hasSuffix(".tar+zstd")))
    }
    self.layers = layers
    license = json["annotations"]?["org.opencontainers.image.licenses"]?.stringValue
  }
}

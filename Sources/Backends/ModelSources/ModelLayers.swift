internal import Digests
internal import Distribution
internal import OCI

/// The files of a model's OCI manifest: a CNCF ModelPack, or a model as Docker and Ollama keep them.
enum ModelLayers {
  struct Layer: Hashable, Sendable {
    /// What the file is called: the layer's own annotation, or a name that follows from its media type.
    var path: String
    var digest: Digest
    /// Bytes.
    var size: Int64
    /// An archive, from which single files are not taken.
    var isArchive: Bool
  }

  /// Names for layers that have none of their own.
  private static let names = [
    "application/vnd.ollama.image.model": "model.gguf", "application/vnd.ollama.image.projector": "projector.gguf",
    "application/vnd.ollama.image.adapter": "adapter.gguf", "application/vnd.ollama.image.template": "template",
    "application/vnd.ollama.image.system": "system", "application/vnd.ollama.image.params": "params.json",
    "application/vnd.ollama.image.license": "license", "application/vnd.docker.ai.gguf.v3": "model.gguf",
    "application/vnd.docker.ai.mmproj": "mmproj.gguf", "application/vnd.docker.ai.license": "license",
    "application/vnd.docker.ai.chat.template.jinja": "chat_template.jinja",
  ]

  /// The layers that have a name, in the manifest's order.
  static func layers(of manifest: OCIDocument) -> [Layer] {
    manifest.contents.dropFirst().compactMap { layer in
      let stated = layer.annotations["org.cncf.model.filepath"] ?? layer.annotations["org.opencontainers.image.title"]
      // A media type may have parameters.
      let type = String(layer.mediaType.prefix { $0 != ";" })
      guard let path = stated ?? names[type] else { return nil }
      return Layer(
        path: path, digest: layer.digest, size: layer.size,
        isArchive: [".tar", ".tar+gzip", ".tar+zstd"].contains { type.hasSuffix($0) })
    }
  }
}

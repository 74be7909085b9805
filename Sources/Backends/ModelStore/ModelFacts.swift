package import CanonicalJSON
package import Digests

/// What a weights file says about its model, read from its header. Nothing here is trusted to be true; it is recorded
/// so that a person, and the checks of a manifest, can see it without the file.
package struct ModelFacts: Hashable, Sendable {
  package enum Format: String, Hashable, Sendable { case safetensors, gguf, onnx }

  package var format: Format
  /// The architecture's own name, such as `llama`; nil when the header does not say.
  package var architecture: String?
  /// Number of weights.
  package var parameters: Int64?
  /// Length of the vectors that the model works with, and that an embedding has.
  package var dimension: Int64?
  /// The most tokens.
  package var contextLength: Int64?
  /// The type of most weights, in the format's own words: `F32`, `Q4_K`.
  package var quantization: String?
  /// The kind of tokenizer that the file carries, in the format's own words, such as `gpt2`.
  package var tokenizer: String?
  /// Of the chat template, which is a program.
  package var chatTemplate: Digest?
  /// The license that the file claims.
  package var license: String?

  package init(
    format: Format, architecture: String? = nil, parameters: Int64? = nil, dimension: Int64? = nil,
    contextLength: Int64? = nil, quantization: String? = nil,
    tokenizer: String? = nil, chatTemplate: Digest? = nil, license: String? = nil
  ) {
    self.format = format
    self.architecture = architecture
    self.parameters = parameters
    self.dimension = dimension
    self.contextLength = contextLength
    self.quantization = quantization
    self.tokenizer = tokenizer
    self.chatTemplate = chatTemplate
    self.license = license
  }

  package var json: JSON {
    var members: [String: JSON] = ["format": .string(format.rawValue)]
    members["architecture"] = architecture.map(JSON.string)
    members["parameters"] = parameters.map(JSON.integer)
    members["dimension"] = dimension.map(JSON.integer)
    members["contextLength"] = contextLength.map(JSON.integer)
    members["quantization"] = quantization.map(JSON.string)
    members["tokenizer"] = tokenizer.map(JSON.string)
    members["chatTemplate"] = chatTemplate.map { .string($0.description) }
    members["license"] = license.map(JSON.string)
    return .object(members)
  }
}

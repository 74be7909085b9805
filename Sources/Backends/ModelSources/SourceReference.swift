// INVARIANT: this module finds the bytes of models: on hubs, web servers, registries, and in the stores of other tools.
// Nothing it finds is believed: what goes into the store was hashed here. Tokens go to the hub they are for.

package import PolicyIR

/// What the `source` and `revision` of a model say.
package enum SourceReference: Hashable, Sendable {
  /// `hf:ORG/NAME`.
  case hub(repository: String, revision: String)
  /// `https://…`.
  case web(url: String)
  /// `file:PATH`.
  case file(path: String)
  /// `oci:REGISTRY/NAME@sha256:HEX`.
  case registry(host: String, name: String, digest: String)
  /// A model that is known by its bytes alone.
  case none

  package init(source: String, revision: String) {
    if source.hasPrefix("hf:") {
      self = .hub(repository: String(source.dropFirst(3)), revision: revision)
    } else if source.hasPrefix("https://") {
      self = .web(url: source)
    } else if source.hasPrefix("file:") {
      self = .file(path: String(source.dropFirst(5)))
    } else if source.hasPrefix("oci:"), let slash = source.firstIndex(of: "/") {
      let host = source[source.index(source.startIndex, offsetBy: 4)..<slash]
      self = .registry(host: String(host), name: String(source[source.index(after: slash)...]), digest: revision)
    } else {
      self = .none
    }
  }

  /// Where everybody can get a file of the model by HTTP; nil when the source says nothing of the kind.
  package func address(of file: String) -> String? {
    switch self {
    case .hub(let repository, let commit) where isCommit(commit):
      HuggingFaceHub.url(SourceReference.hub, repository, commit: commit, path: file)
    case .web(let url): ModelFetcher.url(url, file: file)
    default: nil
    }
  }

  /// The hub that `hf:` means.
  static let hub = "https://huggingface.co"

  package init(_ pin: ModelPin) { self.init(source: pin.source, revision: pin.revision) }
}

/// Whether a text is a commit of git: 40 lower-case hexadecimal digits.
package func isCommit(_ text: String) -> Bool { text.utf8.count == 40 && isHexadecimal(text) }

func isHexadecimal(_ text: some StringProtocol) -> Bool {
  text.utf8.allSatisfy { (0x30...0x39).contains($0) || (0x61...0x66).contains($0) }
}

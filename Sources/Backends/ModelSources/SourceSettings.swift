package import Distribution
package import SystemIO
package import Transfer

/// Where this user's sources are: the hub with its token, mirrors, and the stores of other tools.
package struct SourceSettings: Sendable {
  /// Nothing is asked of a network.
  package var isOffline = false
  /// The Hugging Face hub: `HF_ENDPOINT`, without a slash at its end.
  package var endpoint: String
  /// For `endpoint` only.
  package var token: String?
  /// Servers of the hub's files that are asked first. They get no token, and nothing they send is believed.
  package var mirrors: [String] = []
  /// Directories as `huggingface_hub` keeps them, of which the first that has a file counts.
  package var hubCaches: [String] = []
  /// Directories as Ollama keeps them.
  package var ollamaStores: [String] = []
  /// For registries, each for its own.
  package var registryCredentials = RegistryCredentials(files: [])
  package var patience = Patience.ofUser
  /// The `User-Agent` field.
  package var agent: String

  /// Only a hub; no token, nothing local.
  package init(endpoint: String = "https://huggingface.co", agent: String) {
    self.endpoint = endpoint
    self.agent = agent
  }

  /// From the environment: the variables of `huggingface_hub` and Ollama, the credentials of container tools, `LOCARA_OFFLINE`, `LOCARA_MIRRORS` (separated
  /// by commas).
  ///
  /// - Throws: LK026 when an address there is not one.
  package static func ofUser(agent: String) throws(Failure) -> SourceSettings {
    func variable(_ name: String) -> String? { Environment.value(name).flatMap { $0.isEmpty ? nil : $0 } }
    var settings = SourceSettings(agent: agent)
    if let given = variable("HF_ENDPOINT") { settings.endpoint = try address(given, of: "HF_ENDPOINT") }
    for mirror in (variable("LOCARA_MIRRORS") ?? "").split(separator: ",") {
      settings.mirrors.append(try address(String(mirror), of: "LOCARA_MIRRORS"))
    }
    settings.isOffline = [variable("LOCARA_OFFLINE"), variable("HF_HUB_OFFLINE")].contains {
      ["1", "true", "yes", "on"].contains($0?.lowercased())
    }
    let home = variable("HOME")
    let cache = variable("XDG_CACHE_HOME") ?? home.map { "\($0)/.cache" }
    let hubHome = variable("HF_HOME") ?? cache.map { "\($0)/huggingface" }
    settings.hubCaches = [variable("HF_HUB_CACHE") ?? hubHome.map { "\($0)/hub" }].compactMap { $0 }
    settings.ollamaStores =
      variable("OLLAMA_MODELS").map { [$0] }
      ?? [home.map { "\($0)/.ollama/models" }, "/usr/share/ollama/.ollama/models"].compactMap { $0 }
    settings.token = token(hubHome: hubHome, variable: variable)
    settings.registryCredentials = .ofUser
    return settings
  }

  /// The places where `huggingface_hub` looks, in its order.
  private static func token(hubHome: String?, variable: (String) -> String?) -> String? {
    if let token = variable("HF_TOKEN") ?? variable("HUGGING_FACE_HUB_TOKEN") { return usable(token) }
    guard let path = variable("HF_TOKEN_PATH") ?? hubHome.map({ "\($0)/token" }),
      let bytes = try? Files.read(path, limit: 4096)
    else { return nil }
    return usable(String(decoding: bytes, as: UTF8.self))
  }

  private static func usable(_ text: String) -> String? {
    let token = text.split(whereSeparator: \.isWhitespace).first.map(String.init) ?? ""
    return !token.isEmpty && token.utf8.allSatisfy { (0x21...0x7E).contains($0) } ? token : nil
  }

  /// An address of a server, without a slash at its end.
  ///
  /// - Parameter name: where it was given, for messages.
  /// - Throws: LK026 unless it begins with `http://` or `https://`.
  package static func address(_ text: String, of name: String) throws(Failure) -> String {
    var text = text
    while text.hasSuffix("/") { text.removeLast() }
    guard text.hasPrefix("https://") || text.hasPrefix("http://"), text.split(separator: "/").count >= 2,
      text.utf8.allSatisfy({ (0x21...0x7E).contains($0) }), !text.contains("?"), !text.contains("#")
    else {
      throw Failure(
        "LK026", "\(name) is not an address: `\(shown(text))`",
        help: "expected https:// and a host, such as https://hub.example.com")
    }
    return text
  }
}

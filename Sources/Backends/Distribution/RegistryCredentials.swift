internal import CanonicalJSON
internal import SystemIO

/// User names and passwords of registries, from the files that `docker login`, `podman login` and `skopeo login` write, and
/// from the helper programs that these files name.
package struct RegistryCredentials {
  package struct Entry: Hashable, Sendable {
    /// `user:password` in base64.
    let basic: String
    /// Instead of a password, to be exchanged for a token.
    let identityToken: String?
  }

  /// The files that are looked at, the first that knows the registry counts; containers-auth.json(5).
  package let files: [String]

  package init(files: [String]) { self.files = files }

  /// The files of this user.
  package static var ofUser: RegistryCredentials {
    var files: [String] = []
    func add(_ variable: String, _ rest: String) {
      if let value = Environment.value(variable), value.hasPrefix("/") { files.append(value + rest) }
    }
    add("REGISTRY_AUTH_FILE", "")
    add("XDG_RUNTIME_DIR", "/containers/auth.json")
    add("XDG_CONFIG_HOME", "/containers/auth.json")
    add("HOME", "/.config/containers/auth.json")
    add("DOCKER_CONFIG", "/config.json")
    add("HOME", "/.docker/config.json")
    return RegistryCredentials(files: files)
  }

  /// What is known for a repository. In each file a helper for this very registry counts first (`credHelpers`), then the one
  /// for all (`credsStore`), then the entry with the longest name that is the repository or contains it (`auths`).
  ///
  /// - Throws: LB086 when a file is malformed or a helper cannot be used.
  func find(host: String, repository: String) throws(Failure) -> Entry? {
    for path in files where Files.exists(path) {
      let bytes = try Files.read(path, limit: 1 << 20)
      guard let json = try? JSON(parsing: bytes, limits: JSONLimits(bytes: 1 << 20, depth: 16, values: 10_000)),
        let members = json.objectValue
      else {
        throw Failure(
          "LB086", "the file with credentials is no JSON object", path: path, help: "log in again, or remove the file")
      }
      let keys = RegistryCredentials.keys(host: host, repository: repository)
      let helpers = members["credHelpers"]?.objectValue ?? [:]
      if let key = keys.first(where: { helpers[$0] != nil }), let name = helpers[key]?.stringValue, !name.isEmpty {
        if let entry = try CredentialHelper(name: name, path: path).find(key) { return entry }
      } else if let name = members["credsStore"]?.stringValue, !name.isEmpty {
        let server = host == "docker.io" ? "https://index.docker.io/v1/" : host
        if let entry = try CredentialHelper(name: name, path: path).find(server) { return entry }
      }
      let entries = members["auths"]?.objectValue ?? [:]
      for key in keys {
        guard let entry = entries[key] else { continue }
        let token = entry["identitytoken"]?.stringValue
        if let basic = entry["auth"]?.stringValue, !basic.isEmpty { return Entry(basic: basic, identityToken: token) }
        if let token { return Entry(basic: "", identityToken: token) }
      }
    }
    return nil
  }

  /// The names under which an entry for the repository may stand, the most particular first.
  static func keys(host: String, repository: String) -> [String] {
    var keys: [String] = []
    var parts = repository.split(separator: "/")
    while !parts.isEmpty {
      keys.append("\(host)/\(parts.joined(separator: "/"))")
      parts.removeLast()
    }
    keys += [
      host, "https://\(host)", "https://\(host)/", "http://\(host)", "https://\(host)/v1/", "https://\(host)/v2/",
    ]
    if host == "docker.io" { keys += ["index.docker.io", "https://index.docker.io/v1/"] }
    return keys
  }
}

internal import CanonicalJSON
internal import Glibc
internal import SystemIO
package import Transfer

/// Requests to registries with the authorization that each asks for (the token protocol of the registries, and Basic).
package final class RegistrySession {
  /// What a request is about to do where; a token is for one of these.
  struct Scope: Hashable {
    var host: String
    var repository: String
    var push: Bool
    /// A blob is taken over from this repository as well.
    var mountFrom: String?

    var texts: [String] {
      ["repository:\(repository):\(push ? "pull,push" : "pull")"]
        + (mountFrom.map { ["repository:\($0):pull"] } ?? [])
    }
  }

  let client: HTTPClient
  private let credentials: RegistryCredentials
  private let plainHTTP: Bool
  /// What the files and helpers said, by host and repository: a helper may ask its user each time.
  private var known: [Scope: RegistryCredentials.Entry?] = [:]
  /// The value of `Authorization` by what it is good for.
  private var authorizations: [Scope: String] = [:]

  /// - Parameters:
  ///   - plainHTTP: speak unencrypted HTTP to every registry. Those on this machine's loopback are spoken to so anyway.
  package init(client: HTTPClient, credentials: RegistryCredentials, plainHTTP: Bool = false) {
    self.client = client
    self.credentials = credentials
    self.plainHTTP = plainHTTP
  }

  func base(of host: String) -> String {
    // What people call docker.io answers under another name.
    let server = host == "docker.io" ? "registry-1.docker.io" : host
    return "\(plainHTTP || RegistrySession.isLoopback(host) ? "http" : "https")://\(server)"
  }

  static func isLoopback(_ host: String) -> Bool {
    let name = host.hasPrefix("[") ? String(host.prefix { $0 != "]" }) + "]" : String(host.prefix { $0 != ":" })
    if name == "localhost" || name == "[::1]" { return true }
    let parts = name.split(separator: ".", omittingEmptySubsequences: false)
    return parts.count == 4 && parts.allSatisfy { UInt8($0) != nil } && parts[0] == "127"
  }

  /// Sends a request; when the registry asks for authorization, gets it and sends the request again.
  func send(_ request: HTTPRequest, to sink: any Sink, scope: Scope) throws(Failure) -> HTTPResponse {
    var request = request
    request.authorization = authorizations[scope]
    let response = try client.send(request, to: sink)
    guard response.status == 401, response.hops.isEmpty, let challenge = challenge(in: response) else {
      return response
    }
    guard let authorization = try authorize(challenge, scope) else { return response }
    authorizations[scope] = authorization
    request.authorization = authorization
    return try client.send(request, to: sink)
  }

  /// The value of `Authorization` that was last asked for; nil when none was.
  func authorization(for scope: Scope) -> String? { authorizations[scope] }

  /// - Throws: LB083, or LB085 when it is about who may.
  func check(_ response: HTTPResponse, _ problem: String, path: String) throws(Failure) {
    if response.isSuccess { return }
    let reason = RegistrySession.reason(response).map { ": \($0)" } ?? ""
    guard response.status == 401 || response.status == 403 else {
      throw Failure(
        "LB083", "\(problem): status \(response.status)\(reason)", path: path,
        help: response.status >= 500 ? "the registry has a problem of its own; run the same command again later" : nil)
    }
    throw Failure(
      "LB085", "\(problem): it wants other credentials\(reason)", path: path,
      help: "log in with `docker login`, `podman login` or `skopeo login`; the files that these write are read")
  }

  /// The registry's own words, made fit for a message.
  private static func reason(_ response: HTTPResponse) -> String? {
    guard let json = try? JSON(parsing: response.problem, limits: JSONLimits(bytes: 64 << 10, depth: 8, values: 1000)),
      let first = json["errors"]?.arrayValue?.first
    else { return nil }
    let text = [first["code"]?.stringValue, first["message"]?.stringValue].compactMap { $0 }.joined(separator: ", ")
    let shown = text.unicodeScalars.prefix(200).map { (0x20..<0x7F).contains($0.value) ? Character($0) : "?" }
    return shown.isEmpty ? nil : String(shown)
  }

  private enum Challenge { case basic, bearer(realm: String, service: String?) }

  private func challenge(in response: HTTPResponse) -> Challenge? {
    for field in response.headers.all("www-authenticate") {
      let scheme = field.prefix { $0 != " " }.lowercased()
      let parameters = RegistrySession.parameters(field.dropFirst(scheme.count))
      if scheme == "bearer", let realm = parameters["realm"] {
        return .bearer(realm: realm, service: parameters["service"])
      }
      if scheme == "basic" { return .basic }
    }
    return nil
  }

  /// RFC 9110, 11.2: `name="value"` or `name=value`, separated by commas.
  static func parameters(_ text: Substring) -> [String: String] {
    var found: [String: String] = [:]
    var rest = text.drop { $0 == " " }
    while let equals = rest.firstIndex(of: "=") {
      let name = rest[..<equals].filter { $0 != " " && $0 != "," }.lowercased()
      rest = rest[rest.index(after: equals)...]
      var value = ""
      if rest.first == "\"" {
        rest = rest.dropFirst()
        while let character = rest.popFirst(), character != "\"" {
          if character == "\\", let next = rest.popFirst() { value.append(next) } else { value.append(character) }
        }
      } else {
        while let character = rest.first, character != "," {
          value.append(character)
          rest = rest.dropFirst()
        }
      }
      found[name] = value
      if found.count > 16 { break }
    }
    return found
  }

  private func entry(for scope: Scope) throws(Failure) -> RegistryCredentials.Entry? {
    let place = Scope(host: scope.host, repository: scope.repository, push: false)
    if let entry = known[place] { return entry }
    let entry = try credentials.find(host: scope.host, repository: scope.repository)
    known[place] = .some(entry)
    return entry
  }

  private func authorize(_ challenge: Challenge, _ scope: Scope) throws(Failure) -> String? {
    let known = try entry(for: scope)
    switch challenge {
    case .basic: return known.map { "Basic \($0.basic)" }
    case .bearer(let realm, let service):
      // A token server that is spoken to in the clear would let everybody on the way have the password.
      guard realm.hasPrefix("https://") || base(of: scope.host).hasPrefix("http://") else {
        throw Failure(
          "LB085", "the registry asks to fetch a token over an unencrypted connection: \(shown(realm))",
          path: scope.host,
          help: "such a registry is set up wrongly; say --plain-http when you mean it")
      }
      var query = scope.texts.map { "scope=\(percentEncoded($0))" }
      if let service { query.insert("service=\(percentEncoded(service))", at: 0) }
      var request = HTTPRequest(.get, realm + (realm.contains("?") ? "&" : "?") + query.joined(separator: "&"))
      if let token = known?.identityToken {
        request = HTTPRequest(.post, realm)
        request.headers = [("Content-Type", "application/x-www-form-urlencoded")]
        let form = query + ["grant_type=refresh_token", "client_id=locara", "refresh_token=\(percentEncoded(token))"]
        request.body = .bytes(Array(form.joined(separator: "&").utf8))
      } else {
        request.authorization = known.map { "Basic \($0.basic)" }
      }
      let sink = MemorySink(limit: 1 << 20)
      let response = try client.send(request, to: sink)
      try check(response, "the registry's token server refuses", path: scope.host)
      let json = try? JSON(parsing: sink.bytes, limits: JSONLimits(bytes: 1 << 20, depth: 8, values: 1000))
      guard let token = (json?["token"] ?? json?["access_token"])?.stringValue, !token.isEmpty else {
        throw OCIDocument.malformed("the token server's answer has no token", path: scope.host)
      }
      return "Bearer \(token)"
    }
  }
}

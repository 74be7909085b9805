internal import Foundation
internal import Glibc

/// `fixtures/hub/server.py` on loopback: a model hub, its content network, a registry and plain files.
///
/// It ends with the value. What it serves lies in `directory`; see the head of the program.
package final class Hub: Sendable {
  package let directory = TemporaryDirectory("hub")
  private let process: pid_t
  private let ports: [String]

  /// One request, as the server saw it.
  package struct Request: Sendable {
    package var method: String
    package var path: String
    package var port: Int
    package var authorization: String?
    package var range: String?
    package var headers: [String: String]
    package var bodyDigest: String?
  }

  /// - Parameter hasTLS: there is an encrypted origin, too.
  /// - Returns: nil when the machine has no Python or the server does not start.
  package init?(hasTLS: Bool = false) {
    var ends: [Int32] = [0, 0]
    guard pipe(&ends) == 0 else { return nil }
    defer { close(ends[0]) }
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
    posix_spawn_file_actions_adddup2(&actions, ends[1], 1)
    posix_spawn_file_actions_addclose(&actions, ends[0])
    let line = ["/usr/bin/python3", Locations.fixture("hub/server.py"), directory.path] + (hasTLS ? ["tls"] : [])
    var words: [UnsafeMutablePointer<CChar>?] = line.map { strdup($0) } + [nil]
    defer { words.forEach { free($0) } }
    var child: pid_t = 0
    let problem = posix_spawn(&child, line[0], &actions, nil, &words, environ)
    close(ends[1])
    guard problem == 0 else { return nil }
    process = child
    var text = ""
    var byte: UInt8 = 0
    let count = hasTLS ? 3 : 2
    while text.filter({ $0 == "\n" }).count < count, read(ends[0], &byte, 1) == 1 {
      text.append(Character(UnicodeScalar(byte)))
    }
    ports = text.split(separator: "\n").map(String.init)
    guard ports.count == count else { return nil }
  }

  deinit {
    kill(process, SIGKILL)
    var status: Int32 = 0
    waitpid(process, &status, 0)
  }

  /// `http://127.0.0.1:PORT` of the hub.
  package var url: String { "http://127.0.0.1:\(ports[0])" }
  /// The origin that the hub's redirects lead to.
  package var contentURL: String { "http://127.0.0.1:\(ports[1])" }
  /// `https://localhost:PORT`, certified by `authority.pem` in `directory`.
  package var encryptedURL: String? { ports.count > 2 ? "https://localhost:\(ports[2])" : nil }
  package var contentPort: Int { Int(ports[1]) ?? 0 }

  /// Settings for a program that is to talk to this hub and to nothing else.
  package var environment: [String: String?] {
    [
      "HF_ENDPOINT": url, "HF_TOKEN": nil, "HF_TOKEN_PATH": nil, "HF_HOME": nil, "HF_HUB_CACHE": nil,
      "HF_HUB_OFFLINE": nil, "HUGGING_FACE_HUB_TOKEN": nil, "OLLAMA_MODELS": nil, "http_proxy": nil, "https_proxy": nil,
      "HTTPS_PROXY": nil, "all_proxy": nil, "ALL_PROXY": nil, "LOCARA_MIRRORS": nil, "LOCARA_OFFLINE": nil,
    ]
  }

  /// The faults from now on: rules in JSON, see the head of the program.
  package func rules(_ json: String) {
    directory.write(json, to: "rules.new")
    rename(directory("rules.new"), directory("rules.json"))
  }

  /// Adds a repository with these files at one commit, to which `main` then points.
  package func repository(_ name: String, commit: String, files: [String: [UInt8]], reference: String = "main") {
    for (path, bytes) in files { directory.write(bytes, to: "repos/\(name)/\(commit)/\(path)") }
    var references = ["\"\(reference)\": \"\(commit)\""]
    if let old = contents(of: directory("repos/\(name)/refs.json")) {
      let known = (try? JSONSerialization.jsonObject(with: Data(old))) as? [String: String] ?? [:]
      references += known.filter { $0.key != reference }.map { "\"\($0.key)\": \"\($0.value)\"" }
    }
    directory.write("{\(references.joined(separator: ", "))}", to: "repos/\(name)/refs.json")
  }

  /// Every request so far.
  package var requests: [Request] {
    let text = String(decoding: contents(of: directory("log.jsonl")) ?? [], as: UTF8.self)
    return text.split(separator: "\n").compactMap { line in
      guard let entry = try? JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any],
        let method = entry["method"] as? String, let path = entry["path"] as? String, let port = entry["port"] as? Int
      else { return nil }
      return Request(
        method: method, path: path, port: port, authorization: entry["authorization"] as? String,
        range: entry["range"] as? String, headers: entry["headers"] as? [String: String] ?? [:],
        bodyDigest: entry["sha256"] as? String)
    }
  }

  package func forgetRequests() { unlink(directory("log.jsonl")) }
}

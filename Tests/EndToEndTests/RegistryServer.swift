import Foundation
import Glibc
import TestSupport

/// Debian's `docker-registry` on loopback, with its files in a directory of its own. It ends with the value.
final class RegistryServer: @unchecked Sendable {
  static let program = "/usr/bin/docker-registry"
  static let reason = "there is no docker-registry; scripts/setup test installs it"
  static var isExpected: Bool { access(program, X_OK) == 0 || Locations.isContinuousIntegration }

  let directory = TemporaryDirectory("registry")
  let port: Int
  private var process: pid_t = 0
  var host: String { "127.0.0.1:\(port)" }

  /// - Parameter users: an htpasswd file's content; nobody has to log in without.
  init(users: String? = nil) {
    port = RegistryServer.freePort()
    var configuration = """
      version: 0.1
      log: {level: error, accesslog: {disabled: true}}
      storage: {filesystem: {rootdirectory: \(directory("data"))}, delete: {enabled: true}}
      http: {addr: "127.0.0.1:\(port)", secret: kept-over-restarts}

      """
    if let users {
      directory.write(users, to: "users")
      configuration += "auth: {htpasswd: {realm: tests, path: \(directory("users"))}}\n"
    }
    directory.write(configuration, to: "config.yml")
    start()
  }

  deinit { stop() }

  func start() {
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
    posix_spawn_file_actions_addopen(&actions, 1, directory("log"), O_WRONLY | O_CREAT | O_APPEND, 0o600)
    posix_spawn_file_actions_adddup2(&actions, 1, 2)
    // What the tests' own runner waits for the end of must not stay open in here.
    let script = """
      for file in /proc/$$/fd/*; do number=${file##*/}; [ $number -gt 2 ] && eval "exec $number>&-"; done
      exec "$0" serve "$1"
      """
    let line = ["/bin/bash", "-c", script, Self.program, directory("config.yml")]
    var words: [UnsafeMutablePointer<CChar>?] = line.map { strdup($0) } + [nil]
    defer { words.forEach { free($0) } }
    guard posix_spawn(&process, line[0], &actions, nil, &words, environ) == 0 else { return }
    for _ in 0..<200 where !isUp { usleep(20_000) }
  }

  /// Kills it, as a crash does.
  func stop() {
    guard process > 0 else { return }
    kill(process, SIGKILL)
    var status: Int32 = 0
    waitpid(process, &status, 0)
    process = 0
  }

  private var isUp: Bool {
    let number = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    defer { close(number) }
    return Self.withAddress(port) { connect(number, $0, $1) } == 0
  }

  private static func freePort() -> Int {
    let number = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    defer { close(number) }
    _ = withAddress(0) { bind(number, $0, $1) }
    var address = sockaddr_in()
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    _ = withUnsafeMutablePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(number, $0, &length) }
    }
    return Int(UInt16(bigEndian: address.sin_port))
  }

  private static func withAddress(
    _ port: Int, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Int32
  ) -> Int32 {
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = in_port_t(UInt16(port)).bigEndian
    address.sin_addr.s_addr = in_addr_t(0x7F00_0001).bigEndian
    return withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { body($0, socklen_t(MemoryLayout<sockaddr_in>.size)) }
    }
  }
}

import CSandbox
import Glibc
import Testing

/// A Landlock rule as the program's side of a start makes it, in a sandbox of nothing else.
enum Rulesets {
  /// Whether the program `/bin/true` was started under the rule.
  static func isMade(path: String, relative: String = "", device: UInt64 = 0, inode: UInt64 = 0) throws -> Bool {
    var sandbox = locara_sandbox()
    sandbox.control_group = -1
    sandbox.landlock = 1
    sandbox.handled_files = 1 << 1  // LANDLOCK_ACCESS_FS_WRITE_FILE: the program and its libraries are read
    (sandbox.input, sandbox.output, sandbox.error) = (0, 1, 2)
    let words: [UnsafeMutablePointer<CChar>?] = (["/bin/true", "/", path, relative] as [String]).map { strdup($0) }
    defer { for word in words { free(word) } }
    var rule = locara_path_rule()
    (rule.path, rule.relative) = (UnsafePointer(words[2]), UnsafePointer(words[3]))
    (rule.device, rule.inode, rule.access) = (device, inode, 1 << 1)
    let arguments: [UnsafePointer<CChar>?] = [UnsafePointer(words[0]), nil]
    let environment: [UnsafePointer<CChar>?] = [nil]
    var (spawned, message) = (locara_spawned(), locara_message())
    var descriptor: Int32 = -1
    let received = try withUnsafePointer(to: rule) { rule in
      try arguments.withUnsafeBufferPointer { arguments in
        try environment.withUnsafeBufferPointer { environment in
          sandbox.path_rules = rule
          sandbox.path_rule_count = 1
          sandbox.arguments = arguments.baseAddress
          sandbox.environment = environment.baseAddress
          sandbox.working_directory = UnsafePointer(words[1])
          try #require(locara_spawn(&sandbox, &spawned, &message) == 0)
          return locara_receive(spawned.channel, &message, &descriptor)
        }
      }
    }
    let isStarted = received == 1 && message.kind == Int32(LOCARA_STARTED.rawValue)
    var ended: Int32 = 0
    _ = locara_kill(spawned.pid_fd, SIGKILL)
    _ = locara_reap(spawned.pid_fd, &ended)
    close(spawned.channel)
    close(spawned.pid_fd)
    return isStarted
  }
}

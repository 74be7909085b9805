internal import Foundation
internal import Glibc

/// A finished program: how it ended and what it said.
package struct Outcome: Sendable, CustomStringConvertible {
  /// The exit status; 128 + n after signal n, as shells say it.
  package var status: Int32
  package var output: String
  package var errors: String
  /// The bytes of `output`, when it is not text.
  package var bytes: [UInt8]
  /// Wall-clock seconds.
  package var seconds: Double
  /// The deadline passed and the program was killed.
  package var timedOut: Bool
  package var command: [String]

  /// Both streams, for checks that do not care which.
  package var everything: String { output + errors }

  package var description: String {
    """
    $ \(command.joined(separator: " "))
    exit \(status)\(timedOut ? ", killed at its deadline" : "") after \(seconds) s
    --- standard output
    \(output)--- standard error
    \(errors)---
    """
  }
}

/// Starts a program, waits for it, and gives what it said. The program is not looked up in `PATH` when it has a slash.
///
/// - Parameters:
///   - environment: changes to the tests' own environment; nil removes a variable.
///   - input: what the program reads from its standard input.
///   - timeout: seconds, after which the program's process group is killed.
package func run(
  _ command: [String], in directory: String? = nil, environment: [String: String?] = [:], input: [UInt8] = [],
  timeout: Double = 120
) -> Outcome {
  var variables = ProcessInfo.processInfo.environment
  // A crash must be seen as one, not hang in a backtrace.
  variables["SWIFT_BACKTRACE"] = "enable=no"
  for (name, value) in environment { variables[name] = value }

  let spool = TemporaryDirectory("run")
  spool.write(input, to: "input")
  let start = ContinuousClock.now
  var actions = posix_spawn_file_actions_t()
  posix_spawn_file_actions_init(&actions)
  defer { posix_spawn_file_actions_destroy(&actions) }
  // Files rather than pipes: no reader has to keep up, and output that a killed program wrote is kept.
  posix_spawn_file_actions_addopen(&actions, 0, spool("input"), O_RDONLY, 0)
  posix_spawn_file_actions_addopen(&actions, 1, spool("output"), O_WRONLY | O_CREAT | O_APPEND, 0o600)
  posix_spawn_file_actions_addopen(&actions, 2, spool("errors"), O_WRONLY | O_CREAT | O_APPEND, 0o600)
  var attributes = posix_spawnattr_t()
  posix_spawnattr_init(&attributes)
  defer { posix_spawnattr_destroy(&attributes) }
  posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETPGROUP))

  // The C library's own way to change the directory first is not visible to Swift.
  let line = (directory.map { ["/usr/bin/env", "-C", $0] } ?? []) + command
  var words: [UnsafeMutablePointer<CChar>?] = line.map { strdup($0) }
  var settings: [UnsafeMutablePointer<CChar>?] = variables.sorted { $0.key < $1.key }.map { strdup("\($0)=\($1)") }
  words.append(nil)
  settings.append(nil)
  defer { (words + settings).forEach { free($0) } }
  var child: pid_t = 0
  let problem = posix_spawnp(&child, line[0], &actions, &attributes, words, settings)
  guard problem == 0 else {
    return Outcome(
      status: 127, output: "", errors: "cannot start \(command[0]): \(String(cString: strerror(problem)))\n", bytes: [],
      seconds: 0, timedOut: false, command: command)
  }

  let (status, timedOut) = wait(for: child, seconds: timeout)
  let took = start.duration(to: .now)
  let bytes = contents(of: spool("output")) ?? []
  return Outcome(
    status: status, output: String(decoding: bytes, as: UTF8.self),
    errors: String(decoding: contents(of: spool("errors")) ?? [], as: UTF8.self), bytes: bytes,
    seconds: Double(took.components.seconds) + Double(took.components.attoseconds) / 1e18, timedOut: timedOut,
    command: command)
}

/// `locara` with these arguments.
package func locara(
  _ arguments: String..., in directory: String? = nil, environment: [String: String?] = [:], input: [UInt8] = [],
  timeout: Double = 120
) -> Outcome {
  run([Locations.locara] + arguments, in: directory, environment: environment, input: input, timeout: timeout)
}

/// The child's exit status, and whether it had to be killed.
private func wait(for child: pid_t, seconds: Double) -> (Int32, Bool) {
  let deadline = ContinuousClock.now + .milliseconds(Int64(seconds * 1000))
  var pause: UInt32 = 500
  var timedOut = false
  while true {
    var status: Int32 = 0
    let got = waitpid(child, &status, timedOut ? 0 : WNOHANG)
    if got == child {
      let signal = status & 0x7f
      return (signal == 0 ? status >> 8 & 0xff : 128 + signal, timedOut)
    }
    guard got == 0 || errno == EINTR else { return (-1, timedOut) }
    if ContinuousClock.now >= deadline {
      kill(-child, SIGKILL)
      kill(child, SIGKILL)
      timedOut = true
    }
    usleep(pause)
    pause = min(pause * 2, 20_000)
  }
}

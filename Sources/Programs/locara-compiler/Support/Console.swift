internal import ArgumentParser
internal import SystemIO

internal import enum Runner.ExitStatus

/// What the program says, and to whom.
enum Console {
  /// Writes a line to standard output.
  static func print(_ line: String) { StandardStream.output.write(line + "\n") }

  /// Writes a line to standard error.
  static func note(_ line: String) { StandardStream.error.write(line + "\n") }

  /// Writes bytes to standard output as they are.
  static func write(_ bytes: [UInt8]) { StandardStream.output.write(bytes) }
}

/// Exit codes; the root command's help lists them.
enum Exit {
  static let operational = ExitCode(1)
  static let difference = ExitCode(2)
  static let blocked = ExitCode(3)
  static let badInput = ExitCode(65)
  static let runner = ExitCode(125)

  /// Every code with which a command ends, in order; `run` otherwise ends as the app does.
  static let meanings: [(code: ExitCode, meaning: String)] = [
    (.success, "it worked"),
    (operational, "an operation failed"),
    (difference, "a check found a difference"),
    (blocked, "a migration is blocked"),
    (.validationFailure, "the command line is wrong"),
    (badInput, "the manifest or the bundle is wrong"),
    (ExitCode(ExitStatus.timedOut.shellCode), "the time that the app was given is over"),
    (runner, "the runner could not start the app"),
  ]

  /// The same for `--help`, a line each, indented.
  static let help = meanings.map { code, meaning in
    let number = "\(code.rawValue)"
    return "  " + number + String(repeating: " ", count: 5 - number.count) + meaning
  }.joined(separator: "\n")
}

extension Failure {
  /// Whether what was given is wrong, rather than that something could not be done. LC010 is an error of the filter
  /// compiler itself.
  var isBadInput: Bool {
    [
      "LX002", "LX003", "LX004", "LX007", "LX010", "LX011", "LX012", "LP005", "LP006", "LP007", "LP008", "LP009",
      "LP011", "LP020", "LS112", "LS155",
    ].contains(code)
      || code.hasPrefix("LC") && code != "LC010" || code.hasPrefix("LB") || code.hasPrefix("LY") || code.hasPrefix("LM")
      || code.hasPrefix("LK")
  }
}

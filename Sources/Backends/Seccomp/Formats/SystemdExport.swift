internal import SandboxPlan
package import SystemIO

/// Lines for the `[Service]` section of a systemd unit, systemd.exec(5).
package enum SystemdExport {
  /// Throws for conditions on arguments, which units do not have, and for actions other than allowing, failing with an
  /// error, ending the process and logging.
  package static func write(_ meaning: FilterMeaning) throws(Failure) -> String {
    var meaning = meaning
    let exported = try ExportedRules(&meaning, for: "a systemd unit")
    var words: [String] = []
    for rule in exported.rules {
      guard rule.tests.isEmpty else {
        throw Failure(
          "LC040", "a systemd unit cannot compare arguments, as the rule for `\(rule.names[0])` does",
          help: "allow or deny the whole call, or use the filter itself with a launcher that loads it")
      }
      switch rule.action {
      case .allow: words += rule.names
      case .errno(let number): words += rule.names.map { "\($0):\(error(number))" }
      case .killProcess: words += rule.names.map { "\($0):kill" }
      default:
        throw Failure("LC040", "a systemd unit cannot say `\(rule.action)`, the action of `\(rule.names[0])`")
      }
    }
    let fallback: String
    switch exported.fallback {
    case .errno(let number): fallback = error(number)
    case .killProcess: fallback = "kill"
    default:
      throw Failure("LC040", "a systemd unit cannot say the default `\(exported.fallback)`")
    }
    var lines = ["SystemCallArchitectures=native", "SystemCallErrorNumber=\(fallback)"]
    // The first line decides that the list is of what is allowed, so it must not be empty.
    var line = "SystemCallFilter="
    for word in words.sorted() {
      if line.utf8.count + word.utf8.count > 110 {
        lines.append(line)
        line = "SystemCallFilter="
      }
      line += (line.hasSuffix("=") ? "" : " ") + word
    }
    guard !words.isEmpty else {
      throw Failure("LC040", "a systemd unit cannot say a list that allows nothing")
    }
    lines.append(line)
    return lines.joined(separator: "\n") + "\n"
  }

  private static func error(_ number: UInt16) -> String {
    OCINames.errors.filter { $0.value == number }.keys.min() ?? String(number)
  }
}

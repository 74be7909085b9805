internal import ArgumentParser
internal import CanonicalJSON

/// The commands and the exit codes as two tables in Markdown, from the argument parser's description of the commands.
struct CommandTable {
  private(set) var text = "| command | what it does |\n|---|---|\n"

  init(_ root: JSON) {
    for command in CommandTable.visible(root) {
      let name = "locara \(command["commandName"]?.stringValue ?? "")"
      let below = CommandTable.visible(command).compactMap { $0["commandName"]?.stringValue }
      // The first with its whole name, the others as what differs.
      let names = below.isEmpty ? ["`\(name)`"] : ["`\(name) \(below[0])`"] + below.dropFirst().map { "`\($0)`" }
      row(names.joined(separator: ", "), command["abstract"]?.stringValue ?? "")
    }
    text += "\n| exit code | meaning |\n|---|---|\n"
    for (code, meaning) in Exit.meanings { row("\(code.rawValue)", meaning) }
  }

  private mutating func row(_ left: String, _ right: String) {
    text += "| \(left) | \(right.split(separator: "|", omittingEmptySubsequences: false).joined(separator: "\\|")) |\n"
  }

  /// What `--help` lists below a command.
  private static func visible(_ command: JSON) -> [JSON] {
    (command["subcommands"]?.arrayValue ?? []).filter {
      $0["shouldDisplay"]?.boolValue != false && $0["commandName"]?.stringValue != "help"
    }
  }
}

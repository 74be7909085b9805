internal import ArgumentParser
internal import CanonicalJSON

/// The commands and the exit codes as two tables in Markdown, from the argument parser's description of the commands.
struct CommandTable {
  private(set) var text = "| command | what it does |\n|---|---|\n"

  init(_ root: JSON) {
    for command in CommandDescription.visible(root["subcommands"]) {
      let name = "locara \(command["commandName"]?.stringValue ?? "")"
      let below = CommandDescription.visible(command["subcommands"]).compactMap { $0["commandName"]?.stringValue }
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
}

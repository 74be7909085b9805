internal import ArgumentParser
internal import CanonicalJSON

struct GenerateCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "generate", abstract: "Print what a system's packages of this program contain beside it.",
    discussion: """
      Completion for a shell, or the manual page, both made from the commands as they are. `make install` installs all four.

      Examples:
        locara generate bash > ~/.local/share/bash-completion/completions/locara
        locara generate manual | man -l -
      """)

  enum Kind: String, ExpressibleByArgument, CaseIterable {
    case bash, zsh, fish, manual
  }

  @Argument(help: "bash, zsh, fish or manual.")
  var kind: Kind

  func run() throws {
    switch kind {
    case .bash: Console.print(LocaraCommand.completionScript(for: .bash))
    case .zsh: Console.print(LocaraCommand.completionScript(for: .zsh))
    case .fish: Console.print(LocaraCommand.completionScript(for: .fish))
    case .manual:
      let dump = try JSON(parsing: Array(LocaraCommand._dumpHelp().utf8))
      guard let command = dump["command"] else { throw Exit.operational }
      Console.write(Array(ManualPage(command).text.utf8))
    }
  }
}

internal import ArgumentParser

struct GenerateCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "generate", abstract: "Print what a system's packages of this program contain beside it.",
    discussion: """
      Completion for a shell, the manual page, or a table of the commands and exit codes in Markdown, all made from the \
      commands as they are. `make install` installs completion and the manual page.

      Examples:
        locara generate bash > ~/.local/share/bash-completion/completions/locara
        locara generate manual | man -l -
      """)

  enum Kind: String, ExpressibleByArgument, CaseIterable {
    case bash, zsh, fish, manual, commands
  }

  @Argument(help: "bash, zsh, fish, manual or commands.")
  var kind: Kind

  func run() throws {
    switch kind {
    case .bash: Console.print(LocaraCommand.completionScript(for: .bash))
    case .zsh: Console.print(LocaraCommand.completionScript(for: .zsh))
    case .fish: Console.print(LocaraCommand.completionScript(for: .fish))
    case .manual: Console.write(Array(ManualPage(try CommandDescription.root()).text.utf8))
    case .commands: Console.write(Array(CommandTable(try CommandDescription.root()).text.utf8))
    }
  }
}

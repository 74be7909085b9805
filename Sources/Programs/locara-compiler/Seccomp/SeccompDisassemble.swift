internal import ArgumentParser
internal import Seccomp
internal import SystemIO

struct SeccompDisassemble: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "disasm", abstract: "Print a filter's instructions, with names.")

  @Argument(help: "The program or profile, or - for standard input.")
  var profile: String
  @OptionGroup var machine: MachineOptions

  func run() throws {
    let context = try machine.context()
    let loaded = try SeccompConsole.load(profile, context)
    let filter = try SeccompConsole.filter(of: loaded, from: profile, context)
    try SeccompConsole.write(Disassembly.text(of: filter))
  }
}

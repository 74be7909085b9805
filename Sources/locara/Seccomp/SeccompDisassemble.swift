internal import ArgumentParser
internal import Backends
internal import SystemIO

struct SeccompDisassemble: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "disasm", abstract: "Print a filter's instructions, with names.")

  @Argument(help: "The program or profile, or - for standard input.")
  var profile: String
  @OptionGroup var machine: MachineOptions

  func run() throws {
    try SeccompConsole.run { () throws(Failure) in
      let context = try machine.context()
      let filter = try SeccompConsole.load(profile, context).filter(for: context)
      try SeccompConsole.write(Disassembly.text(of: filter))
    }
  }
}

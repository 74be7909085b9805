internal import ArgumentParser
internal import Seccomp
internal import SystemCalls
internal import SystemIO

struct SeccompExplain: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "explain", abstract: "Say what a filter does with calls, and how the kernel reads their arguments.")

  @Argument(help: "The program or profile, or - for standard input.")
  var profile: String
  @Argument(help: "Calls by name. Default: all whose action depends on arguments.")
  var calls: [String] = []
  @OptionGroup var machine: MachineOptions

  func run() throws {
    let context = try machine.context()
    let loaded = try SeccompConsole.load(profile, context)
    var rules: [SystemCallRule] = []
    if case .policy(let policy) = loaded.source { rules = policy.rules }
    let meaning = try loaded.meaning(for: context)
    var chosen: [SystemCall] = []
    for name in calls { chosen.append(try SeccompConsole.call(name)) }
    if calls.isEmpty {
      chosen = FilterExplanation.conditionalCalls(in: meaning)
      if chosen.isEmpty { try SeccompConsole.write("no call depends on its arguments\n") }
    }
    for call in chosen {
      try SeccompConsole.write(FilterExplanation.text(of: call, in: meaning, reasons: rules))
    }
  }
}

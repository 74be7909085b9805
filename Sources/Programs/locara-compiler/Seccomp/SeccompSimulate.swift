internal import ArgumentParser
internal import SandboxPlan
internal import Seccomp
internal import SystemIO

struct SeccompSimulate: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "simulate", abstract: "Print what a filter does with one call.")

  @Argument(help: "The program or profile, or - for standard input.")
  var profile: String
  @OptionGroup var machine: MachineOptions
  @Option(help: "The call, by name or by number.")
  var call: String
  @Option(
    name: .customLong("args"), parsing: .upToNextOption,
    help: "Up to six arguments, decimal or with 0x; the rest are 0.")
  var arguments: [String] = []
  @Option(name: .customLong("instruction-pointer"), help: "The address that the call comes from.")
  var instructionPointer: String = "0"
  @Flag(help: "Also print how many instructions are executed.")
  var steps = false

  func run() throws {
    let context = try machine.context()
    let loaded = try SeccompConsole.load(profile, context)
    let filter = try SeccompConsole.filter(of: loaded, from: profile, context)
    let words = arguments.flatMap { $0.split(separator: ",").map(String.init) }
    guard words.count <= 6 else {
      throw Failure("LC035", "a system call has at most six arguments, found \(words.count)")
    }
    var values: [UInt64] = []
    for word in words { values.append(try value(word)) }
    let data = SystemCallData(
      number: try SeccompConsole.number(of: call, on: context.architecture),
      architecture: context.architecture.auditToken, instructionPointer: try value(instructionPointer),
      arguments: values)
    let outcome = BPFInterpreter.run(filter.program, on: data)
    try SeccompConsole.write("\(outcome.action)\(steps ? " after \(outcome.steps) instructions" : "")\n")
  }

  private func value(_ text: String) throws(Failure) -> UInt64 {
    guard let value = UInt64(literal: text) else {
      throw Failure("LC035", "`\(text)` is not a number of 64 bits", help: "write it in decimal or with 0x")
    }
    return value
  }
}

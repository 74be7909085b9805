internal import ArgumentParser
internal import SandboxPlan
internal import Seccomp
internal import SystemIO

struct SeccompVerify: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "verify",
    abstract: "Check that the kernel would take a filter, and that it does exactly what a profile says.",
    discussion: "Exits 0 when it does, 2 with an input on which the two differ when it does not, 65 on wrong input.")

  @Argument(help: "The program, or - for standard input.")
  var program: String
  @Option(help: "The profile that the program has to equal.")
  var against: String?
  @OptionGroup var machine: MachineOptions

  func run() throws {
    if try !verify() { throw Exit.difference }
  }

  private func verify() throws(Failure) -> Bool {
    let context = try machine.context()
    let loaded = try SeccompConsole.load(program, context)
    let filter = try SeccompConsole.filter(of: loaded, from: program, context)
    let report = FilterReport(filter, try FilterMeaning(of: filter))
    try SeccompConsole.write(
      """
      instructions: \(report.instructions)
      unconditional permissions: \(report.unconditional), of which the kernel caches \(report.cacheable)
      longest path: \(report.worstPath) instructions
      other architectures\(context.architecture == .x86_64 ? " and x32" : ""): \(report.rejectsForeign ? "rejected" : "NOT rejected")

      """)
    guard let against else { return true }
    let expected = try SeccompConsole.load(against, context)
    let difference = try FilterDifference(
      from: expected.source, to: .program(filter), on: context.architecture)
    guard let first = difference.changes.first else {
      try SeccompConsole.write("equal to \(against): proven for every input\n")
      return true
    }
    try SeccompConsole.write(
      "differs from \(against): \(first.witness.spelling(on: context.architecture)) is \(first.new), expected \(first.old)\n"
    )
    return false
  }
}

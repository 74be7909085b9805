internal import ArgumentParser
internal import CanonicalJSON
internal import SandboxPlan
internal import Seccomp
internal import SystemIO

struct SeccompDiff: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "diff",
    abstract: "Compare two filters by meaning, whatever they were made from.",
    discussion: "Exits 0 when NEW allows nothing that OLD denies, else 2; 65 when one of them cannot be read.")

  @Argument(help: "The old filter.")
  var old: String
  @Argument(help: "The new filter.")
  var new: String
  @OptionGroup var machine: MachineOptions
  @Flag(help: "Print the differences as JSON.")
  var json = false

  func run() throws {
    if try !compare() { throw Exit.difference }
  }

  private func compare() throws(Failure) -> Bool {
    let context = try machine.context()
    let before = try SeccompConsole.load(old, context, isQuiet: true)
    let after = try SeccompConsole.load(new, context, isQuiet: true)
    let architecture = context.architecture
    let difference = try FilterDifference(from: before.source, to: after.source, on: architecture)
    if json {
      try SeccompConsole.write(FilterDifferenceText.json(difference).prettyBytes, to: nil)
    } else {
      try SeccompConsole.write(FilterDifferenceText.text(difference))
    }
    return difference.isWithin
  }
}

internal import SandboxPlan
internal import SystemIO

extension LaunchRequest {
  /// The program's argv.
  func resolvedArguments() throws(Failure) -> [String] {
    if let replacedArguments { return replacedArguments }
    guard arguments.isEmpty || plan.launch.acceptsArguments else {
      throw Failure(
        "LR003", "the app takes no arguments, but \(arguments.count) were given",
        help: "leave out what follows `--`, or let the manifest's entry accept arguments")
    }
    return plan.launch.arguments + arguments
  }

  /// The program's environment: `NAME=value`, sorted by name. Nothing of the caller's comes in but what the plan names.
  func resolvedEnvironment() -> [String] {
    var variables = TextTable()
    for name in plan.launch.passedEnvironment where !LaunchRequest.changesLoading(name) {
      if let value = callerEnvironment[name] { variables[name] = value }
    }
    for variable in plan.launch.environment { variables[variable.name] = variable.value }
    if !selected.isEmpty {
      variables["LOCARA_SELECTED"] = SelectedFiles(self).targets.joined(separator: ":")
    }
    for variable in extraEnvironment { variables[variable.name] = variable.value }
    return variables.entries.sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
      .map { "\($0.name)=\($0.value)" }
  }

  /// Whether a variable makes the dynamic loader or libc load code: never taken from the caller.
  static func changesLoading(_ name: String) -> Bool {
    name.hasPrefix("LD_") || ["GCONV_PATH", "GLIBC_TUNABLES", "LOCPATH", "NLSPATH"].contains(name)
  }
}

internal import Diagnostics
internal import Manifest
internal import PolicyIR

// A tool never exceeds its app.

extension Lowering {
  mutating func lowerTools(within authority: Authority) -> [ToolPolicy] {
    guard isIntact("tools") else { return [] }
    reportRepeated(manifest.tools.map(\.name), "tool", "name")
    guard !manifest.tools.isEmpty else { return [] }
    let appLimits = limits(manifest.limits)
    return manifest.tools.map { tool in
      let entries = grants(of: tool.capabilities, at: tool.span, isTool: true)
      let own = Lowering.union(of: entries)
      if isIntact("capabilities", "modalities") { checkCoverage(of: tool, own, entries, within: authority) }
      var limits = limits(tool.limits, otherwise: appLimits)
      for (resource, written) in written(tool.limits) {
        guard let written, isIntact("limits"), written.value > appLimits[resource] else { continue }
        limits[resource] = appLimits[resource]
        report(
          "LM075", "the tool `\(tool.name.value)` has a larger limit than its app", written.span,
          "more `\(resource.rawValue)` than the app has", notes: ["raise the app's limit, or lower this one"])
      }
      return ToolPolicy(name: tool.name.value, command: tool.command.map(\.value), authority: own, limits: limits)
    }
  }

  private mutating func checkCoverage(
    of tool: Manifest.Tool, _ own: Authority, _ entries: [GrantEntry], within authority: Authority
  ) {
    guard let witness = own.subtracting(authority).witness else { return }
    let granted = entries.first { $0.grant.permits(witness) }
    report(
      "LM074", "the tool `\(tool.name.value)` may do what its app may not", granted?.span ?? tool.name.span,
      "permits `\(witness)`",
      notes: ["a tool never exceeds its app: grant this to the app as well, or take it from the tool"])
  }

  func written(_ limits: Manifest.LimitsDeclaration) -> [(LimitedResource, Located<UInt64>?)] {
    [
      (.memory, limits.memory), (.cpu, limits.cpu), (.processes, limits.processes), (.openFiles, limits.openFiles),
      (.fileSize, limits.fileSize), (.wallTime, limits.wallTime),
    ]
  }

  /// What is written, and other limits where nothing is.
  func limits(_ declared: Manifest.LimitsDeclaration, otherwise: Limits = Limits()) -> Limits {
    var limits = otherwise
    for (resource, bound) in written(declared) {
      if let bound { limits[resource] = bound.value }
    }
    return limits
  }
}

internal import Diagnostics
internal import PolicyIR

// A tool never exceeds its app.

extension Lowering {
  mutating func lowerTools(within authority: Authority) -> [ToolPolicy] {
    guard isIntact("tools") else { return [] }
    reportRepeated(manifest.tools.map(\.name), "tool", "name")
    guard !manifest.tools.isEmpty else { return [] }
    let appLimits = Limits(bounds(manifest.limits))
    return manifest.tools.map { tool in
      let entries = grants(of: tool.capabilities, at: tool.span, isTool: true)
      let own = Lowering.union(of: entries)
      if isIntact("capabilities", "modalities") { checkCoverage(of: tool, own, entries, within: authority) }
      var limits = Limits(bounds(manifest.limits).merging(bounds(tool.limits)) { $1 })
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

  func bounds(_ limits: Manifest.LimitsDeclaration) -> [LimitedResource: UInt64] {
    var bounds: [LimitedResource: UInt64] = [:]
    for (resource, value) in written(limits) { bounds[resource] = value?.value }
    return bounds
  }
}

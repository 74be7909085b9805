internal import CSandbox
internal import SandboxPlan
internal import SystemIO

/// What an app with tools gets besides the mounts of its plan.
enum ToolMounts {
  /// A file for each tool that says what the tool runs under.
  static func policies(of request: LaunchRequest) throws(Failure) -> [ResolvedMount] {
    let tools = request.plan.tools
    guard !tools.isEmpty else { return [] }
    let abi = Int(locara_landlock_abi())
    var mounts: [ResolvedMount] = []
    for (tool, filter) in zip(tools, request.toolFilters) {
      var file = ToolPolicyFile(tool, filter: filter, abi: abi)
      mounts.append(
        ResolvedMount(
          content: .file(content: try file.bytes()), target: "\(ToolPlan.policyDirectory)/\(tool.name)", flags: 0))
    }
    return mounts
  }

  /// Whether everything that the tools need is there, checked before anything is started.
  static func check(_ request: LaunchRequest) throws(Failure) {
    let tools = request.plan.tools
    guard !tools.isEmpty else { return }
    guard request.plan.namespaces.contains(.mount) else {
      throw Failure(
        "LR040", "the app has tools, and without a mount namespace there is no place to start them from",
        help: "run it with namespaces")
    }
    guard request.toolFilters.count == tools.count,
      request.toolFilters.allSatisfy({ !$0.isEmpty && $0.count % 8 == 0 && $0.count / 8 <= 4096 })
    else {
      throw Failure(
        "LR002", "there are no system-call filters for the app's tools on this machine",
        help: "build the bundle for this architecture")
    }
  }
}

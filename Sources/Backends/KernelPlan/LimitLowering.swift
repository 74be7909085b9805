internal import PolicyIR
internal import SandboxPlan
internal import Schemas

extension PlanBuilder {
  mutating func lowerLimits(_ limits: Limits) -> [ResourceLimit] {
    for (limited, _, mechanisms, remark) in PlanBuilder.limitedResources where limits[limited] != .max {
      deny(
        "more than \(limits[limited]) \(limited.rawValue)", by: mechanisms, remark.isEmpty ? .exact : .overApproximated,
        remark)
    }
    if limits[.wallTime] != .max { deny("more than \(limits[.wallTime]) ms of wall time", by: ["runner"]) }
    if limits[.cpu] != .max {
      deny(
        "more than \(limits[.cpu]) thousandths of a processor", by: ["cgroup", "affinity", "seccomp"],
        limits[.cpu] % 1000 == 0 ? .exact : .overApproximated,
        "without a delegated control group, all processes share \((limits[.cpu] + 999) / 1000) whole processors")
    }
    return PlanBuilder.resourceLimits(limits)
  }

  /// The limits that there are, in the order of `ResourceLimit.Resource.allCases`.
  static func resourceLimits(_ limits: Limits) -> [ResourceLimit] {
    var resources = [ResourceLimit(.core, 0)]
    for (limited, resource, _, _) in limitedResources where limits[limited] != .max {
      resources.append(ResourceLimit(resource, limits[limited]))
    }
    if limits[.cpu] != .max { resources.append(ResourceLimit(.processors, limits[.cpu])) }
    let order = ResourceLimit.Resource.allCases
    return resources.sorted { (order.firstIndex(of: $0.resource) ?? 0) < (order.firstIndex(of: $1.resource) ?? 0) }
  }

  private static let limitedResources:
    [(LimitedResource, ResourceLimit.Resource, mechanisms: [String], remark: String)] = [
      (
        .memory, .addressSpace, ["rlimit", "cgroup"],
        "address space of each process; of all together too where a control group is delegated"
      ),
      (.fileSize, .fileSize, ["rlimit"], ""),
      (.processes, .processes, ["rlimit", "cgroup"], ""),
      (.openFiles, .openFiles, ["rlimit"], ""),
    ]
}

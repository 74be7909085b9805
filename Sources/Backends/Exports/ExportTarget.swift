// INVARIANT: this module writes a policy as other programs' configuration, and says what each cannot enforce. It starts none.

package import SandboxPlan

/// Another program that starts apps from a plan: with what it can say of it.
package enum ExportTarget: String, Hashable, Sendable, CaseIterable {
  case ociRuntime = "oci-runtime"
  case bwrap, systemd, docker, kubernetes

  /// The mechanisms of the plan that the target has, as enforcement rows name them.
  private var mechanisms: Set<String> {
    let namespaces: Set = ["namespace ipc", "namespace network", "namespace pid", "namespace uts", "namespace user"]
    let common: Set = ["mount", "seccomp", "environment", "standard streams"]
    return switch self {
    case .bwrap: common.union(namespaces).union(["rlimit"])
    case .ociRuntime, .docker: common.union(namespaces).union(["rlimit", "cgroup"])
    case .systemd: common.union(["namespace ipc", "namespace network", "namespace user", "rlimit", "runner", "cgroup"])
    case .kubernetes: common.union(namespaces).union(["cgroup"])
    }
  }

  /// What the loss of a mechanism means here, one clause.
  private func meaning(ofLosing mechanism: String) -> String {
    switch mechanism {
    case "landlock":
      "no Landlock: the mounts alone decide, so whatever is mounted can be read, whatever is mounted writable can be "
        + "changed in every way, and every program of an executable mount can be started"
    case "runner": "\(rawValue) does not keep the time of an app"
    case "rlimit": "\(rawValue) has no resource limits"
    case "namespace pid": "the unit sees the machine's processes, though it may not trace or signal those of others"
    default: "\(rawValue) has no \(mechanism)"
    }
  }

  /// How the target enforces each row of the plan: the same, less exactly, or not at all.
  package func enforcement(of plan: SandboxPlan) -> [ExportedRow] {
    plan.enforcement.map { row in
      var lost = row.mechanisms.filter { !mechanisms.contains($0) }
      var kept = row.mechanisms.filter(mechanisms.contains)
      if row.mechanisms.contains("affinity") {
        // A group counts better than affinity does; the filter alone only keeps affinity as it was set.
        if mechanisms.contains("cgroup") { lost = [] } else { kept = [] }
      } else if row.mechanisms.contains("rlimit"), mechanisms.contains("rlimit") {
        // Of the two, the one that every machine has is what the row promises.
        lost.removeAll { $0 == "cgroup" }
      }
      var exported = row
      exported.mechanisms = kept
      var reasons = lost.map(meaning(ofLosing:))
      if let more = loss(of: row) { reasons.append(more) }
      guard !reasons.isEmpty else { return ExportedRow(row: exported, isWeaker: false) }
      exported.exactness = exported.mechanisms.isEmpty && !row.mechanisms.isEmpty ? .unenforced : .overApproximated
      exported.remark = ([row.remark] + reasons).filter { !$0.isEmpty }.joined(separator: "; ")
      return ExportedRow(row: exported, isWeaker: true)
    }
  }

  /// What is lost of a row although its mechanisms are there.
  private func loss(of row: EnforcementRow) -> String? {
    switch self {
    case .systemd where row.mechanisms.contains("seccomp"):
      return "units cannot compare arguments: a call that is permitted for some arguments is permitted for all"
    case .docker where row.mechanisms.contains("rlimit") && row.subject.hasSuffix(" memory"):
      return "a control group counts the memory of all processes together, not the address space of each"
    default:
      guard row.isGrant, row.subject.hasPrefix("environment ") else { return nil }
      return self == .bwrap ? nil : "the variable is not passed on; set it where the app is started"
    }
  }
}

/// A row of the enforcement table as an export has it.
package struct ExportedRow: Hashable, Sendable {
  package var row: EnforcementRow
  /// Whether the target enforces less of it than locara does.
  package var isWeaker: Bool
}

/// A file of an export.
package struct ExportedFile: Hashable, Sendable {
  /// Relative to the directory of the export.
  package var path: String
  package var content: Content

  package enum Content: Hashable, Sendable {
    case bytes([UInt8], executable: Bool)
    case directory
    case symbolicLink(target: String)
  }

  init(_ path: String, _ bytes: [UInt8], executable: Bool = false) {
    self.path = path
    content = .bytes(bytes, executable: executable)
  }

  init(_ path: String, _ text: String, executable: Bool = false) {
    self.init(path, Array(text.utf8), executable: executable)
  }

  init(_ path: String, _ content: Content) {
    self.path = path
    self.content = content
  }
}

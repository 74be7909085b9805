internal import PolicyIR
internal import SandboxPlan
internal import Schemas

/// A plan while it grows: mounts, Landlock rules and the rows that say how each grant is enforced.
struct PlanBuilder {
  private(set) var mounts: [PlanMount] = []
  private var rules: [String: (rights: LandlockPlan.FileRights, isOptional: Bool)] = [:]
  private(set) var rows: [EnforcementRow] = []
  /// What the policy grants and this target cannot enforce; nothing is built when there is any.
  private(set) var refusals: [KernelPlan.Refusal] = []
  /// Whether only `refusals` are wanted: then nothing else is made, which takes most of the time.
  var asksOnly = false

  mutating func mount(_ mount: @autoclosure () -> PlanMount) {
    guard !asksOnly else { return }
    let mount = mount()
    guard !mounts.contains(where: { $0.target == mount.target }) else { return }
    mounts.append(mount)
  }

  /// A file right; several for one path add up.
  mutating func allow(
    _ rights: @autoclosure () -> LandlockPlan.FileRights, at path: @autoclosure () -> String, isOptional: Bool = false
  ) {
    guard !asksOnly else { return }
    let (rights, path) = (rights(), path())
    let known = rules[path]
    rules[path] = ((known?.rights ?? []).union(rights), (known?.isOptional ?? true) && isOptional)
  }

  mutating func grant(
    _ subject: @autoclosure () -> String, by mechanisms: @autoclosure () -> [String],
    _ exactness: EnforcementRow.Exactness = .exact, _ remark: @autoclosure () -> String = ""
  ) {
    guard !asksOnly else { return }
    rows.append(
      EnforcementRow(
        subject: subject(), isGrant: true, mechanisms: mechanisms(), exactness: exactness, remark: remark()))
  }

  mutating func deny(
    _ subject: @autoclosure () -> String, by mechanisms: @autoclosure () -> [String],
    _ exactness: EnforcementRow.Exactness = .exact, _ remark: @autoclosure () -> String = ""
  ) {
    guard !asksOnly else { return }
    rows.append(
      EnforcementRow(
        subject: subject(), isGrant: false, mechanisms: mechanisms(), exactness: exactness, remark: remark()))
  }

  mutating func refuse(_ witness: Operation?, _ subject: String, _ reason: String) {
    refusals.append(KernelPlan.Refusal(witness: witness, subject: subject, reason: reason))
  }

  var fileRules: [LandlockPlan.FileRule] {
    rules.keys.sorted().compactMap { path in
      rules[path].map { LandlockPlan.FileRule(path: path, rights: $0.rights, isOptional: $0.isOptional) }
    }
  }

  /// Parents before children, otherwise by path.
  var orderedMounts: [PlanMount] { mounts.sorted { $0.target < $1.target } }
}

extension FileAccessSet {
  /// The Landlock rights that let a program do this below a directory, linux/landlock.h.
  ///
  /// Creating covers regular files, directories and symbolic links: sockets, pipes and device nodes are never made.
  /// Moving between directories (`refer`) comes with creating or removing, since the kernel wants it on both sides.
  var landlockRights: LandlockPlan.FileRights {
    var rights: LandlockPlan.FileRights = []
    if contains(.read) { rights.formUnion([.readFile, .readDirectory]) }
    if contains(.write) { rights.formUnion([.writeFile, .truncate]) }
    if contains(.create) { rights.formUnion([.makeRegularFile, .makeDirectory, .makeSymbolicLink, .refer]) }
    if contains(.remove) { rights.formUnion([.removeFile, .removeDirectory, .refer]) }
    return rights
  }

  var words: String { accesses.map(\.rawValue).joined(separator: " ") }
}

internal import Digests
internal import PolicyIR
internal import SandboxPlan
internal import Structures

// Files: a mount makes a place visible, Landlock says what may be done there.
//
// What has no mount does not exist inside; what is mounted is read-only unless a grant writes there. Landlock knows
// no exceptions below a directory, so the tree is handed over as grants that only add.

extension PlanBuilder {
  mutating func lowerFiles(_ files: FileAuthority, models: [ModelPin]) {
    if asksOnly, isUnremarkable(files) { return }
    for grant in files.treeGrants {
      guard case .literal(let root)? = grant.components.first, let base = SandboxLayout.path(ofRoot: root) else {
        refuse(
          FileAuthority(tree: ReducedTree(grant.components, grant.extent, grant.value)).witness.map { .file($0) },
          PlanBuilder.text(grant), "a grant names the root that it is for")
        continue
      }
      lower(grant, root: root, base: base, models: models)
    }
    guard !asksOnly else { return }
    let denied = FileAuthority(.everything(below: "host"), .readWrite).subtracting(files)
    if denied != .nothing { deny("all other files", by: ["mount", "landlock"]) }
  }

  /// Whether nothing in a tree can be refused, as in almost every one: grants below known roots, the app's own files only
  /// read, and neither the whole home directory nor the whole machine.
  private func isUnremarkable(_ files: FileAuthority) -> Bool {
    guard let roots = files.roots else { return false }
    return roots.allSatisfy { root, tree in
      switch root {
      case "app": tree == .uniform(.read)
      case "home", "host": FileAuthority.isNamed(tree)
      default: SandboxLayout.path(ofRoot: root) != nil
      }
    }
  }

  private mutating func lower(
    _ grant: ReducedTree<FileAccessSet>.Grant, root: String, base: String, models: [ModelPin]
  ) {
    // Where the literal components end is where the kernel's mechanisms can take hold.
    let literals = grant.components.dropFirst().prefix { if case .literal = $0 { true } else { false } }
    let isWidened = literals.count + 1 < grant.components.count || grant.extent == .exactly
    let relative = literals.compactMap { if case .literal(let label) = $0 { label } else { nil } }
    let inside = ([base] + relative).joined(separator: "/")
    let canChange = !grant.value.subtracting(.read).isEmpty

    switch root {
    case "app":
      mount(PlanMount(.payload, at: SandboxLayout.payload, permitsExecution: true))
      if canChange {
        refuse(
          .file(FileAuthority.Operation(.write, PolicyPath(["app"] + relative))), PlanBuilder.text(grant),
          "an app's own files are verified and never change; write to `app-data`")
        return
      }
    case "app-data":
      mount(PlanMount(.appData, at: SandboxLayout.data, isReadOnly: !canChange))
    case "models":
      for pin in models {
        for file in pin.files {
          mount(
            PlanMount(
              .modelFile(digestHexadecimal: file.digest.hexadecimal),
              at: "\(SandboxLayout.models)/\(pin.id)/\(file.path)"))
        }
      }
    case "user-selected":
      // The runner mounts what the user hands over; the rule is for the directory that holds it.
      mount(PlanMount(.directory, at: SandboxLayout.selected))
    case "home":
      guard !relative.isEmpty else {
        refuse(
          nil, PlanBuilder.text(grant), "the whole home directory is not granted; name the directory that is needed")
        return
      }
      mount(
        PlanMount(.home(relative.joined(separator: "/")), at: inside, isReadOnly: !canChange, isOptional: true))
    case "host":
      guard !relative.isEmpty else {
        refuse(nil, PlanBuilder.text(grant), "the whole machine is not granted; name the directory that is needed")
        return
      }
      mount(PlanMount(.host("/" + relative.joined(separator: "/")), at: inside, isReadOnly: !canChange))
    default:
      mount(
        PlanMount(.userDirectory(root), at: "\(SandboxLayout.user)/\(root)", isReadOnly: !canChange, isOptional: true))
    }

    let isOptional = !["app", "app-data", "models"].contains(root)
    allow(grant.value.landlockRights, at: inside, isOptional: isOptional || (root == "models" && models.isEmpty))
    if isWidened {
      self.grant(
        PlanBuilder.text(grant), by: ["mount", "landlock"], .overApproximated,
        "the kernel permits \(grant.value.words) everywhere below \(inside)")
    } else {
      self.grant(PlanBuilder.text(grant), by: ["mount", "landlock"])
    }
  }

  private static func text(_ grant: ReducedTree<FileAccessSet>.Grant) -> String {
    let path = grant.components.map { component in
      switch component {
      case .literal(let label): label
      case .anyLabel: "*"
      }
    }
    return "\(grant.value.words) \((path + (grant.extent == .exactly ? [] : ["**"])).joined(separator: "/"))"
  }
}

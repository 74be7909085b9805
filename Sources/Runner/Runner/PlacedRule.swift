internal import SandboxPlan

/// A Landlock rule with what it is about as it has to be opened.
struct PlacedRule {
  /// Symbolic links in it are followed.
  var base: String
  /// From there, with none followed; may be empty.
  var relative = ""
  /// What it must be.
  var identity: ResolvedMount.Identity?
  var rights: LandlockPlan.FileRights
  var isOptional: Bool

  init(
    base: String, relative: String, identity: ResolvedMount.Identity?, rights: LandlockPlan.FileRights, isOptional: Bool
  ) {
    self.base = base
    self.relative = relative
    self.identity = identity
    self.rights = rights
    self.isOptional = isOptional
  }

  /// A rule of a plan: its path is one inside, where there is nothing but what the plan mounts.
  init(_ rule: LandlockPlan.FileRule) {
    base = rule.path
    rights = rule.rights
    isOptional = rule.isOptional
  }

  var path: String { relative.isEmpty ? base : "\(base)/\(relative)" }
}

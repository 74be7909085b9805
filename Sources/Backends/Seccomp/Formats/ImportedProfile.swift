package import SandboxPlan
package import SystemCalls

/// What a profile of another tool depends on, besides its text.
package struct ProfileContext: Hashable, Sendable {
  package var architecture: Architecture
  /// Capabilities of the process, "CAP_CHOWN".
  package var capabilities: Set<String>
  package var kernel: KernelVersion

  /// - Parameter kernel: for rules with `minKernel`; the newest one that the table of calls covers when not given.
  package init(
    architecture: Architecture, capabilities: Set<String> = [], kernel: KernelVersion = KernelVersion(6, 18)
  ) {
    self.architecture = architecture
    self.capabilities = capabilities
    self.kernel = kernel
  }
}

/// A profile of another tool as a policy, and what the reader should know about it.
package struct ImportedProfile: Hashable, Sendable {
  package var policy: SystemCallPolicy
  /// In the order of the profile.
  package var notes: [ProfileNote]
  /// `SECCOMP_FILTER_FLAG_*` that the profile asks for; they belong to loading and not to the program.
  package var flags: [String]

  package init(policy: SystemCallPolicy, notes: [ProfileNote] = [], flags: [String] = []) {
    self.policy = policy
    self.notes = notes
    self.flags = flags
  }
}

package struct ProfileNote: Hashable, Sendable, CustomStringConvertible {
  package enum Kind: String, Hashable, Sendable {
    /// The profile compares an argument in more bits than the kernel reads; the policy compares those that it reads.
    case width
    /// A name without a number on the architecture, which every tool leaves out there.
    case absentCall = "absent-call"
    /// A rule that an earlier one of the profile leaves without effect.
    case shadowed
    /// Something of the profile that has no place in a program.
    case other
  }

  package var kind: Kind
  package var text: String

  package init(_ kind: Kind, _ text: String) {
    self.kind = kind
    self.text = text
  }

  package var description: String { "\(kind.rawValue): \(text)" }
}

package import SandboxPlan

/// A compiled filter: what is loaded into the kernel with `SECCOMP_SET_MODE_FILTER`.
package struct SystemCallFilter: Hashable, Sendable {
  package let architecture: Architecture
  package let program: [BPFInstruction]

  package init(architecture: Architecture, program: [BPFInstruction]) {
    self.architecture = architecture
    self.program = program
  }

  /// The program as an array of `struct sock_filter`, little-endian as all of our architectures are.
  package var bytes: [UInt8] { program.flatMap(\.bytes) }
}

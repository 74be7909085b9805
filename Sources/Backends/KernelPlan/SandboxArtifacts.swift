internal import CanonicalJSON
internal import Digests
package import SandboxPlan
internal import Seccomp
package import SystemIO

/// A kernel plan with its system-call filters: everything that the runner needs, for every architecture.
package struct SandboxArtifacts: Sendable {
  package struct Filter: Sendable {
    package var architecture: Architecture
    /// An array of `struct sock_filter`.
    package var program: [UInt8]
    /// The same decisions as an OCI `linux.seccomp` object, as far as that can say them; canonical JSON.
    package var oci: [UInt8]
  }

  /// With references to `filters`.
  package var plan: SandboxPlan
  /// By architecture, sorted.
  package var filters: [Filter]
  /// The filters of `plan.tools` one after the other, by architecture; empty when there are no tools.
  package var toolFilters: [(architecture: Architecture, programs: [UInt8])] = []

  /// Compiles the filters, each of them proven equal to the rules that it came from.
  ///
  /// - Throws: an internal error when a proof fails; nothing is built then.
  package init(_ kernel: KernelPlan) throws(Failure) {
    let policy = SystemCallPolicy.forApp(kernel.systemCalls)
    plan = kernel.sandbox
    filters = []
    for architecture in Architecture.allCases.sorted() {
      let filter = try SystemCallFilter.compile(policy, for: architecture)
      let program = filter.bytes
      let meaning = try FilterMeaning(of: filter)
      filters.append(
        Filter(architecture: architecture, program: program, oci: try OCIProfile.write(meaning).canonicalBytes))
      plan.filters.append(
        FilterReference(architecture: architecture, digest: Digest.of(program), instructions: filter.program.count))
      guard !kernel.tools.isEmpty else { continue }
      var programs: [UInt8] = []
      for (index, needs) in kernel.tools.enumerated() {
        let filter = try SystemCallFilter.compile(.forApp(needs), for: architecture)
        plan.tools[index].filters.append(
          FilterReference(
            architecture: architecture, digest: Digest.of(filter.bytes), instructions: filter.program.count))
        programs += filter.bytes
      }
      toolFilters.append((architecture, programs))
    }
  }
}

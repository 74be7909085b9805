internal import Exports
internal import Glibc
internal import KernelPlan
package import PolicyIR
internal import Runner
internal import SandboxPlan
package import SystemIO

/// Asks the kernel what an app may do: each operation is tried by a small static program, in a sandbox that is set up
/// from the very plan and filter that a bundle of the app would carry.
package struct ProbeRunner: Sendable {
  private let policy: Policy
  private let plan: SandboxPlan
  private let filter: [UInt8]

  /// - Throws: LR002 when no filters are made for this machine.
  package init(_ compilation: Compilation) throws(Failure) {
    let sandbox = try compilation.sandbox()
    guard let app = compilation.app, let architecture = Architecture.current,
      let filter = sandbox.filters.first(where: { $0.architecture == architecture })
    else { throw Failure("LR002", "there are no filters for this machine's architecture", path: compilation.path) }
    policy = app.policy
    plan = sandbox.plan
    self.filter = filter.program
  }

  /// Tries one operation.
  ///
  /// - Throws: `LR0xx` when the sandbox could not be set up.
  package func probe(_ operation: Operation) throws(Failure) -> ProbeResult {
    switch Probe.of(operation, policy: policy) {
    case .failure(let reason): return .notProbed(reason.reason)
    case .success(let probe): return try run(probe)
    }
  }

  /// What the kernel says of a statement of the manifest: of several operations that it may mean, an `allow` needs one,
  /// a `deny` none.
  package func probe(_ statement: PolicyTest.Statement) throws(Failure) -> ProbeResult {
    var results: [ProbeResult] = []
    for operation in statement.operations { results.append(try probe(operation)) }
    let permitted = results.first { if case .permitted = $0 { true } else { false } }
    let unknown = results.first { if case .notProbed = $0 { true } else { false } }
    return permitted ?? unknown ?? results.first ?? .notProbed("it names no operation")
  }

  private func run(_ probe: Probe) throws(Failure) -> ProbeResult {
    let world = try ScratchWorld.create()
    var request = try world.request(plan, filter: filter)
    for preparation in probe.preparations { try world.prepare(preparation, &request) }
    switch try probe.attempt.make(in: request) {
    case .done: return .permitted("it was done")
    case .failed(let error):
      let name = Attempt.Answer.name(error)
      if let reason = probe.saysNothing[error] { return .notProbed("\(reason) (\(name))") }
      return probe.isPermittedBy.contains(error)
        ? .permitted("let through, \(name)") : .refused("\(name), \(describe(errno: error))")
    case .ended(let status): return .refused("the process was ended: \(status.explanation)")
    }
  }
}

/// Errors of sockets, errno(3), that mean that a call was let through.
enum Errors {
  static let inProgress = EINPROGRESS
  static let refused = ECONNREFUSED
  static let timedOut = ETIMEDOUT
  static let addressInUse = EADDRINUSE
  static let addressNotAvailable = EADDRNOTAVAIL
}

// INVARIANT: this room starts programs with exactly the rights of a plan, or not at all. It fails closed: what the
// kernel cannot enforce is a `Failure` before anything runs. No Foundation; Swift never runs between clone and exec.

internal import CSandbox
internal import SandboxPlan
package import SystemIO

/// Starts sandboxes.
package enum Runner {
  /// Starts the program of `request.plan` and waits for its end; whatever it started ends with it.
  ///
  /// - Throws: `LR0xx` when the sandbox could not be set up; the program was then not started.
  ///
  /// - Parameter begun: a beginning to go on with, where it suits.
  package static func launch(_ request: LaunchRequest, in begun: BegunSandbox? = nil) throws(Failure) -> ExitStatus {
    guard request.withoutNamespaces else { return try start(request, begun) }
    begun?.abandon()
    let layout = try HostLayout(request)
    // The layout's files are there as long as it lives.
    return try withExtendedLifetime(layout) { () throws(Failure) in try start(layout.request, nil) }
  }

  private static func start(_ request: LaunchRequest, _ begun: BegunSandbox?) throws(Failure) -> ExitStatus {
    try Requirements.check(request)
    var egress: EgressSession?
    // Work on the app's behalf, such as applying its schema, reaches nobody.
    if let plan = request.plan.egress, request.replacedArguments == nil { egress = try EgressSession(request, plan) }
    let terminal = TerminalRelay(request)
    let group = ControlGroup.make(for: request.plan)
    defer { group?.remove() }
    let specification = try Specification(
      request, egress, terminal, group, in: begun?.memory ?? SpecificationMemory())
    // Before the clone: a signal that comes early must find somebody.
    let signals = try SignalDescriptor(isNeeded: request.forwardsSignals)
    var spawned = locara_spawned()
    var message = locara_message()
    let result = unsafe specification.withSandbox { sandbox in
      if let begun, unsafe begun.suits(sandbox.pointee) {
        return unsafe begun.goOn(sandbox, &spawned, &message)
      }
      begun?.abandon()
      return unsafe locara_spawn(sandbox, &spawned, &message)
    }
    guard result == 0 else {
      throw Requirements.explain(message, of: request.plan)
    }
    let sandbox = RunningSandbox(spawned)
    terminal?.start()
    request.meanwhile?()
    let descriptor = try sandbox.waitForStart(request)
    egress?.takeNetwork()
    var listener: DenialListener?
    if descriptor >= 0 {
      listener = DenialListener(
        owning: descriptor, filter: request.filter, receiver: request.denials, egress: egress,
        files: request.explainsFiles && request.denials != nil ? FileDenials(request) : nil)
    }
    let limit = [request.timeLimit, request.plan.wallTime].compactMap(\.self).min()
    return try sandbox.supervise(
      listener: listener, egress: egress, signals: signals, terminal: terminal, timeLimit: limit,
      awaitsCleanUp: !request.forwardsSignals || group != nil)
  }
}

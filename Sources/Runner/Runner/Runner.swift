// INVARIANT: this module starts programs with exactly the rights of a plan, or not at all. It fails closed: what the
// kernel cannot enforce is a `Failure` before anything runs. No Foundation; Swift never runs between clone and exec.

internal import CSandbox
internal import SandboxPlan
package import SystemIO

/// Starts sandboxes.
package enum Runner {
  /// Starts the program of `request.plan` and waits for its end; whatever it started ends with it.
  ///
  /// - Throws: `LR0xx` when the sandbox could not be set up; the program was then not started.
  package static func launch(_ request: LaunchRequest) throws(Failure) -> ExitStatus {
    guard request.withoutNamespaces else { return try start(request) }
    let layout = try HostLayout(request)
    // The layout's files are there as long as it lives.
    return try withExtendedLifetime(layout) { () throws(Failure) in try start(layout.request) }
  }

  private static func start(_ request: LaunchRequest) throws(Failure) -> ExitStatus {
    try Requirements.check(request)
    var egress: EgressSession?
    // Work on the app's behalf, such as applying its schema, reaches nobody.
    if let plan = request.plan.egress, request.replacedArguments == nil { egress = try EgressSession(request, plan) }
    let terminal = TerminalRelay(request)
    let group = ControlGroup.make(for: request.plan)
    defer { group?.remove() }
    let specification = try Specification(request, egress, terminal, group)
    // Before the clone: a signal that comes early must find somebody.
    let signals = try SignalDescriptor(isNeeded: request.forwardsSignals)
    var spawned = locara_spawned()
    var message = locara_message()
    guard unsafe specification.withSandbox({ unsafe locara_spawn($0, &spawned, &message) }) == 0 else {
      throw Requirements.explain(message, of: request.plan)
    }
    let sandbox = RunningSandbox(spawned)
    terminal?.start()
    request.meanwhile?()
    let descriptor = try sandbox.waitForStart(request)
    // Until here it keeps open what was chosen.
    withExtendedLifetime(specification) {}
    egress?.takeNetwork()
    var listener: DenialListener?
    if descriptor >= 0 {
      listener = DenialListener(
        owning: descriptor, filter: request.filter, receiver: request.denials, egress: egress,
        files: request.explainsFiles && request.denials != nil ? FileDenials(request) : nil)
    }
    if terminal == nil { request.prepared?.keep(specification, of: request, group) }
    let limit = [request.timeLimit, request.plan.wallTime].compactMap(\.self).min()
    return try sandbox.supervise(
      listener: listener, egress: egress, signals: signals, terminal: terminal, timeLimit: limit,
      awaitsCleanUp: !request.forwardsSignals || group != nil)
  }
}

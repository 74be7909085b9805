// INVARIANT: this room starts programs with exactly the rights of a plan, or not at all. It fails closed: what the
// kernel cannot enforce is a `Failure` before anything runs. No Foundation; Swift never runs between clone and exec.

package import SystemIO

/// Starts sandboxes.
package enum Runner {
  /// Starts the program of `request.plan` and waits for its end.
  ///
  /// - Throws: `LR0xx` when the sandbox could not be set up; the program was then not started.
  package static func launch(_ request: LaunchRequest) throws(Failure) -> ExitStatus {
    throw Failure("LR001", "the launcher is not built into this program")
  }
}

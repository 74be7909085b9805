internal import CSandbox
internal import Glibc
internal import SandboxPlan
package import SystemIO

/// One operation that is tried inside of a sandbox, by a program that does nothing else: what the kernel answers is what
/// it permits.
package struct Attempt: Hashable, Sendable {
  /// The words of the attempt: "read", "/data/x".
  package var words: [String]

  package init(_ words: String...) { self.words = words }

  /// What the kernel said.
  package enum Answer: Hashable, Sendable {
    case done
    /// It failed with this errno.
    case failed(Int32)
    /// The program that tries could not run in this sandbox, or was ended by it.
    case ended(ExitStatus)

    /// "EPERM"
    package static func name(_ error: Int32) -> String {
      unsafe locara_error_name(error).map { unsafe String(cString: $0) } ?? "errno \(error)"
    }
  }

  /// The verb of the launcher that makes an attempt. It is for this module alone and has no help.
  package static let verb = "attempt-inside"

  /// Makes the attempt, in the process that is inside: the exit code is the errno, or 0.
  package static func main(_ words: [String]) -> Int32 {
    var arguments = unsafe words.map { unsafe strdup($0) } + [nil]
    return unsafe locara_attempt(Int32(words.count), &arguments)
  }

  /// Makes the attempt in the sandbox of `request`, whose own program is not started.
  ///
  /// - Throws: `LR0xx` when the sandbox could not be set up.
  package func make(in request: LaunchRequest) throws(Failure) -> Answer {
    var request = request
    let program = "/run/locara/attempt"
    request.extraMounts += [PlanMount(.host(try CompilerProgram.launcher()), at: program, permitsExecution: true)]
    request.extraRules += [LandlockPlan.FileRule(path: program, rights: [.execute, .readFile])]
    request.replacedArguments = [program, Attempt.verb] + words
    request.streams = LaunchRequest.Streams(input: 0, output: 2, error: 2)
    switch try Runner.launch(request) {
    case .exited(0): return .done
    case .exited(let error) where error < LOCARA_NO_ATTEMPT: return .failed(error)
    case let status: return .ended(status)
    }
  }
}

// INVARIANT: this module finds what is to be compared (manifests in directories and in git, bundles in files and in the
// store), and keeps what people decided (approvals, consent). It never writes to a work tree, and it shows nothing.

internal import SystemIO

/// Runs git.
enum Git {
  /// The program is never to ask, to page, to take locks or to speak another language.
  private static let settings = [
    "GIT_OPTIONAL_LOCKS": "0", "GIT_TERMINAL_PROMPT": "0", "GIT_PAGER": "cat", "LC_ALL": "C",
  ]

  /// - Throws: LP001 when git cannot be started.
  static func run(_ arguments: [String], input: [UInt8] = []) throws(Failure) -> Program.Outcome {
    do throws(Failure) {
      return try Program.run(
        ["git"] + arguments, environment: Environment.all.merging(settings) { $1 }, input: input)
    } catch var failure {
      if failure.code == "LX009" { failure.code = "LP001" }
      throw failure
    }
  }
}

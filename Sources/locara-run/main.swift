internal import Glibc
internal import Runner
internal import SystemIO

// Starts apps, and nothing else: fully static, without Foundation and without a compiler.

let help = """
  USAGE: locara-run BUNDLE [--timeout DURATION] [--data DIRECTORY] [--paranoid] [-- ARGUMENTS]

  Runs an app in its sandbox, with exactly the rights that its bundle states. Exits as the app does: its own code, or
  128 and the number of the signal that ended it; 124 when the time was over, 125 when it could not be started, 64 when
  the command line is wrong.

  Example: locara-run notes.locapp -- search "feline napping"

  """

if let code = RunCommandLine.main(Array(CommandLine.arguments.dropFirst())) { exit(code) }
let isAskedFor = CommandLine.arguments.dropFirst().contains { $0 == "-h" || $0 == "--help" }
(isAskedFor ? StandardStream.output : StandardStream.error).write(help)
exit(isAskedFor ? 0 : 64)

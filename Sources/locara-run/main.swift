internal import Glibc
internal import Runner
internal import SystemIO

// Starts apps, and nothing else: fully static, without Foundation and without a compiler.

let help = """
  USAGE: locara-run BUNDLE [--open FILE] [--open-rw FILE] [--data DIRECTORY] [--timeout DURATION]
                    [--denials FILE] [--suggest] [--paranoid] [-- ARGUMENTS]

  Runs an app in its sandbox, with exactly the rights that its bundle states. Exits as the app does: its own code, or
  128 and the number of the signal that ended it; 124 when the time was over, 125 when it could not be started, 64 when
  the command line is wrong.

  --open FILE         hand a file or directory over for this run, to read; --open-rw, to change as well. The app finds
                      it below /user/selected, and its path in LOCARA_SELECTED.
  --data DIRECTORY    keep the app's data there instead of in its own directory
  --timeout DURATION  end the app after this time: 30s, 500ms, 5m
  --denials FILE      write what the app was denied to FILE, one JSON object a line, instead of to standard error
  --suggest           say at the end which lines of the manifest would have allowed it
  --paranoid          hash everything again instead of trusting what was recorded

  Example: locara-run notes.locapp -- search "feline napping"

  """

if let code = RunCommandLine.main(Array(CommandLine.arguments.dropFirst())) { exit(code) }
let isAskedFor = CommandLine.arguments.dropFirst().contains { $0 == "-h" || $0 == "--help" }
(isAskedFor ? StandardStream.output : StandardStream.error).write(help)
exit(isAskedFor ? 0 : 64)

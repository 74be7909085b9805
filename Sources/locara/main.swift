internal import ArgumentParser
internal import Glibc
internal import Runner
internal import SystemIO

// The command line: a folder a noun, a file a verb. No logic here that a room below could hold.
//
// `run` comes first and by itself: starting an app costs what its sandbox costs, without the argument parser.
if CommandLine.arguments.count > 1, CommandLine.arguments[1] == "run",
  let code = RunCommandLine.main(Array(CommandLine.arguments.dropFirst(2)))
{
  exit(code)
}

do {
  var command = try LocaraCommand.parseAsRoot()
  try command.run()
} catch let failure as Failure {
  StandardStream.error.write(failure.report(color: StandardStream.error.hasColor))
  LocaraCommand.exit(withError: failure.isBadInput ? Exit.badInput : Exit.operational)
} catch {
  LocaraCommand.exit(withError: error)
}

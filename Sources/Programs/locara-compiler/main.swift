internal import ArgumentParser
internal import Glibc
internal import Runner
internal import SystemIO

// The command line: a folder a noun, a file a verb. No logic here that a module below could hold. `run` is `locara`'s own;
// it hands everything else over to this program.

do {
  try StandardStream.openMissing()
  try CompilerProgram.checkLauncher()
  var command = try LocaraCommand.parseAsRoot()
  try command.run()
} catch let failure as Failure {
  StandardStream.error.write(failure.report(color: StandardStream.error.hasColor))
  LocaraCommand.exit(withError: failure.isBadInput ? Exit.badInput : Exit.operational)
} catch {
  LocaraCommand.exit(withError: error)
}

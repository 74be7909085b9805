internal import Egress
internal import Glibc
internal import Runner
internal import SystemIO

// Starts apps. Fully static, without Foundation and without a compiler, so that `locara run` costs what the sandbox
// costs (spec/decisions/launcher.md). Every other verb, and every help text, is `locara-compiler`'s.

if CommandLine.arguments.count > 1, CommandLine.arguments[1] == "run",
  let code = RunCommandLine.main(Array(CommandLine.arguments.dropFirst(2)))
{
  // Nothing is buffered, and what the process holds the kernel takes back by itself.
  _exit(code)
}
// What `locara test` starts inside of an app's sandbox.
if CommandLine.arguments.count > 2, CommandLine.arguments[1] == Attempt.verb {
  exit(Attempt.main(Array(CommandLine.arguments.dropFirst(2))))
}
if CommandLine.arguments.count > 1, CommandLine.arguments[1] == BrokerConfiguration.verb {
  exit(BrokerProgram.main(Array(CommandLine.arguments.dropFirst(2))))
}
let failure = CompilerProgram.become(CommandLine.arguments)
StandardStream.error.write(failure.report(color: StandardStream.error.hasColor))
exit(1)

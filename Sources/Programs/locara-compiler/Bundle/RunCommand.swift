internal import ArgumentParser

/// The help of `locara run`. The command itself is `RunCommandLine`, in the program `locara`.
struct RunCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "run", abstract: "Run a bundle in its sandbox, with exactly the rights that it states.",
    discussion: """
      The bundle is verified and unpacked on its first run. Data stays in a directory of the app's own, below \
      `$XDG_DATA_HOME/locara/data`. What is for the app comes after `--`.

      What the app may do is recorded at its first start. An update that may do more is shown and asked for; without a \
      terminal it is refused unless `--accept-widening` is given. One that may do less never asks.

      Exits as the app does: its own code, or 128 and the number of the signal that ended it; 124 when the time was \
      over, 125 when it could not be started.

      Examples:
        locara run notes.locapp -- search "feline napping"
        locara run notes.locapp --timeout 30s
        locara run notes-0.2.0.locapp --accept-widening --cool-down 7d
        locara run oci:registry.example.com/acme/notes:1.4.0
        locara run notes.locapp --no-namespaces
      """)

  @Argument(
    help: "The bundle, a `.locapp` file or a reference as `locara pull` takes it.",
    completion: .file(extensions: ["locapp"]))
  var bundle: String

  @Option(help: ArgumentHelp("End the app after this time: 30s, 500ms, 5m.", valueName: "duration"))
  var timeout: String?

  @Option(help: ArgumentHelp("Keep the app's data in this directory.", valueName: "directory"))
  var data: String?

  @Option(
    help: ArgumentHelp("Hand this file over, read-only; needs `user-selected`. May be repeated.", valueName: "file"))
  var open: [String] = []

  @Option(help: ArgumentHelp("Hand this file over for reading and writing. May be repeated.", valueName: "file"))
  var openRw: [String] = []

  @Option(help: ArgumentHelp("Write each kind of denied call to this file, JSON lines.", valueName: "file"))
  var denials: String?
  @Option(
    help: ArgumentHelp("Write what the app connected to FILE, one JSON object a line.", valueName: "file"))
  var egress: String?

  @Flag(help: "At the end, print the smallest change of the manifest that would have allowed what was denied.")
  var suggest = false

  @Flag(help: "Tell of files that the app does not get, too; every call that names a file takes longer then.")
  var explainFiles = false

  @Flag(help: "Agree to an update that may do more, without being asked.")
  var acceptWidening = false

  @Option(
    help: ArgumentHelp("Keep what an update may do anew off for this time: 7d, 12h, 30m.", valueName: "duration"))
  var coolDown: String?

  @Flag(help: "Hash every installed file again instead of trusting what was recorded.")
  var paranoid = false

  @Flag(
    help: """
      Start without namespaces, on a machine that forbids them: Landlock and the system-call filter alone are weaker, and \
      locara says in which way.
      """)
  var noNamespaces = false

  @Argument(parsing: .postTerminator, help: "Arguments for the app, after `--`.")
  var arguments: [String] = []

  func run() throws {
    throw ValidationError("an app is started by `locara`, not by `locara-compiler`")
  }
}

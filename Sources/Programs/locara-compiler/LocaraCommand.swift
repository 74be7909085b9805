internal import ArgumentParser
internal import BundleFormat

/// The root command.
struct LocaraCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "locara",
    abstract: "Compile, check, build and run local-first AI apps with exactly the rights that their manifest states.",
    discussion: """
      One manifest, `locara.yaml`, says what an app is, may touch, stores and which models it needs. locara derives a \
      policy from it, turns the policy into what the kernel enforces, and packs both with the app into one bundle.

      Start here:
        locara check locara.yaml                  is the manifest right?
        locara compile locara.yaml --emit policy  what may the app do?
        locara build locara.yaml -o app.locapp    pack it, reproducibly
        locara inspect app.locapp                 what is in a bundle, and how is it enforced?
        locara run app.locapp -- ARGUMENTS        run it in its sandbox

      Exit codes:
      \(Exit.help)
      `locara run` exits as the app does: its own code, or 128 and the number of the signal that ended it.
      """,
    version: Version.text,
    subcommands: [],
    groupedSubcommands: [
      CommandGroup(
        name: "Manifest",
        subcommands: [
          InitCommand.self, CheckCommand.self, FormatCommand.self, CompileCommand.self, MigrateManifestCommand.self,
          LockCommand.self, ExplainCommand.self,
          LanguageServerCommand.self,
        ]),
      CommandGroup(
        name: "Policy", subcommands: [DiffCommand.self, TestCommand.self, GitCommand.self, ConsentCommand.self]),
      CommandGroup(
        name: "Bundle",
        subcommands: [
          BuildCommand.self, InspectCommand.self, RunCommand.self, SuggestCommand.self, PsCommand.self,
          ExportCommand.self,
        ]),
      CommandGroup(
        name: "Registries",
        subcommands: [
          PushCommand.self, PullCommand.self, CopyCommand.self, TagCommand.self, RunPublishedCommand.self,
        ]),
      CommandGroup(
        name: "Signatures",
        subcommands: [KeyCommand.self, SignCommand.self, VerifyCommand.self, TrustCommand.self]),
      CommandGroup(
        name: "Storage",
        subcommands: [
          ModelCommand.self, DatabaseCommand.self, StoreCommand.self, RuntimeCommand.self, CacheCommand.self,
        ]),
      CommandGroup(name: "System-call filters", subcommands: [SeccompCommand.self]),
      CommandGroup(name: "System", subcommands: [DoctorCommand.self, GenerateCommand.self, VersionCommand.self]),
    ])
}

internal import ArgumentParser
internal import Builder
internal import SystemIO

struct ModelImportCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "import", abstract: "Take a model's files from a directory, if they are what the lock says.",
    discussion: """
      A file is accepted only when its size and SHA-256 are those of the lock; it is verified while it is copied.

      Examples:
        locara model import locara.yaml --from downloads/minilm
        locara model import locara.yaml --id all-minilm-l6-v2 --from downloads/minilm
      """)

  @OptionGroup var options: ManifestOptions

  @Option(help: ArgumentHelp("The directory that holds the files.", valueName: "directory"), completion: .directory)
  var from: String

  @Option(help: ArgumentHelp("Only this model; all of the lock by default.", valueName: "id"))
  var id: String?

  func run() throws {
    for line in try ModelImport(manifest: options.manifest, id: id).take(from: from) { Console.print(line) }
  }
}

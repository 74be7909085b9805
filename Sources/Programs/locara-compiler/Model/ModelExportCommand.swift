internal import ArgumentParser
internal import Builder
internal import ModelStore
internal import SystemIO

struct ModelExportCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "export", abstract: "Write models into a cache that huggingface_hub reads, also offline.",
    discussion: """
      Models of `hf:` sources that are locked at a commit are written as huggingface_hub keeps them: blobs, a snapshot \
      with links, the branch. Every byte is verified on the way; what is there and right is left as it is.

      Examples:
        locara model export locara.yaml --to ~/.cache/huggingface/hub
        HF_HUB_CACHE=$PWD/hub HF_HUB_OFFLINE=1 python3 app.py
      """)

  @OptionGroup var options: ManifestOptions

  @Option(help: ArgumentHelp("The cache's directory; it is made.", valueName: "directory"), completion: .directory)
  var to: String

  @Option(help: ArgumentHelp("Only this model; all of the lock by default.", valueName: "id"))
  var id: String?

  func run() throws {
    let store = try ModelStore.ofUser()
    for line in try ModelExport(manifest: options.manifest, id: id, store: store).write(to: to) { Console.print(line) }
  }
}

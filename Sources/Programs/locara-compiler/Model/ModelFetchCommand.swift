internal import ArgumentParser
internal import Builder
internal import SystemIO

struct ModelFetchCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "fetch", abstract: "Bring the models of a manifest into this user's store, verified.",
    discussion: """
      A file that the store does not have is taken from the caches of huggingface_hub and Ollama on this machine, if it is \
      what the lock says, else from mirrors, else from its source; many processes may do so at once. A download that \
      was broken off is gone on with. Entries that the lock lacks are locked first.

      Settings are those of huggingface_hub: HF_ENDPOINT, HF_TOKEN (or the token file), HF_HUB_CACHE; of Ollama: \
      OLLAMA_MODELS; of HTTP: https_proxy, no_proxy, SSL_CERT_FILE; and LOCARA_MIRRORS (addresses separated by commas), \
      LOCARA_OFFLINE, LOCARA_HTTP_TIMEOUT (seconds of silence), LOCARA_HTTP_ATTEMPTS.

      Exit codes: 0 all files are there, 1 a source failed, 65 the lock is wrong or a file is not what it names.

      Examples:
        locara model fetch locara.yaml
        locara model fetch locara.yaml --locked
        locara model fetch locara.yaml --offline --id all-minilm-l6-v2
      """)

  @OptionGroup var options: ManifestOptions
  @OptionGroup var source: SourceOptions

  @Flag(help: "Take the lock as it is: fail when it is missing or does not fit the manifest.")
  var locked = false

  @Option(help: ArgumentHelp("Only this model; all of the lock by default.", valueName: "id"))
  var id: String?

  func run() throws {
    let fetching = try ModelFetching(manifest: options.manifest, isLocked: locked, fetcher: try source.fetcher())
    Console.show(fetching.diagnostics, in: fetching.sources)
    if fetching.hasErrors { throw Exit.badInput }
    for change in fetching.changes { Console.note("locked: \(change)") }
    try fetching.run(id: id) { Console.print($0) }
  }
}

internal import ArgumentParser
internal import BundleFormat
internal import Distribution
internal import ModelSources
internal import Publishing
internal import Signing
internal import SystemIO
internal import Trust

struct PullCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "pull", abstract: "Fetch a bundle and its signatures from a registry or a directory, and verify them.",
    discussion: """
      The file is the one that was built, byte by byte. With a trust file (--trust, else ~/.config/locara/trust.yaml when \
      there is one) a bundle that its publisher's keys did not sign is refused and not kept. After a break the same \
      command goes on.

      With --models the weights that the bundle's lock names come into your model store, with --fat also into the file: from \
      the registry when they were published there, else from where the lock says, as `locara model fetch` does.

      \(RegistryOptions.discussion)

      Examples:
        locara pull oci:registry.example.com/acme/notes:1.4.0
        locara pull dir:/srv/apps/notes -o notes.locapp
        locara pull oci:registry.example.com/acme/notes:1.4.0 --models
      """)

  @Argument(help: "What to fetch.", transform: ArtifactReference.argument)
  var reference: ArtifactReference
  @Option(
    name: .shortAndLong, help: ArgumentHelp("The bundle's file; `NAME-VERSION.locapp` by default.", valueName: "file"))
  var output: String?
  @Option(help: ArgumentHelp("The trust file.", valueName: "file"), completion: .file(extensions: ["yaml"]))
  var trust: String?
  @Flag(help: "Accept an older version than was accepted before.")
  var allowDowngrade = false
  @Flag(help: "Fetch the app's models, too, into your model store.")
  var models = false
  @Flag(help: "Put the app's models into the file as well. Its digest stays the same.")
  var fat = false
  @OptionGroup var registry: RegistryOptions

  func run() throws {
    let repository = try registry.repositories.open(reference)
    let document = try repository.document(tag: reference.tag, digest: reference.digest)
    let path = try output ?? defaultName(document, repository)
    let fetcher = models || fat ? try SourceOptions.fetcher() : nil
    let fetched = try Self.fetch(
      document, from: repository, to: path, trust: trust, allowDowngrade: allowDowngrade
    ) { (bundle) throws(Failure) in
      guard let fetcher else { return [] }
      let files = try PublishedModels.fetch(bundle, from: repository, by: fetcher, progress: Self.showing("models"))
      return fat ? files : []
    }
    Console.print("\(path) \(fetched.bundle.configuration.identifier) \(fetched.bundle.digest)")
    for file in fetched.signatures { Console.print("  \(file)") }
  }

  /// Fetches a bundle, and keeps it only when the trust file, if there is one, has nothing against it.
  static func fetch(
    _ document: OCIDocument, from repository: any Repository, to path: String, trust: String?, allowDowngrade: Bool,
    models: (Bundle) throws(Failure) -> [BundleWriter.ModelFile] = { _ throws(Failure) in [] }
  ) throws(Failure) -> FetchedBundle {
    let progress = TransferProgress()
    defer { progress.end() }
    return try BundleExchange.pull(
      document, from: repository, to: path,
      accept: { (bundle, signatures) throws(Failure) in
        progress.end()
        guard let file = trust ?? TrustPolicy.userPath, trust != nil || Files.exists(file) else { return }
        let verdict = try TrustDecision(policy: TrustPolicy(reading: file), state: .ofUser(), today: Day.fromNow())
          .decide(bundle, signatures: signatures.map { ($0.bytes, $0.path) }, allowDowngrade: allowDowngrade)
        for note in verdict.notes { Console.note("note: \(note)") }
        for signer in verdict.signers { Console.note("signed by \(signer.identifier)") }
      },
      models: models, progress: { done, total in progress.advance("fetching", to: done, of: total) })
  }

  /// Shows how far something is.
  static func showing(_ label: String) -> (Int64, Int64) -> Void {
    let progress = TransferProgress()
    return { done, total in
      progress.advance(label, to: done, of: total)
      if done == total { progress.end() }
    }
  }

  /// From the config alone, so that the file has its name before it is fetched.
  private func defaultName(_ document: OCIDocument, _ repository: any Repository) throws(Failure) -> String {
    let (name, version) = try BundleExchange.nameAndVersion(document, in: repository)
    return "\(name)-\(version).locapp"
  }
}

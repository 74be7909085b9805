internal import ArgumentParser
internal import Builder
internal import BundleFormat
internal import Distribution
internal import Publishing
internal import SystemIO
internal import Trust

struct PullCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "pull", abstract: "Fetch a bundle and its signatures from a registry or a directory, and verify them.",
    discussion: """
      The file is the one that was built, byte by byte. With a trust file (--trust, else ~/.config/locara/trust.yaml when \
      there is one) a bundle that its publisher's keys did not sign is refused and not kept. After a break the same \
      command goes on.

      \(RegistryOptions.discussion)

      Examples:
        locara pull oci:registry.example.com/acme/notes:1.4.0
        locara pull dir:/srv/apps/notes -o notes.locapp
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
  @OptionGroup var registry: RegistryOptions

  func run() throws {
    let repository = try registry.repositories.open(reference)
    let document = try repository.document(tag: reference.tag, digest: reference.digest)
    let path = try output ?? defaultName(document, repository)
    let fetched = try Self.fetch(
      document, from: repository, to: path, trust: trust, allowDowngrade: allowDowngrade)
    Console.print("\(path) \(fetched.bundle.configuration.identifier) \(fetched.bundle.digest)")
    for file in fetched.signatures { Console.print("  \(file)") }
  }

  /// Fetches a bundle, and keeps it only when the trust file, if there is one, has nothing against it.
  static func fetch(
    _ document: OCIDocument, from repository: any Repository, to path: String, trust: String?, allowDowngrade: Bool
  ) throws(Failure) -> FetchedBundle {
    let line = ProgressLine("fetching")
    defer { line.end() }
    return try BundleExchange.pull(
      document, from: repository, to: path,
      accept: { (bundle, signatures) throws(Failure) in
        guard let file = trust ?? TrustPolicy.userPath, trust != nil || Files.exists(file) else { return }
        var envelopes: [(envelope: Envelope, path: String)] = []
        for signature in signatures where !Minisignature.isOne(signature.bytes) {
          envelopes.append(
            (envelope: try Envelope(parsing: signature.bytes, path: signature.path), path: signature.path))
        }
        let decision = TrustDecision(
          policy: try TrustPolicy(reading: file), state: try TrustState.ofUser(), today: Day.fromNow())
        let verdict = try decision.decide(bundle, envelopes: envelopes, allowDowngrade: allowDowngrade)
        for note in verdict.notes { Console.note("note: \(note)") }
        for signer in verdict.signers { Console.note("signed by \(signer.identifier)") }
      },
      progress: { done, total in line.step(RegistryOptions.megabytes(done, of: total)) })
  }

  /// From the config alone, so that the file has its name before it is fetched.
  private func defaultName(_ document: OCIDocument, _ repository: any Repository) throws(Failure) -> String {
    let (name, version) = try BundleExchange.nameAndVersion(document, in: repository)
    return "\(name)-\(version).locapp"
  }
}

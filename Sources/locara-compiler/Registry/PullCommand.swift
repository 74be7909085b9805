internal import ArgumentParser
internal import Builder
internal import BundleFormat
internal import Digests
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
  @Flag(help: "Put the bundle into the store of installed bundles and write no file.")
  var install = false
  @OptionGroup var registry: RegistryOptions

  func validate() throws {
    if install, output != nil { throw ValidationError("--install writes no file; leave out -o") }
  }

  func run() throws {
    let repository = try registry.repositories.open(reference)
    let document = try repository.document(tag: reference.tag, digest: reference.digest)
    if install { return try installed(document, from: repository) }
    let path = try output ?? defaultName(document, repository)
    // Not over a file that is another bundle: pulling must not lose anything.
    let fetched = try fetch(document, from: repository, to: path)
    Console.print("\(path) \(fetched.bundle.configuration.identifier) \(fetched.bundle.digest)")
    for file in fetched.signatures { Console.print("  \(file)") }
  }

  private func fetch(
    _ document: OCIDocument, from repository: any Repository, to path: String
  ) throws(Failure) -> FetchedBundle {
    let line = ProgressLine("fetching")
    defer { line.end() }
    let fetched = try BundleExchange.pull(document, from: repository, to: path) { done, total in
      line.step(RegistryOptions.megabytes(done, of: total))
    }
    do throws(Failure) { try decide(fetched) } catch let failure {
      for file in fetched.signatures + [path] { try Files.remove(file) }
      throw failure
    }
    return fetched
  }

  private func installed(_ document: OCIDocument, from repository: any Repository) throws(Failure) {
    let store = try BundleStore.ofUser()
    if try store.find(document.descriptor.digest) == nil {
      // Named by its digest, so that an interrupted fetch is found again.
      let directory = try Repositories.staging()
      try Directories.create(directory, mode: 0o700)
      let path = "\(directory)/\(document.descriptor.digest.hexadecimal).locapp"
      let fetched = try fetch(document, from: repository, to: path)
      _ = try store.open(path)
      for file in fetched.signatures + [path] { try Files.remove(file) }
    }
    Console.print("\(document.descriptor.digest)")
  }

  private func decide(_ fetched: FetchedBundle) throws(Failure) {
    guard let path = trust ?? TrustPolicy.userPath, trust != nil || Files.exists(path) else { return }
    var envelopes: [(envelope: Envelope, path: String)] = []
    for file in fetched.signatures where !file.hasSuffix(".minisig") {
      envelopes.append((envelope: try BundleSignature.read(file), path: file))
    }
    let decision = TrustDecision(
      policy: try TrustPolicy(reading: path), state: try TrustState.ofUser(), today: Day.fromNow())
    let verdict = try decision.decide(fetched.bundle, envelopes: envelopes, allowDowngrade: allowDowngrade)
    for note in verdict.notes { Console.note("note: \(note)") }
    for signer in verdict.signers { Console.note("signed by \(signer.identifier)") }
  }

  /// From the config alone, so that the file has its name before it is fetched.
  private func defaultName(_ document: OCIDocument, _ repository: any Repository) throws(Failure) -> String {
    let (name, version) = try BundleExchange.nameAndVersion(document, in: repository)
    return "\(name)-\(version).locapp"
  }
}

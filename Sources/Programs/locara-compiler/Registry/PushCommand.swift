internal import ArgumentParser
internal import Builder
internal import BundleFormat
internal import Distribution
internal import OCI
internal import Publishing
internal import SystemIO

struct PushCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "push", abstract: "Publish a bundle and its signatures in a registry, or in a directory.",
    discussion: """
      Every byte of the bundle is verified first. Its digest stays the same. Signatures beside the bundle go along as \
      what refers to it, and so do its weights: those that a fat bundle carries as they are, others by hash and the address \
      of their source, where the registry allows that. Without a reference it goes into a directory of yours; without a tag, under its version. What is \
      there already is not sent again, and a break is gone on with.

      \(RegistryOptions.discussion)

      Examples:
        locara push notes.locapp oci:registry.example.com/acme/notes
        locara push notes.locapp dir:/srv/apps/notes:1.4.0
        locara push notes.locapp
      """)

  @Argument(help: "The bundle, a `.locapp` file.", completion: .file(extensions: ["locapp"]))
  var bundle: String
  @Argument(
    help: "Where it goes; by default a directory below `$XDG_DATA_HOME/locara/published`.",
    transform: ArtifactReference.argument)
  var reference: ArtifactReference?
  @Option(
    help: ArgumentHelp("A signature; may be repeated. By default those beside the bundle.", valueName: "file"),
    completion: .file())
  var signature: [String] = []
  @OptionGroup var registry: RegistryOptions

  func run() throws {
    let bundle = try Bundle.open(self.bundle)
    var reference =
      try self.reference
      ?? Repositories.defaultReference(
        publisher: bundle.configuration.publisher, name: bundle.configuration.name)
    if let digest = reference.digest, digest != bundle.digest {
      throw ValidationError("the reference names \(digest), and the bundle is \(bundle.digest)")
    }
    reference.digest = nil
    let tag = reference.tag ?? BundleExchange.defaultTag(bundle)
    let progress = TransferProgress()
    defer { progress.end() }
    let pushed = try BundleExchange.push(
      bundle, signatures: signature.isEmpty ? BundleSignature.paths(beside: self.bundle) : signature,
      to: try registry.repositories.open(reference, create: true), tag: tag
    ) { done, total in progress.advance("publishing", to: done, of: total) }
    progress.end()
    reference.tag = tag
    reference.digest = pushed.descriptor.digest
    Console.print("\(reference)")
    tell(pushed.models)
  }

  /// What became of the weights, for people.
  private func tell(_ models: PublishedModels.Pushed) {
    if models.stored > 0 { Console.note("\(models.stored) of the model files are there") }
    if models.referenced > 0 { Console.note("\(models.referenced) of the model files are named by their source") }
    if let refusal = models.refusal { Console.note("note: sources of models are not taken: \(refusal)") }
    for name in models.missing {
      Console.note("note: the model file \(name) is not published; whoever needs it gets it by its lock")
    }
  }
}

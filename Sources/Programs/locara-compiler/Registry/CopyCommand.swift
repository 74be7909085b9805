internal import ArgumentParser
internal import Distribution
internal import OCI
internal import Publishing
internal import SystemIO

struct CopyCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "copy", abstract: "Copy a published bundle with its signatures to another registry or directory.",
    discussion: """
      Digests stay the same. Within one registry nothing moves.

      \(RegistryOptions.discussion)

      Examples:
        locara copy oci:registry.example.com/acme/notes:1.4.0 dir:/srv/mirror/notes
        locara copy dir:/srv/mirror/notes:1.4.0 oci:registry.example.org/notes
      """)

  @Argument(help: "What to copy.", transform: ArtifactReference.argument)
  var source: ArtifactReference
  @Argument(help: "Where it goes; without a tag, under the source's.", transform: ArtifactReference.argument)
  var target: ArtifactReference
  @OptionGroup var registry: RegistryOptions

  func run() throws {
    let repositories = registry.repositories
    let from = try repositories.open(source)
    let to = try repositories.open(target, create: true)
    let document = try from.document(tag: source.tag, digest: source.digest)
    let tag = target.tag ?? source.tag
    let progress = TransferProgress()
    defer { progress.end() }
    var copy = ArtifactCopy(from: from, to: to, staging: try Repositories.staging())
    copy.progress = { done, total in progress.advance("copying", to: done, of: total) }
    try copy.run(document, tag: tag, referrers: true)
    progress.end()
    Console.print("\(ArtifactReference(place: target.place, tag: tag, digest: document.descriptor.digest))")
  }
}

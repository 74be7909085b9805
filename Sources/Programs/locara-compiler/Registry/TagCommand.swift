internal import ArgumentParser
internal import Distribution
internal import OCI
internal import Publishing
internal import SystemIO

struct TagCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "tag", abstract: "List the tags of a repository, or give a published bundle another one.",
    discussion: """
      \(RegistryOptions.discussion)

      Examples:
        locara tag oci:registry.example.com/acme/notes
        locara tag oci:registry.example.com/acme/notes:1.4.0 latest stable
      """)

  @Argument(help: "The repository, or what gets the tags.", transform: ArtifactReference.argument)
  var reference: ArtifactReference
  @Argument(help: "The new tags.")
  var tags: [String] = []
  @OptionGroup var registry: RegistryOptions

  func validate() throws {
    if let wrong = tags.first(where: { !ArtifactReference.isTag($0) }) {
      throw ValidationError("`\(wrong)` is no tag: letters, digits, `_`, `.` and `-`, at most 128")
    }
  }

  func run() throws {
    let repository = try registry.repositories.open(reference)
    guard !tags.isEmpty else {
      for tag in try repository.tags() { Console.print(tag) }
      return
    }
    let document = try repository.document(tag: reference.tag, digest: reference.digest)
    for tag in tags {
      try repository.store(document, tag: tag)
      Console.print("\(ArtifactReference(place: reference.place, tag: tag, digest: document.descriptor.digest))")
    }
  }
}

internal import ArgumentParser
internal import Builder
internal import BundleStore
internal import Digests
internal import SystemIO

struct RuntimeCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "runtime", abstract: "Keep the root file systems that apps with a pinned image run in.",
    subcommands: [RuntimeImportCommand.self, RuntimeListCommand.self, RuntimeRemoveCommand.self])

  static func digest(_ text: String) throws -> Digest {
    guard let digest = Digest(text) ?? Digest(hexadecimal: text) else {
      throw ValidationError("expected a digest, `sha256:` and 64 hexadecimal digits, found `\(text)`")
    }
    return digest
  }
}

struct RuntimeImportCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "import", abstract: "Unpack an OCI image of this machine into this user's store.",
    discussion: """
      Takes an OCI image layout, a directory or an archive of one. Every part is verified by its digest. Prints the \
      digest, which is what `runtime: {image: oci:NAME@sha256:…}` names.

      Examples:
        locara runtime import debian-layout
        locara runtime import debian.tar --image sha256:9f86d0…
      """)

  @Argument(help: "The layout.", completion: .file())
  var layout: String

  @Option(
    help: ArgumentHelp("Which image of the layout, when it holds several.", valueName: "digest"),
    transform: RuntimeCommand.digest)
  var image: Digest?

  func run() throws { Console.print("\(try RuntimeImport.take(layout, digest: image))") }
}

struct RuntimeListCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "list", abstract: "List the root file systems in this user's store.",
    discussion: """
      Example:
        locara runtime list
      """)

  func run() throws {
    for digest in try RuntimeStore.ofUser().list() { Console.print("\(digest)") }
  }
}

struct RuntimeRemoveCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "remove", abstract: "Remove a root file system from this user's store.",
    discussion: """
      Example:
        locara runtime remove sha256:9f86d0…
      """)

  @Argument(help: "The image's digest.", transform: RuntimeCommand.digest)
  var digest: Digest

  func run() throws { try RuntimeStore.ofUser().remove(digest) }
}

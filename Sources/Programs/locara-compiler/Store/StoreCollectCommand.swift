internal import ArgumentParser
internal import BundleStore
internal import Digests
internal import SystemIO

struct StoreCollectCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "gc", abstract: "Remove unpacked bundles that nothing runs from.",
    discussion: """
      Apps' data, models and bundle files stay: a bundle that was removed is unpacked again when it is run. Prints what \
      was removed.

      Examples:
        locara store gc
        locara store gc --keep sha256:9f86d0…
      """)

  @Option(
    help: ArgumentHelp("The digest of a bundle to keep; may be repeated.", valueName: "digest"),
    transform: { text in
      guard let digest = Digest(text) ?? Digest(hexadecimal: text) else {
        throw ValidationError("expected a digest as `locara store list` prints it, found `\(text)`")
      }
      return digest
    })
  var keep: [Digest] = []

  func run() throws {
    let store = try BundleStore.ofUser()
    var sizes: [Digest: Int64] = [:]
    for digest in try store.list() { sizes[digest] = try store.size(of: digest) }
    var freed: Int64 = 0
    for digest in try store.collect(keeping: Set(keep)) {
      let size = sizes[digest] ?? 0
      freed += size
      Console.print("\(digest)  \(size) bytes")
    }
    Console.note("freed \(freed) bytes")
  }
}

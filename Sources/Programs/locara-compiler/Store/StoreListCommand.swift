internal import ArgumentParser
internal import BundleFormat
internal import BundleStore
internal import CanonicalJSON
internal import Digests
internal import SystemIO

struct StoreListCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "list", abstract: "List the bundles in this user's store.",
    discussion: """
      Examples:
        locara store list
        locara store list --format json
      """)

  @Option(help: "text or json.")
  var format: OutputFormat = .text

  private struct Item {
    var digest: Digest
    /// Nil when the entry is damaged.
    var identifier: String?
    var size: Int64
  }

  func run() throws {
    let items = try list()
    switch format {
    case .text:
      if items.isEmpty { Console.note("no bundles yet; `locara run` puts them there") }
      for item in items {
        Console.print("\(item.digest)  \(item.identifier ?? "damaged")  \(item.size) bytes")
      }
    case .json:
      let list = items.map { item -> JSON in
        [
          "digest": .string(item.digest.description), "id": item.identifier.map(JSON.string) ?? .null,
          "size": .integer(item.size),
        ]
      }
      Console.write(JSON.object(["bundles": .array(list)]).prettyBytes)
    }
  }

  private func list() throws(Failure) -> [Item] {
    let store = try BundleStore.ofUser()
    var items: [Item] = []
    for digest in try store.list() {
      let size = try store.size(of: digest)
      do throws(Failure) {
        // Nil: it was collected since.
        guard let installed = try store.find(digest) else { continue }
        items.append(Item(digest: digest, identifier: installed.bundle.configuration.identifier, size: size))
      } catch let failure {
        guard failure.code == "LB012" else { throw failure }
        items.append(Item(digest: digest, identifier: nil, size: size))
      }
    }
    return items
  }
}

internal import ArgumentParser
internal import CanonicalJSON
internal import Digests
internal import ModelStore
internal import SystemIO

struct ModelListCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "list", abstract: "List the model files in this user's store.",
    discussion: """
      Examples:
        locara model list
        locara model list --format json
      """)

  @Option(help: "text or json.")
  var format: OutputFormat = .text

  func run() throws {
    let items = try ModelStore.ofUser().list()
    switch format {
    case .text:
      if items.isEmpty { Console.note("no model files yet; `locara model import` puts them there") }
      for item in items { Console.print("\(item.digest)  \(item.size) bytes") }
    case .json:
      let list = items.map { item in
        JSON.object(["digest": .string(item.digest.description), "size": .integer(item.size)])
      }
      Console.write(JSON.object(["files": .array(list)]).prettyBytes)
    }
  }
}

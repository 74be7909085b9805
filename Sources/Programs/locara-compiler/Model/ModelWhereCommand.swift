internal import ArgumentParser
internal import Builder
internal import CanonicalJSON
internal import Digests
internal import ModelStore
internal import SystemIO

struct ModelWhereCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "where", abstract: "Print where the files of a manifest's models are in this user's store.",
    discussion: """
      Exit codes: 0 all files are there, 2 some are not.

      Examples:
        locara model where locara.yaml
        locara model where locara.yaml --id all-minilm-l6-v2 --format json
      """)

  @OptionGroup var options: ManifestOptions

  @Option(help: ArgumentHelp("Only this model; all of the lock by default.", valueName: "id"))
  var id: String?

  @Option(help: "text or json.")
  var format: OutputFormat = .text

  func run() throws {
    let places = try ModelPlaces(manifest: options.manifest, id: id, store: try ModelStore.ofUser()).places
    switch format {
    case .text:
      for place in places { Console.print("\(place.model)/\(place.file)  \(place.path ?? "not in the store")") }
    case .json:
      let files = places.map { place in
        var members: [String: JSON] = [
          "model": .string(place.model), "file": .string(place.file), "digest": .string(place.digest.description),
          "size": .integer(place.size),
        ]
        members["path"] = place.path.map(JSON.string)
        return JSON.object(members)
      }
      Console.write(JSON.object(["files": .array(files)]).prettyBytes)
    }
    if places.contains(where: { $0.path == nil }) { throw Exit.difference }
  }
}

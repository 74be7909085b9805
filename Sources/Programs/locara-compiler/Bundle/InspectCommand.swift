internal import ArgumentParser
internal import Builder
internal import CanonicalJSON
internal import SystemIO

struct InspectCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "inspect", abstract: "Show what an app may do and how each grant is enforced.",
    discussion: """
      Takes a manifest or a bundle; of a bundle, every digest is verified first.

      Examples:
        locara inspect locara.yaml
        locara inspect notes.locapp
        locara inspect notes.locapp --format json
      """)

  @Argument(help: "A manifest, a directory that holds one, or a bundle.")
  var path: String

  @Option(help: "text or json.")
  var format: OutputFormat = .text

  func run() throws {
    let inspection = try inspect()
    switch format {
    case .text: Console.print(inspection.text)
    case .json: Console.write(inspection.json.prettyBytes)
    }
  }

  private func inspect() throws -> Inspection {
    if try Inspection.isBundle(path) { return try Inspection(bundle: path) }
    let compilation = try ManifestOptions.parse([path]).compile(quietly: true)
    return try Inspection(compilation)
  }
}

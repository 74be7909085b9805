internal import ArgumentParser
internal import BundleFormat
internal import CanonicalJSON

struct VersionCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "version", abstract: "Print the version.",
    discussion: """
      Examples:
        locara version
        locara version --format json
      """)

  @Option(help: "text or json.")
  var format: OutputFormat = .text

  func run() throws {
    switch format {
    case .text: Console.print("locara \(Version.text)")
    case .json: Console.print(JSON.object(["name": "locara", "version": .string(Version.text)]).canonicalText)
    }
  }
}

/// How a command writes what it found.
enum OutputFormat: String, ExpressibleByArgument, CaseIterable {
  case text, json
}

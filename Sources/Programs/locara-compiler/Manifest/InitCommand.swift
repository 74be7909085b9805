internal import ArgumentParser
internal import Builder
internal import SystemIO

struct InitCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "init", abstract: "Start an app from a template that checks, builds and runs.",
    discussion: """
      Templates:
      \(Template.all.map { "  \($0.name.padded(12)) \($0.summary)" }.joined(separator: "\n"))

      Writes only files that are not there yet. Weights of models are not part of a template: `chat` and `transcribe` run \
      without, do less, and say in their manifest how to add a model.

      Examples:
        locara init notes
        locara init notes --template search --publisher acme
      """)

  @Argument(help: ArgumentHelp("Where the app begins; made when it is missing.", valueName: "directory"))
  var directory = "."

  @Option(help: "What to start from: \(Template.all.map(\.name).joined(separator: ", ")).")
  var template: Choice = .blank

  @Option(help: "The app's name; by default from the directory's.")
  var name: String?

  @Option(help: "Who publishes it.")
  var publisher = "me"

  enum Choice: String, ExpressibleByArgument, CaseIterable {
    case blank, chat, search, transcribe
    case mcpServer = "mcp-server"
  }

  func run() throws {
    guard let template = Template.named(template.rawValue) else { throw Exit.operational }
    // `.` is called what it is called elsewhere.
    let named = name ?? Template.name(for: directory == "." ? Environment.workingDirectory : directory)
    for path in try template.write(to: directory, name: named, publisher: publisher) { Console.print(path) }
    let place = directory == "." ? "" : " \(directory)"
    Console.note("next: locara check --strict\(place), then locara build \(directory)/locara.yaml -o \(named).locapp")
  }
}

extension String {
  fileprivate func padded(_ width: Int) -> String { self + String(repeating: " ", count: max(0, width - count)) }
}

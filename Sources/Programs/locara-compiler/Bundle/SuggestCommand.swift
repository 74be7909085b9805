internal import ArgumentParser
internal import CanonicalJSON
internal import Reports
internal import Review
internal import SystemIO

struct SuggestCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "suggest", abstract: "Print the smallest change of a manifest that allows what an app was denied.",
    discussion: """
      Takes the denials that `locara run --denials FILE` wrote. The change is a patch for the manifest, followed by what \
      it lets the app do that it could not do before: read that before you apply it.

      Examples:
        locara suggest app.locapp --denials denials.jsonl
        locara suggest locara.yaml --denials denials.jsonl > allow.patch && patch -p1 < allow.patch
      """)

  @Argument(help: "The manifest, or the bundle that carries it.", completion: .file(extensions: ["locapp", "yaml"]))
  var source: String
  @Option(help: ArgumentHelp("What was denied, JSON lines; `-` is standard input.", valueName: "file"))
  var denials: String
  @Option(help: "text or json.")
  var format: OutputFormat = .text

  func run() throws {
    let limit = 64 << 20
    let bytes = try denials == "-" ? StandardStream.readInput(limit: limit) : Files.read(denials, limit: limit)
    let suggestion = try ManifestSuggestion(ManifestSource(source), denials: bytes, place: denials)
    switch format {
    case .text: Console.write(Array(text(suggestion).utf8))
    case .json:
      Console.write(
        JSON.object([
          "patch": .string(suggestion.patch), "open": .array(suggestion.open.map { .string($0) }),
          "refused": .integer(Int64(suggestion.refused)),
          "changes": suggestion.report?.json(gate: .none) ?? .null,
        ]).prettyBytes)
    }
  }

  /// What is no part of the patch begins with `#`, which patch(1) passes over.
  private func text(_ suggestion: ManifestSuggestion) -> String {
    var text = suggestion.patch
    func remark(_ line: String) { text += line.isEmpty ? "#\n" : "# \(line)\n" }
    if let report = suggestion.report {
      remark("What this allows:")
      for line in report.text(color: false).split(separator: "\n") { remark(String(line)) }
    } else if suggestion.open.isEmpty {
      remark(
        suggestion.refused == 0 ? "Nothing was denied: no line is missing." : "No manifest allows what was denied.")
    }
    for line in suggestion.open { remark("Also needed, for you to complete: \(line)") }
    if suggestion.refused > 0, suggestion.report != nil {
      remark("\(suggestion.refused) other kinds of denied calls are allowed to no app.")
    }
    return text
  }
}

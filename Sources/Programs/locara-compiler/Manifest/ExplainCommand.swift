internal import ArgumentParser
internal import CanonicalJSON
internal import Diagnostics
internal import Manifest
internal import PolicyIR
internal import Schemas

struct ExplainCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "explain", abstract: "Explain a key of the manifest, or a diagnostic's code.",
    discussion: """
      Without an argument, lists every key. `--schema` prints the manifest language as JSON Schema 2020-12, for editors.

      Examples:
        locara explain capabilities.net.allowed_hosts
        locara explain LM019
        locara explain LP104
        locara explain --schema
      """)

  @Argument(help: ArgumentHelp("A key path such as `limits.memory`, or a code such as LM012.", valueName: "topic"))
  var topic: String?

  @Flag(help: "Print the JSON Schema of the manifest.")
  var schema = false

  func run() throws {
    if schema { return Console.print(String(decoding: ManifestSchema.json.prettyBytes.dropLast(), as: UTF8.self)) }
    guard let topic else { return Console.print(FieldPage.paths.joined(separator: "\n")) }
    if let text = ChangeRule(code: topic)?.page ?? CodePage.page(of: topic)?.text ?? FieldPage.text(of: topic)
      ?? CodeIndex.page(of: topic)
    {
      return Console.print(text.hasSuffix("\n") ? String(text.dropLast()) : text)
    }
    let known = FieldPage.paths + CodeIndex.all.map(\.code)
    // People name a key without what it is below.
    let below = FieldPage.paths.first { $0.hasSuffix(".\(topic)") }
    let hint = (below ?? nearestMatch(to: topic, among: known)).map { "; did you mean `\($0)`?" } ?? ""
    throw ValidationError("there is no key and no code `\(topic)`\(hint)")
  }
}

internal import ArgumentParser
internal import Builder
internal import PolicyIR

struct CheckCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "check", abstract: "Check a manifest and say what is wrong with it, all at once.",
    discussion: """
      Nothing is written. Exits 0 when the manifest compiles, 65 when it has errors.

      Examples:
        locara check locara.yaml
        locara check .
      """)

  @OptionGroup var options: ManifestOptions

  func run() throws {
    let compilation = try options.compile()
    guard let app = compilation.app else { throw Exit.badInput }
    Console.print("\(app.id): \(compilation.verdict)")
  }
}

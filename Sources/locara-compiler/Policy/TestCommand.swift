internal import ArgumentParser
internal import Builder
internal import Compiler
internal import PolicyIR
internal import SystemIO

struct TestCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "test", abstract: "Ask the policy what the manifest's tests state.",
    discussion: """
      Every statement of `tests:` is asked of the compiled policy; the place that grants what must be denied is named. \
      Exits 0 when all hold, 65 when one does not.

      Examples:
        locara test locara.yaml
      """)

  @OptionGroup var options: ManifestOptions

  func run() throws {
    let compilation = try options.compile()
    guard let app = compilation.app, let manifest = compilation.manifest, let source = compilation.sources.first
    else {
      throw Exit.badInput
    }
    var failures = 0
    for test in manifest.statedTests(in: source) {
      for statement in test.statements {
        let holds = statement.holds(for: app.policy.authority)
        if !holds { failures += 1 }
        Console.print(
          "\(holds ? "ok  " : "FAIL") \(test.name): \(statement.isAllowed ? "allow" : "deny") \(statement.text)")
      }
    }
    if failures > 0 { throw Exit.badInput }
  }
}

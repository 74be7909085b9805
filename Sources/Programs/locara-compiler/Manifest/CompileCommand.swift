internal import ArgumentParser
internal import Builder
internal import CanonicalJSON
internal import Diagnostics
internal import SystemIO

struct CompileCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "compile", abstract: "Compile a manifest into a policy and the artifacts that enforce it.",
    discussion: """
      Without options, prints the policy. With `-o`, writes every artifact: the policy, the system-call filter of each \
      architecture as BPF and as OCI JSON, the mounts and Landlock rules, the database schema and the model lock.

      Examples:
        locara compile locara.yaml
        locara compile locara.yaml --emit plan
        locara compile locara.yaml -o artifacts
      """)

  enum Stage: String, ExpressibleByArgument, CaseIterable {
    case syntax, manifest, policy, plan, all

    /// The stage of a compilation; the syntax comes before any.
    var compiled: Compilation.Stage? { Compilation.Stage(rawValue: rawValue) }
  }

  @OptionGroup var options: ManifestOptions

  @Option(name: .shortAndLong, help: ArgumentHelp("Write the artifacts into this directory.", valueName: "directory"))
  var output: String?

  @Option(
    help:
      "What to print: syntax (the tree, JSON), manifest (what was understood, JSON), policy (text), plan (JSON) or all."
  )
  var emit: Stage?

  func run() throws {
    if emit == .syntax { return try printSyntax() }
    let compilation = try options.compile()
    if let output { try compilation.writeArtifacts(to: output) }
    guard let stage = emit ?? (output == nil ? .policy : nil) else { return }
    if let compiled = stage.compiled { Console.write(try compilation.emit(compiled)) }
  }

  /// The tree of any YAML file, whatever it means.
  private func printSyntax() throws {
    let (tree, diagnostics, source) = try Compilation.syntax(of: options.manifest)
    Console.show(diagnostics, in: [source])
    guard let tree, !diagnostics.contains(where: { $0.severity == .error }) else { throw Exit.badInput }
    Console.write(tree.prettyBytes)
  }
}

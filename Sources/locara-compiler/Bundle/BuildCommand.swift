internal import ArgumentParser
internal import Builder
internal import SystemIO

struct BuildCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "build", abstract: "Build a bundle: run the build steps, compile, and pack, reproducibly.",
    discussion: """
      Build steps run without network, in a copy of the declared sources alone. The same inputs give the same bytes on \
      any machine with the same tools. Prints the bundle's digest.

      Examples:
        locara build locara.yaml
        locara build locara.yaml -o notes.locapp
      """)

  @OptionGroup var options: ManifestOptions

  @Option(
    name: .shortAndLong,
    help: ArgumentHelp("The file to write; `NAME-VERSION.locapp` in this directory by default.", valueName: "file"),
    completion: .file(extensions: ["locapp"]))
  var output: String?

  func run() throws {
    let compilation = try options.compile()
    let assembly = try BundleAssembly(compilation)
    let path = output ?? assembly.defaultName
    let digest = try assembly.write(to: path) { Console.note($0) }
    Console.print("\(path) \(digest)")
  }
}

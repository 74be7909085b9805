internal import ArgumentParser
internal import Builder
internal import BundleFormat
internal import CanonicalJSON
internal import SystemIO

struct BuildCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "build", abstract: "Build a bundle: run the build steps, compile, and pack, reproducibly.",
    discussion: """
      Inputs are fetched by their hash; build steps run without network and see the declared sources, the inputs and the \
      outputs of earlier steps alone. The same inputs give the same bytes on any machine with the same tools. A step \
      whose command, files and tools are unchanged is not run again. Prints the bundle's digest.

      With --check it is built twice, under conditions that are deliberately different; exits 2 and names the first file \
      and byte when the bundles are.

      Examples:
        locara build locara.yaml
        locara build locara.yaml -o notes.locapp
        locara build locara.yaml --check
        locara build locara.yaml --fat -o notes-with-models.locapp
      """)

  @OptionGroup var options: ManifestOptions

  @Option(
    name: .shortAndLong,
    help: ArgumentHelp("The file to write; `NAME-VERSION.locapp` in this directory by default.", valueName: "file"),
    completion: .file(extensions: ["locapp"]))
  var output: String?

  @Flag(help: "Build twice under different conditions, and compare.")
  var check = false

  @Flag(help: "Put the files of the app's models into the bundle. Its digest stays the same.")
  var fat = false

  @OptionGroup var steps: StepOptions

  @Option(help: "text or json.")
  var format: OutputFormat = .text

  @Flag(help: .hidden)
  var vary = false

  func run() throws {
    let compilation = try options.compile()
    var build = steps.options
    build.isFat = fat
    if vary { build.variation = .other }
    let path = try output ?? BundleAssembly(compilation).defaultName
    guard check else {
      let digest = try BundleAssembly(compilation, build).write(to: path) { Console.note($0) }
      switch format {
      case .text: Console.print("\(path) \(digest)")
      case .json: Console.write(JSON.object(["path": .string(path), "digest": .string("\(digest)")]).prettyBytes)
      }
      return
    }
    let outcome = try BuildCheck(compilation, build).run(writingTo: path) { Console.note($0) }
    switch format {
    case .text:
      if let difference = outcome.difference {
        Console.note("not reproducible: \(difference)")
      } else {
        Console.note("the same bytes with another \(outcome.varied.joined(separator: ", "))")
        Console.print("\(path) \(outcome.digest)")
      }
    case .json:
      var members: [String: JSON] = [
        "path": .string(path), "digest": .string("\(outcome.digest)"),
        "reproducible": .bool(outcome.difference == nil), "varied": .array(outcome.varied.map { .string($0) }),
      ]
      members["difference"] = outcome.difference?.json
      Console.write(JSON.object(members).prettyBytes)
    }
    if outcome.difference != nil { throw Exit.difference }
  }
}

/// How the inputs and the steps of a build are gone about.
struct StepOptions: ParsableArguments {
  @Flag(name: .customLong("no-cache"), help: "Run every step, whatever the cache has.")
  var ignoresCache = false

  @Flag(help: "Download nothing: an input that the cache lacks is an error.")
  var offline = false

  @Option(
    name: .customLong("input"),
    help: ArgumentHelp("A file that may be an input; its hash tells. May be repeated.", valueName: "file"),
    completion: .file())
  var inputs: [String] = []

  var options: BuildOptions {
    var options = BuildOptions()
    options.usesCache = !ignoresCache
    options.isOffline = offline
    options.inputs = inputs
    return options
  }
}

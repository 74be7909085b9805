internal import ArgumentParser
internal import Builder
internal import Diagnostics
internal import SystemIO
internal import Text

struct FormatCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "fmt", abstract: "Lay manifests out in the one way, comments kept.",
    discussion: """
      Two spaces a level, entries of a list one level below their key, at most one empty line. What a manifest says stays \
      the same, value for value and comment for comment: the result is read again and compared before it is written.

      A directory stands for every `locara.yaml` in it, `-` for standard input. Prints the names of the files that it \
      changes. Exits 0, 2 when --check finds a file to change, 65 when a file is not YAML.

      Examples:
        locara fmt .
        locara fmt --check 'apps/*/locara.yaml'
        locara fmt --diff locara.yaml
        locara fmt - < locara.yaml
      """)

  @Argument(
    help: ArgumentHelp("Manifests, directories or patterns; `-` is standard input.", valueName: "path"),
    completion: .file(extensions: ["yaml", "yml", "json"]))
  var paths: [String] = ["."]

  @Flag(help: "Write nothing; exit 2 when a file would change.")
  var check = false

  @Flag(help: "Write nothing; show what would change.")
  var diff = false

  func validate() throws {
    if paths.contains("-"), paths.count > 1 { throw ValidationError("`-` stands alone") }
  }

  func run() throws {
    var isWrong = false
    var changed = false
    for path in paths == ["-"] ? paths : try ManifestSelection.paths(paths) {
      let name = path == "-" ? "standard input" : path
      let source = Source(path: name, bytes: try read(path))
      switch Formatting(source) {
      case .refused(let problems):
        Console.show(problems, in: [source])
        isWrong = true
      case .formatted(let bytes):
        if bytes != source.bytes { changed = true }
        try finish(path, source, bytes)
      }
    }
    if isWrong { throw Exit.badInput }
    if check, changed { throw Exit.difference }
  }

  private func read(_ path: String) throws(Failure) -> [UInt8] {
    path == "-"
      ? try StandardStream.readInput(limit: Compilation.sourceLimit)
      : try Files.read(path, limit: Compilation.sourceLimit)
  }

  private func finish(_ path: String, _ source: Source, _ bytes: [UInt8]) throws(Failure) {
    if diff {
      let text = unifiedDifference(
        String(decoding: source.bytes, as: UTF8.self), String(decoding: bytes, as: UTF8.self), name: source.path)
      return Console.write(Array(text.utf8))
    }
    if check {
      if bytes != source.bytes { Console.print(source.path) }
    } else if path == "-" {
      Console.write(bytes)
    } else if bytes != source.bytes {
      try Files.replace(path, with: bytes, mode: try Files.permissions(of: path))
      Console.print(path)
    }
  }
}

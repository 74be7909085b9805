internal import ArgumentParser
internal import Builder
internal import Diagnostics
internal import Manifest
internal import SystemIO

struct MigrateManifestCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "migrate-manifest", abstract: "Bring manifests to the newest version of the language.",
    discussion: """
      The newest version is \(FieldTable.schemaTag), and so far the only one. Only what is written differently is changed; \
      comments and layout stay. Exits 0, 2 when --check finds an older manifest, 65 when a version is not known.

      Examples:
        locara migrate-manifest .
        locara migrate-manifest --check 'apps/*/locara.yaml'
        locara migrate-manifest --diff locara.yaml
      """)

  @Argument(
    help: ArgumentHelp("Manifests, directories or patterns.", valueName: "path"),
    completion: .file(extensions: ["yaml", "yml", "json"]))
  var paths: [String] = ["."]

  @Flag(help: "Write nothing; exit 2 when a manifest is of an older version.")
  var check = false

  @Flag(help: "Write nothing; show what would change.")
  var diff = false

  func run() throws {
    var isWrong = false
    var isOld = false
    for path in try ManifestSelection.paths(paths) {
      let source = Source(path: path, bytes: try Files.read(path, limit: Compilation.sourceLimit))
      switch migrate(source) {
      case .current: continue
      case .refused(let problems):
        Console.show(problems, in: [source])
        isWrong = true
      case .migrated(let bytes, let notes):
        isOld = true
        if diff {
          let (old, new) = (String(decoding: source.bytes, as: UTF8.self), String(decoding: bytes, as: UTF8.self))
          Console.write(Array(unifiedDifference(old, new, name: path).utf8))
        } else {
          Console.print(path)
          for note in notes { Console.note("\(path): \(note)") }
          if !check { try Files.replace(path, with: bytes, mode: try Files.permissions(of: path)) }
        }
      }
    }
    if isWrong { throw Exit.badInput }
    if check, isOld { throw Exit.difference }
  }
}

internal import ArgumentParser
internal import Builder
internal import CanonicalJSON
internal import SystemIO

struct CacheShowCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "show", abstract: "Show how much the build cache holds, and where it is.",
    discussion: """
      Examples:
        locara cache show
        locara cache show --format json
      """)

  @Option(help: "text or json.")
  var format: OutputFormat = .text

  func run() throws {
    let cache = try BuildCache.ofUser()
    let contents = try cache.contents()
    switch format {
    case .text: Console.print("\(cache.root)  \(contents.text)")
    case .json:
      Console.write(
        JSON.object([
          "path": .string(cache.root), "steps": .integer(Int64(contents.steps)),
          "inputs": .integer(Int64(contents.inputs)), "files": .integer(Int64(contents.files)),
          "bytes": .integer(contents.bytes),
        ]).prettyBytes)
    }
  }
}

extension BuildCache.Contents {
  /// "2 steps, 1 input, 5 files, 1024 bytes"
  var text: String {
    func count(_ number: Int, _ word: String) -> String { "\(number) \(word)\(number == 1 ? "" : "s")" }
    return "\(count(steps, "step")), \(count(inputs, "input")), \(count(files, "file")), \(bytes) bytes"
  }
}

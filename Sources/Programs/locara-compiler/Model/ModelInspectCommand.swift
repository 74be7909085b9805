internal import ArgumentParser
internal import CanonicalJSON
internal import Digests
internal import ModelStore
internal import SystemIO

struct ModelInspectCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "inspect", abstract: "Show what a weights file says of itself; nothing of it is loaded or run.",
    discussion: """
      Reads the header of a safetensors, GGUF or ONNX file with bounds. Formats that can run code when they are loaded \
      are refused.

      Examples:
        locara model inspect downloads/minilm/model.safetensors
        locara model inspect sha256:53aa51… --format json
      """)

  @Argument(help: "A file, or the digest of a file in the store.", completion: .file())
  var file: String

  @Option(help: "text or json.")
  var format: OutputFormat = .text

  func run() throws {
    var path = file
    if let digest = Digest(file) ?? Digest(hexadecimal: file) {
      let store = try ModelStore.ofUser()
      try store.verify(digest)
      path = store.path(of: digest)
    }
    let facts = try ModelFacts.read(path, name: Files.name(of: file))
    let item = try ModelStore.measure(path)
    var members: [String: JSON] = ["sha256": .string(item.digest.hexadecimal), "size": .integer(item.size)]
    members["facts"] = facts?.json
    switch format {
    case .json: Console.write(JSON.object(members).prettyBytes)
    case .text:
      Console.print("sha256         \(item.digest.hexadecimal)")
      Console.print("size           \(item.size) bytes")
      guard let facts = facts?.json.objectValue else {
        Console.print("format         no weights file that is known")
        return
      }
      for (name, value) in facts.sorted(by: { $0.key < $1.key }) {
        let text = value.stringValue ?? value.integerValue.map(String.init) ?? ""
        Console.print(name + String(repeating: " ", count: max(1, 15 - name.count)) + text)
      }
    }
  }
}

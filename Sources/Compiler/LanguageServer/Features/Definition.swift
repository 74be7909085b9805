internal import CanonicalJSON
internal import Diagnostics
internal import Manifest
internal import SystemIO
internal import Text

extension Server {
  /// From an alias to its anchor, from a path to its file, from a modality to its model, from a model to its lock.
  func definition(_ parameters: JSON) throws(RequestError) -> JSON {
    let (document, offset) = try place(parameters)
    let source = document.source
    guard let target = Target(source, offset), let node = target.node else { return .null }
    if let anchored = node.anchored { return ["uri": .string(document.uri), "range": source.json(range: anchored)] }
    guard let text = node.string, let root = SyntaxTree(parsing: source).root else { return .null }
    switch target.path {
    case ["modalities"], ["models", "role"]:
      let model = (root["models"]?.elements ?? .empty).first { $0["role"]?.string == text }
      guard let id = model?["id"] else { return .null }
      return ["uri": .string(document.uri), "range": source.json(range: id.span)]
    case ["models", "id"]: return lock(text, beside: document)
    default: return file(text, target.path, beside: document)
    }
  }

  /// The model's place in the lock.
  private func lock(_ id: String, beside document: Document) -> JSON {
    guard let path = document.path else { return .null }
    let lock = "\(Files.parent(of: path))/locara.lock.json"
    guard let bytes = try? Files.read(lock, limit: 8 << 20) else { return .null }
    let source = Source(path: lock, bytes: bytes)
    // JSON is YAML, and the tree has places.
    let limits = SyntaxLimits(bytes: 8 << 20)
    let models = SyntaxTree(parsing: source, limits: limits).root?["models"]
    guard let member = models?.members?.first(where: { $0.name == id }) else { return .null }
    return ["uri": .string(FileAddress.uri(lock)), "range": source.json(range: member.nameSpan)]
  }

  /// A file of the bundle, beside the manifest.
  private func file(_ text: String, _ path: [String], beside document: Document) -> JSON {
    guard let manifest = document.path, let found = FieldTable.field(along: path), !text.isEmpty else { return .null }
    let isFile =
      switch found.field.name {
      case "icon", "screenshots", "schema", "migrations", "extension", "files", "sources", "outputs", "command", "run",
        "spawn", "cwd":
        true
      default: false
      }
    let isAddress = found.field.name == "source" || found.field.name == "url"
    guard isFile || isAddress && text.hasPrefix("file:") else { return .null }
    let written = isAddress ? String(text.dropFirst(5)) : text
    let parts = written.split(separator: "/").filter { $0 != "." }
    guard !written.hasPrefix("/"), !parts.isEmpty, !parts.contains("..") else { return .null }
    // In an entry's directory a relative name means that directory for the program, and the bundle's root for us.
    let place = "\(Files.parent(of: manifest))/\(parts.joined(separator: "/"))"
    guard Files.exists(place), !Files.isDirectory(place) else { return .null }
    let start: JSON = ["line": 0, "character": 0]
    return ["uri": .string(FileAddress.uri(place)), "range": ["start": start, "end": start]]
  }
}

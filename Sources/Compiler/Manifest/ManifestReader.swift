internal import Diagnostics
internal import Text

/// A tree that was checked into typed values. What did not fit the table was reported there and is left out here.
///
/// Nodes are named by their places in the tree's buffer: a `SyntaxNode` would count a reference to it at every step. A class, so
/// that closures copy none of its parts.
final class ManifestReader {
  let source: Source
  let buffer: SyntaxBuffer
  let statements: StatementReadings

  init(source: Source, buffer: SyntaxBuffer, statements: StatementReadings) {
    self.source = source
    self.buffer = buffer
    self.statements = statements
  }

  /// Nil when a key is missing without which there is no manifest.
  func manifest(_ root: Int) -> Manifest? {
    guard let name = string(root, "name"), let publisher = string(root, "publisher"),
      let version = string(root, "version"), let entry = entry(value(root, "entry"))
    else { return nil }
    let files = strings(root, "files")
    return Manifest(
      span: span(root), name: name, publisher: publisher, version: version, about: about(root),
      modalities: strings(root, "modalities").compactMap { word in
        Modality(rawValue: word.value).map { Located($0, word.span) }
      },
      tooling: strings(root, "tooling").compactMap { word in
        Tooling(rawValue: word.value).map { Located($0, word.span) }
      },
      capabilities: capabilities(value(root, "capabilities")), models: elements(value(root, "models")) { model($0) },
      storage: value(root, "storage").flatMap { storage($0) }, tools: elements(value(root, "tools")) { tool($0) },
      entry: entry,
      runtimeImage: string(value(root, "runtime"), "image"), files: files, limits: limits(value(root, "limits")),
      build: value(root, "build").flatMap { build($0, files: files) }, profiles: profiles(value(root, "profiles")),
      tests: elements(value(root, "tests")) { test($0) })
  }

  private func about(_ root: Int) -> Manifest.About {
    let author = value(root, "author")
    return Manifest.About(
      displayName: string(root, "displayName"), description: string(root, "description"),
      license: string(root, "license"), authorName: string(author, "name"), authorEmail: string(author, "email"),
      authorURL: string(author, "url"), category: string(root, "category"), tags: strings(root, "tags"),
      icon: string(root, "icon"), screenshots: strings(root, "screenshots"))
  }

  private func model(_ node: Int) -> Manifest.Model? {
    if let text = string(node) {
      guard let short = try? ShortModel(parsing: text.value) else { return nil }
      return Manifest.Model(
        id: Located(short.id, text.span), role: nil, source: Located("", text.span), revision: "", files: [],
        hexadecimal: short.hexadecimal, isEager: false, license: nil, span: text.span)
    }
    guard let id = string(node, "id"), let role = string(node, "role"), let written = string(node, "source"),
      let source = try? ModelSource(parsing: written.value)
    else { return nil }
    return Manifest.Model(
      id: id, role: role, source: Located(source.location, written.span), revision: source.revision,
      files: strings(node, "files"), hexadecimal: nil, isEager: string(node, "load")?.value == "eager",
      license: string(node, "license"), span: span(node))
  }

  private func storage(_ node: Int) -> Manifest.StorageDeclaration? {
    guard buffer[node].kind == .mapping else { return nil }
    var writer = SchemaWriter(source: source)
    let declared = writer.write(SyntaxNode(buffer, node))
    let vector = value(node, "vector")
    let models = members(value(vector, "models")) { name, value -> Manifest.VectorModel? in
      guard let column = try? VectorColumnText(parsing: name.value), let model = string(value) else { return nil }
      return Manifest.VectorModel(table: column.table, column: column.column, model: model, span: name.span)
    }
    return Manifest.StorageDeclaration(
      schema: string(node, "schema"), declared: declared,
      database: string(node, "database") ?? Located("app.db", span(node)), vector: vector.map { span($0) },
      vectorExtension: string(vector, "extension"), vectorModels: models + writer.models,
      migrations: string(node, "migrations"), span: span(node))
  }

  private func tool(_ node: Int) -> Manifest.Tool? {
    let command = strings(node, "command")
    guard let name = string(node, "name"), !command.isEmpty else { return nil }
    return Manifest.Tool(
      name: name, command: command, capabilities: capabilities(value(node, "capabilities")),
      limits: limits(value(node, "limits")), span: span(node))
  }

  private func entry(_ node: Int?) -> Manifest.EntryDeclaration? {
    let command = strings(node, "command")
    guard let node, !command.isEmpty else { return nil }
    return Manifest.EntryDeclaration(
      command: command, directory: string(node, "cwd"), isSilent: string(node, "stdio")?.value == "none",
      span: span(node))
  }

  private func limits(_ node: Int?) -> Manifest.LimitsDeclaration {
    Manifest.LimitsDeclaration(
      memory: parsed(node, "memory") { (size: ByteSize) in size.bytes },
      cpu: parsed(node, "cpu") { (share: ProcessorShare) in share.thousandths },
      processes: integer(node, "processes").map { Located(UInt64($0.value), $0.span) },
      openFiles: integer(node, "open-files").map { Located(UInt64($0.value), $0.span) },
      fileSize: parsed(node, "file-size") { (size: ByteSize) in size.bytes },
      wallTime: parsed(node, "wall-time") { (time: TimeSpan) in time.milliseconds ?? .max })
  }

  private func build(_ node: Int, files: [Located<String>]) -> Manifest.Build? {
    guard buffer[node].kind == .mapping else { return nil }
    let inputs = elements(value(node, "inputs")) { input -> Manifest.Build.Input? in
      guard let url = string(input, "url"),
        let hash = parsed(input, "sha256", { (hash: HashText) in hash.hexadecimal })
      else { return nil }
      let bare = url.value.prefix { $0 != "?" && $0 != "#" }
      let last = bare.split { $0 == "/" || $0 == ":" }.last.map(String.init) ?? "input"
      return Manifest.Build.Input(url: url, sha256: hash, path: string(input, "path") ?? Located(last, url.span))
    }
    let steps = elements(value(node, "steps")) { step in
      Manifest.Build.Step(run: strings(step, "run"), outputs: strings(step, "outputs"))
    }
    let sources = value(node, "sources") == nil ? files : strings(node, "sources")
    return Manifest.Build(sources: sources, inputs: inputs, steps: steps)
  }

  private func profiles(_ node: Int?) -> [Manifest.Profile] {
    members(node) { name, profile in
      Manifest.Profile(
        name: name, minimumMemory: integer(profile, "min_ram_gb"), limits: limits(value(profile, "limits")))
    }
  }

  private func test(_ node: Int) -> Manifest.Test? {
    guard let name = string(node, "name") else { return nil }
    return Manifest.Test(
      name: name, allow: statements(value(node, "allow")), deny: statements(value(node, "deny")))
  }

  private func statements(_ node: Int?) -> [Manifest.Statement] {
    elements(node) { statements[buffer[$0].span.start] }
  }
}

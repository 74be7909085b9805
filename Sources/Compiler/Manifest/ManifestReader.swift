internal import Diagnostics

/// A tree that was checked into typed values. What did not fit the table was reported there and is left out here.
struct ManifestReader {
  let source: Source
  let statements: StatementReadings

  /// Nil when a key is missing without which there is no manifest.
  func manifest(_ root: SyntaxNode) -> Manifest? {
    guard let name = string(root["name"]), let publisher = string(root["publisher"]),
      let version = string(root["version"]), let entry = entry(root["entry"])
    else { return nil }
    let files = strings(root["files"])
    return Manifest(
      span: root.span, name: name, publisher: publisher, version: version, about: about(root),
      modalities: strings(root["modalities"]).compactMap { word in
        Modality(rawValue: word.value).map { Located($0, word.span) }
      },
      tooling: strings(root["tooling"]).compactMap { word in
        Tooling(rawValue: word.value).map { Located($0, word.span) }
      },
      capabilities: capabilities(root["capabilities"]), models: elements(root["models"]).compactMap(model),
      storage: root["storage"].flatMap(storage), tools: elements(root["tools"]).compactMap(tool), entry: entry,
      runtimeImage: string(root["runtime"]?["image"]), files: files, limits: limits(root["limits"]),
      build: root["build"].flatMap { build($0, files: files) }, profiles: profiles(root["profiles"]),
      tests: elements(root["tests"]).compactMap(test))
  }

  private func about(_ root: SyntaxNode) -> Manifest.About {
    let author = root["author"]
    return Manifest.About(
      displayName: string(root["displayName"]), description: string(root["description"]),
      license: string(root["license"]), authorName: string(author?["name"]), authorEmail: string(author?["email"]),
      authorURL: string(author?["url"]), category: string(root["category"]), tags: strings(root["tags"]),
      icon: string(root["icon"]), screenshots: strings(root["screenshots"]))
  }

  private func model(_ node: SyntaxNode) -> Manifest.Model? {
    if let text = node.string {
      guard let short = try? ShortModel(parsing: text) else { return nil }
      return Manifest.Model(
        id: Located(short.id, node.span), role: nil, source: Located("", node.span), revision: "", files: [],
        hexadecimal: short.hexadecimal, isEager: false, license: nil, span: node.span)
    }
    guard let id = string(node["id"]), let role = string(node["role"]), let written = string(node["source"]),
      let source = try? ModelSource(parsing: written.value)
    else { return nil }
    return Manifest.Model(
      id: id, role: role, source: Located(source.location, written.span), revision: source.revision,
      files: strings(node["files"]), hexadecimal: nil, isEager: node["load"]?.string == "eager",
      license: string(node["license"]), span: node.span)
  }

  private func storage(_ node: SyntaxNode) -> Manifest.StorageDeclaration? {
    guard node.members != nil else { return nil }
    var writer = SchemaWriter(source: source)
    let declared = writer.write(node)
    let models = (node["vector"]?["models"]?.members ?? .empty).compactMap { member -> Manifest.VectorModel? in
      guard let column = try? VectorColumnText(parsing: member.name), let model = string(member.value) else {
        return nil
      }
      return Manifest.VectorModel(table: column.table, column: column.column, model: model, span: member.nameSpan)
    }
    return Manifest.StorageDeclaration(
      schema: string(node["schema"]), declared: declared,
      database: string(node["database"]) ?? Located("app.db", node.span), vector: node["vector"]?.span,
      vectorExtension: string(node["vector"]?["extension"]), vectorModels: models + writer.models,
      migrations: string(node["migrations"]), span: node.span)
  }

  private func tool(_ node: SyntaxNode) -> Manifest.Tool? {
    let command = strings(node["command"])
    guard let name = string(node["name"]), !command.isEmpty else { return nil }
    return Manifest.Tool(
      name: name, command: command, capabilities: capabilities(node["capabilities"]), limits: limits(node["limits"]),
      span: node.span)
  }

  private func entry(_ node: SyntaxNode?) -> Manifest.EntryDeclaration? {
    let command = strings(node?["command"])
    guard let node, !command.isEmpty else { return nil }
    return Manifest.EntryDeclaration(
      command: command, directory: string(node["cwd"]), isSilent: node["stdio"]?.string == "none", span: node.span)
  }

  private func limits(_ node: SyntaxNode?) -> Manifest.LimitsDeclaration {
    Manifest.LimitsDeclaration(
      memory: parsed(node?["memory"]) { (size: ByteSize) in size.bytes },
      cpu: parsed(node?["cpu"]) { (share: ProcessorShare) in share.thousandths },
      processes: integer(node?["processes"]).map { Located(UInt64($0.value), $0.span) },
      openFiles: integer(node?["open-files"]).map { Located(UInt64($0.value), $0.span) },
      fileSize: parsed(node?["file-size"]) { (size: ByteSize) in size.bytes },
      wallTime: parsed(node?["wall-time"]) { (time: TimeSpan) in time.milliseconds ?? .max })
  }

  private func build(_ node: SyntaxNode, files: [Located<String>]) -> Manifest.Build? {
    guard node.members != nil else { return nil }
    let inputs = elements(node["inputs"]).compactMap { input -> Manifest.Build.Input? in
      guard let url = string(input["url"]), let hash = parsed(input["sha256"], { (hash: HashText) in hash.hexadecimal })
      else { return nil }
      let bare = url.value.prefix { $0 != "?" && $0 != "#" }
      let last = bare.split { $0 == "/" || $0 == ":" }.last.map(String.init) ?? "input"
      return Manifest.Build.Input(
        url: url, sha256: hash, path: string(input["path"]) ?? Located(last, url.span))
    }
    let steps = elements(node["steps"]).map { step in
      Manifest.Build.Step(run: strings(step["run"]), outputs: strings(step["outputs"]))
    }
    let sources = node["sources"].map { strings($0) } ?? files
    return Manifest.Build(sources: sources, inputs: inputs, steps: steps)
  }

  private func profiles(_ node: SyntaxNode?) -> [Manifest.Profile] {
    (node?.members ?? .empty).map { member in
      Manifest.Profile(
        name: Located(member.name, member.nameSpan), minimumMemory: integer(member.value["min_ram_gb"]),
        limits: limits(member.value["limits"]))
    }
  }

  private func test(_ node: SyntaxNode) -> Manifest.Test? {
    guard let name = string(node["name"]) else { return nil }
    return Manifest.Test(name: name, allow: statements(node["allow"]), deny: statements(node["deny"]))
  }

  private func statements(_ node: SyntaxNode?) -> [Manifest.Statement] {
    elements(node).compactMap { statements[$0.span.start] }
  }

  // MARK: - Values

  func string(_ node: SyntaxNode?) -> Located<String>? {
    guard let node, let text = node.string else { return nil }
    return Located(text, node.span)
  }

  /// A text, or a number by its characters.
  func scalar(_ node: SyntaxNode) -> Located<String>? {
    switch node.value {
    case .string(let text): Located(text, node.span)
    case .integer, .number: Located(source.text(node.anchored ?? node.span), node.span)
    default: nil
    }
  }

  func strings(_ node: SyntaxNode?) -> [Located<String>] {
    guard case .sequence(let elements)? = node?.value else { return [] }
    var found: [Located<String>] = []
    found.reserveCapacity(elements.count)
    for element in elements {
      if case .string(let text) = element.value { found.append(Located(text, element.span)) }
    }
    return found
  }

  func elements(_ node: SyntaxNode?) -> SyntaxElements { node?.elements ?? .empty }

  func integer(_ node: SyntaxNode?) -> Located<Int64>? {
    guard let node, case .integer(let value) = node.value, value >= 0 else { return nil }
    return Located(value, node.span)
  }

  func parsed<Text: TextValue, Value>(_ node: SyntaxNode?, _ value: (Text) -> Value) -> Located<Value>? {
    guard let node, let text = scalar(node), let parsed = try? Text(parsing: text.value) else { return nil }
    return Located(value(parsed), node.span)
  }
}

internal import CanonicalJSON
internal import Digests
internal import Schemas
internal import Structures

/// Reads the text form of a policy.
struct TextFormReader {
  static let maximumBytes = 16 << 20

  static func read(_ text: String) throws(PolicyFormatError) -> (id: AppID?, policy: Policy) {
    guard text.utf8.count <= maximumBytes else {
      throw PolicyFormatError(problem: "the text is longer than \(maximumBytes) bytes")
    }
    var reader = TextFormReader()
    var number = 0
    // By scalars: to Swift a carriage return and a line feed are one character.
    for line in text.unicodeScalars.split(separator: "\n", omittingEmptySubsequences: false) {
      number += 1
      let words = Quoting.words(Substring(line))
      guard let keyword = words.first else { continue }
      if let problem = reader.take(String(keyword), Array(words.dropFirst())) {
        throw PolicyFormatError(place: "line \(number)", problem: problem)
      }
    }
    return try reader.finish()
  }

  private var hasHeader = false
  private var id: AppID?
  private var authority = GrantReader()
  private var isFullyLocal: Bool?
  private var limits = Limits()
  private var entry: Entry?
  private var workingDirectory = ""
  private var streams = Entry.Streams.inherit
  private var runtime: RuntimeEnvironment?
  private var models: [String: ModelPin] = [:]
  private var storage: (file: String?, extensions: [String], schema: [String], declarations: [[String]])?
  private var tools: [String: (command: [String], authority: GrantReader, limits: Limits)] = [:]

  /// Takes one line that is not empty.
  ///
  /// - Returns: what is wrong with it, or nil.
  private mutating func take(_ keyword: String, _ words: [Substring]) -> String? {
    if keyword == "policy" { return takeHeader(words) }
    guard hasHeader else { return "expected `policy PUBLISHER/NAME VERSION` before anything else" }
    if let domain = GrantDomain(rawValue: keyword) { return authority.take(domain, words) }
    switch keyword {
    case "fully-local":
      guard words == ["yes"] || words == ["no"] else { return "expected `yes` or `no`" }
      isFullyLocal = words == ["yes"]
      return nil
    case "limit": return takeLimit(words, &limits)
    case "entry": return takeEntry(words)
    case "runtime": return takeRuntime(words)
    case "model": return takeModel(words)
    case "storage": return takeStorage(words)
    case "tool": return takeTool(words)
    default: return "`\(keyword)` is not known here"
    }
  }

  private mutating func takeHeader(_ words: [Substring]) -> String? {
    guard !hasHeader else { return "a second `policy` line" }
    hasHeader = true
    if words.isEmpty { return nil }
    let parts = words[0].split(separator: "/", omittingEmptySubsequences: false).map(String.init)
    guard words.count == 2, parts.count == 2 else { return "expected `policy PUBLISHER/NAME VERSION`" }
    id = AppID(publisher: parts[0], name: parts[1], version: String(words[1]))
    return nil
  }

  private func takeLimit(_ words: [Substring], _ limits: inout Limits) -> String? {
    guard words.count == 2, let resource = LimitedResource(rawValue: String(words[0])) else {
      return "expected one of \(LimitedResource.allCases.map(\.rawValue).joined(separator: ", ")), and an amount"
    }
    guard let amount = LimitText.read(words[1], resource) else {
      return "`\(words[1])` is not an amount of \(resource.rawValue)"
    }
    limits[resource] = amount
    return nil
  }

  private func strings(_ words: some Sequence<Substring>) -> [String]? {
    var strings: [String] = []
    for word in words {
      guard let string = Quoting.unquoted(word) else { return nil }
      strings.append(string)
    }
    return strings
  }

  private mutating func takeEntry(_ words: [Substring]) -> String? {
    guard let values = strings(words.dropFirst()), let first = values.first else {
      return "expected a value in right quotes"
    }
    switch words[0] {
    case "command": entry = Entry(command: values)
    case "directory" where values.count == 1: workingDirectory = first
    case "streams":
      guard values.count == 1, let named = Entry.Streams(rawValue: first) else { return "expected `inherit` or `null`" }
      streams = named
    default: return "expected `command`, `directory` or `streams`"
    }
    return nil
  }

  private mutating func takeRuntime(_ words: [Substring]) -> String? {
    if words == ["host"] {
      runtime = .host
    } else if words.count == 2, words[0] == "image", let reference = Quoting.unquoted(words[1]) {
      runtime = .image(reference)
    } else {
      return "expected `host` or `image REFERENCE`"
    }
    return nil
  }

  private mutating func takeModel(_ words: [Substring]) -> String? {
    guard words.count >= 3, let values = strings(words), let value = values.dropFirst(2).first else {
      return "expected a model's id, a key and a value"
    }
    var model =
      models[values[0]]
      ?? ModelPin(id: values[0], role: "", source: "", revision: "", files: [], license: "")
    switch (values[1], values.count) {
    case ("role", 3): model.role = value
    case ("source", 3): model.source = value
    case ("revision", 3): model.revision = value
    case ("license", 3): model.license = value
    case ("load", 3):
      guard let loading = ModelPin.Loading(rawValue: value) else { return "expected `lazy` or `eager`" }
      model.loading = loading
    case ("file", 5):
      guard let size = Int64(values[3]), size >= 0, let digest = Digest(values[4]) else {
        return "expected a path, a size in bytes and sha256: with 64 hexadecimal digits"
      }
      model.files.append(ModelPin.File(path: value, size: size, digest: digest))
    default: return "expected `role`, `source`, `revision`, `license`, `load` or `file PATH SIZE DIGEST`"
    }
    models[model.id] = model
    return nil
  }

  private mutating func takeStorage(_ words: [Substring]) -> String? {
    guard words.count >= 2, let value = Quoting.unquoted(words[1]) else { return "expected a key and a value" }
    var parts = storage ?? (nil, [], [], [])
    switch words[0] {
    case "file" where words.count == 2: parts.file = value
    case "extension" where words.count == 2: parts.extensions.append(value)
    case "schema" where words.count == 2: parts.schema.append(value)
    case "rename", "backfill", "allow":
      guard let rest = strings(words.dropFirst()) else { return "expected words in right quotes" }
      parts.declarations.append([String(words[0])] + rest)
    default: return "expected `file`, `extension`, `schema`, `rename`, `backfill` or `allow`"
    }
    storage = parts
    return nil
  }

  private mutating func takeTool(_ words: [Substring]) -> String? {
    guard words.count >= 3, let name = Quoting.unquoted(words[0]) else {
      return "expected a tool's name and a line of its policy"
    }
    var tool = tools[name] ?? ([], GrantReader(), Limits())
    defer { tools[name] = tool }
    let rest = Array(words.dropFirst(2))
    switch words[1] {
    case "command":
      guard let command = strings(rest) else { return "expected a command in right quotes" }
      tool.command = command
    case "limit": return takeLimit(rest, &tool.limits)
    default:
      guard let domain = GrantDomain(rawValue: String(words[1])) else {
        return "`\(words[1])` is not known here"
      }
      return tool.authority.take(domain, rest)
    }
    return nil
  }

  private func finish() throws(PolicyFormatError) -> (id: AppID?, policy: Policy) {
    guard hasHeader else { throw PolicyFormatError(problem: "expected `policy PUBLISHER/NAME VERSION`") }
    guard var entry else { throw PolicyFormatError(problem: "expected a line `entry command`") }
    entry.workingDirectory = workingDirectory
    entry.streams = streams
    let authority = try authority.finish()
    var storageValue: Storage?
    if let storage {
      guard let file = storage.file else { throw PolicyFormatError(problem: "expected a line `storage file`") }
      storageValue = try Storage(
        file: file, extensions: storage.extensions, schemaLines: storage.schema,
        declarations: storage.declarations)
    }
    if let isFullyLocal, isFullyLocal != authority.isFullyLocal {
      throw PolicyFormatError(
        problem: "the text says `fully-local \(isFullyLocal ? "yes" : "no")`, and its grants say otherwise")
    }
    var tools: [ToolPolicy] = []
    for (name, tool) in self.tools {
      guard !tool.command.isEmpty else { throw PolicyFormatError(problem: "tool \(name) has no command") }
      tools.append(
        ToolPolicy(name: name, command: tool.command, authority: try tool.authority.finish(), limits: tool.limits))
    }
    let policy = Policy(
      authority: authority, limits: limits, storage: storageValue,
      models: models.values.map { model in
        ModelPin(
          id: model.id, role: model.role, source: model.source, revision: model.revision, files: model.files,
          license: model.license, loading: model.loading)
      }, entry: entry, tools: tools, runtime: runtime ?? .host)
    return (id, policy)
  }
}

extension Storage {
  /// - Parameters:
  ///   - schemaLines: the schema's normal form.
  ///   - declarations: the normal form of what it declares.
  init(file: String, extensions: [String], schemaLines: [String], declarations: [[String]]) throws(PolicyFormatError) {
    do throws(SchemaJSONError) {
      var schema = try Schema(normalForm: schemaLines)
      schema.declarations = try SchemaDeclarations(normalForm: declarations)
      self.init(file: file, schema: schema, extensions: extensions)
    } catch {
      throw PolicyFormatError(place: "storage", problem: error.problem)
    }
  }
}

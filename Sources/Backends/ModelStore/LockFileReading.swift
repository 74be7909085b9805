internal import CanonicalJSON
internal import Digests
internal import PolicyIR
package import SystemIO

extension LockFile {
  /// Bytes that a lock may have at the most.
  package static let sizeLimit = 8 << 20
  private static let limits = JSONLimits(bytes: sizeLimit, depth: 8, values: 200_000)

  /// Reads the lock file at `path`.
  ///
  /// - Throws: LK001 malformed, LK002 another version, LX001 and others when it cannot be read.
  package init(reading path: String) throws(Failure) {
    try self.init(parsing: try Files.read(path, limit: LockFile.limits.bytes), path: path)
  }

  /// Reads a lock file's bytes. White space and the order of members do not matter; unknown members do.
  ///
  /// - Parameter path: the file, for messages.
  package init(parsing bytes: [UInt8], path: String) throws(Failure) {
    let json: JSON
    do throws(JSONError) { json = try JSON(parsing: bytes, limits: LockFile.limits) } catch let error {
      let conflict = bytes.starts(with: "<<<<<<<".utf8) || bytes.firstRange(of: Array("\n<<<<<<<".utf8)) != nil
      throw LockReader.malformed(
        conflict ? "it has the marks of a merge that is not resolved" : "\(error)", path: path)
    }
    let root = try LockReader(json, "the file", path: path)
    let version = try root.integer("lockVersion")
    guard version == LockFile.currentVersion else {
      throw Failure(
        "LK002", "the lock file has version \(version), and this program knows \(LockFile.currentVersion)", path: path,
        help: "use a newer locara, or run `locara lock` to write it again")
    }
    try root.allow(["lockVersion", "models"])
    var models: [ModelPin] = []
    var facts: [Digest: ModelFacts] = [:]
    var requested: [String: String] = [:]
    var sourceIDs: [FileName: String] = [:]
    let blocks = try root.object("models")
    for (id, block) in blocks.sorted(by: { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }) {
      guard LockReader.isIdentifier(id) else {
        throw LockReader.malformed("a model id is not 1 to 128 of a-z 0-9 . _ -", path: path)
      }
      let reader = try LockReader(block, "models.\(id)", path: path)
      models.append(try reader.model(id: id, facts: &facts, sourceIDs: &sourceIDs))
      requested[id] = try reader.optionalText("requested")
    }
    self.init(models: models, facts: facts, requested: requested, sourceIDs: sourceIDs)
  }
}

/// One JSON object of the lock file, with its place for messages.
private struct LockReader {
  let members: [String: JSON]
  let place: String
  let path: String

  init(_ json: JSON, _ place: String, path: String) throws(Failure) {
    guard let members = json.objectValue else {
      throw LockReader.malformed("\(place) is \(json.kind), expected an object", path: path)
    }
    self.members = members
    self.place = place
    self.path = path
  }

  func model(
    id: String, facts: inout [Digest: ModelFacts], sourceIDs: inout [LockFile.FileName: String]
  ) throws(Failure) -> ModelPin {
    try allow(["role", "source", "revision", "requested", "license", "load", "files"])
    var files: [ModelPin.File] = []
    guard let list = members["files"]?.arrayValue, !list.isEmpty else { throw problem("files", "a list of files") }
    for (index, element) in list.enumerated() {
      let reader = try LockReader(element, "\(place).files[\(index)]", path: path)
      let file = try reader.file(facts: &facts)
      if files.contains(where: { $0.path == file.path }) {
        throw LockReader.malformed("\(place) has two files of one path", path: path)
      }
      sourceIDs[LockFile.FileName(model: id, path: file.path)] = try reader.optionalText("id")
      files.append(file)
    }
    guard let loading = ModelPin.Loading(rawValue: try text("load")) else { throw problem("load", "lazy or eager") }
    return ModelPin(
      id: id, role: try text("role"), source: try text("source", mayBeEmpty: true),
      revision: try text("revision", mayBeEmpty: true), files: files, license: try text("license", mayBeEmpty: true),
      loading: loading)
  }

  private func file(facts: inout [Digest: ModelFacts]) throws(Failure) -> ModelPin.File {
    try allow(["path", "size", "sha256", "id", "facts"])
    let name = try text("path")
    guard LockReader.isRelative(name) else { throw problem("path", "a relative path without `.` and `..`") }
    let size = try integer("size")
    guard size >= 0 else { throw problem("size", "bytes, 0 or more") }
    guard let digest = Digest(hexadecimal: try text("sha256")) else {
      throw problem("sha256", "64 lower-case hexadecimal digits")
    }
    if let element = members["facts"] {
      facts[digest] = try LockReader(element, "\(place).facts", path: path).modelFacts()
    }
    return ModelPin.File(path: name, size: size, digest: digest)
  }

  private func modelFacts() throws(Failure) -> ModelFacts {
    try allow([
      "format", "architecture", "parameters", "dimension", "contextLength", "quantization", "tokenizer", "chatTemplate",
      "license",
    ])
    guard let format = ModelFacts.Format(rawValue: try text("format")) else {
      throw problem("format", "safetensors, gguf or onnx")
    }
    var facts = ModelFacts(format: format)
    facts.architecture = try optionalText("architecture")
    if members["parameters"] != nil { facts.parameters = try integer("parameters") }
    if members["dimension"] != nil { facts.dimension = try integer("dimension") }
    if members["contextLength"] != nil { facts.contextLength = try integer("contextLength") }
    facts.quantization = try optionalText("quantization")
    facts.tokenizer = try optionalText("tokenizer")
    facts.license = try optionalText("license")
    if members["chatTemplate"] != nil {
      guard let digest = Digest(try text("chatTemplate")) else { throw problem("chatTemplate", "a sha256 digest") }
      facts.chatTemplate = digest
    }
    return facts
  }

  func allow(_ keys: [String]) throws(Failure) {
    let unknown = members.keys.filter { !keys.contains($0) }.min { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    if unknown != nil { throw LockReader.malformed("\(place) has a member that is not known", path: path) }
  }

  func object(_ key: String) throws(Failure) -> [String: JSON] {
    guard let value = members[key]?.objectValue else { throw problem(key, "an object") }
    return value
  }

  func integer(_ key: String) throws(Failure) -> Int64 {
    guard let value = members[key]?.integerValue else { throw problem(key, "an integer") }
    return value
  }

  func text(_ key: String, mayBeEmpty: Bool = false) throws(Failure) -> String {
    guard let value = members[key]?.stringValue, mayBeEmpty || !value.isEmpty, value.utf8.count <= 1024,
      !value.utf8.contains(where: { $0 < 0x20 || $0 == 0x7F })
    else { throw problem(key, "a text of at most 1024 bytes without control characters") }
    return value
  }

  func optionalText(_ key: String) throws(Failure) -> String? { members[key] == nil ? nil : try text(key) }

  private func problem(_ key: String, _ expected: String) -> Failure {
    LockReader.malformed("\(place).\(key) must be \(expected)", path: path)
  }

  static func malformed(_ problem: String, path: String) -> Failure {
    Failure(
      "LK001", "the lock file is malformed: \(problem)", path: path,
      help: "run `locara lock` to write it again; it is generated, not edited")
  }

  static func isIdentifier(_ id: String) -> Bool {
    (1...128).contains(id.utf8.count)
      && id.utf8.allSatisfy {
        switch $0 {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"): true
        case UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "-"): true
        default: false
        }
      } && id != "." && id != ".."
  }

  static func isRelative(_ path: String) -> Bool {
    path.split(separator: "/", omittingEmptySubsequences: false).allSatisfy {
      !$0.isEmpty && $0 != "." && $0 != ".."
    }
  }
}

internal import CanonicalJSON

extension PlanMount {
  var json: JSON {
    [
      "source": source.json, "target": .string(target), "read-only": .bool(isReadOnly),
      "execute": .bool(permitsExecution), "optional": .bool(isOptional),
    ]
  }

  init(_ reader: PlanReader) throws(PlanError) {
    let members = try reader.members("source", "target", "read-only", "execute", "optional")
    let target = try members["target"].absolutePath()
    guard target != "/" else { throw members["target"].error("expected a path below `/`") }
    self.init(
      try Source(members["source"]), at: target, isReadOnly: try members["read-only"].bool(),
      permitsExecution: try members["execute"].bool(), isOptional: try members["optional"].bool())
  }
}

extension PlanMount.Source {
  /// An object with one member: the kind and what belongs to it.
  var json: JSON {
    switch self {
    case .payload: ["payload": true]
    case .appData: ["app-data": true]
    case .modelFile(let digest): ["model-file": .string(digest)]
    case .userDirectory(let role): ["user-directory": .string(role)]
    case .home(let path): ["home": .string(path)]
    case .host(let path): ["host": .string(path)]
    case .image(let digest, let path): ["image": .string("\(digest)/\(path)")]
    case .granted(let name): ["granted": .string(name)]
    case .temporary(let bytes): ["temporary": .integer(Int64(clamping: bytes))]
    case .proc: ["proc": true]
    case .devices(let names): ["devices": .array(names.map { .string($0) })]
    case .symbolicLink(let target): ["symbolic-link": .string(target)]
    case .file(let content): ["file": .string(content)]
    case .directory: ["directory": true]
    case .toolLauncher: ["tool-launcher": true]
    }
  }

  init(_ reader: PlanReader) throws(PlanError) {
    guard let object = reader.value.objectValue, object.count == 1, let (kind, value) = object.first else {
      throw reader.error("expected an object with one member, the kind of the source")
    }
    let member = PlanReader(value, place: "\(reader.place).\(kind)")
    switch kind {
    case "payload": try member.expectTrue(); self = .payload
    case "app-data": try member.expectTrue(); self = .appData
    case "proc": try member.expectTrue(); self = .proc
    case "directory": try member.expectTrue(); self = .directory
    case "tool-launcher": try member.expectTrue(); self = .toolLauncher
    case "model-file":
      let digest = try member.string()
      guard digest.utf8.count == 64, digest.utf8.allSatisfy(PlanReader.isHexadecimal) else {
        throw member.error("expected 64 lower-case hexadecimal digits")
      }
      self = .modelFile(digestHexadecimal: digest)
    case "user-directory":
      let role = try member.string()
      guard PlanMount.userDirectoryRoles.contains(role) else {
        throw member.error("expected one of \(PlanMount.userDirectoryRoles.joined(separator: ", ")), found \"\(role)\"")
      }
      self = .userDirectory(role)
    case "home": self = .home(try member.relativePath())
    case "host": self = .host(try member.absolutePath())
    case "image":
      let text = try member.relativePath()
      guard let slash = text.firstIndex(of: "/"), text[..<slash].utf8.count == 64,
        text[..<slash].utf8.allSatisfy(PlanReader.isHexadecimal)
      else { throw member.error("expected 64 lower-case hexadecimal digits, a slash and a path") }
      self = .image(
        digestHexadecimal: String(text[..<slash]), path: String(text[text.index(after: slash)...]))
    case "granted": self = .granted(try member.string())
    case "temporary": self = .temporary(bytes: try member.count())
    case "devices":
      self = .devices(
        try member.list { reader throws(PlanError) in
          let name = try reader.relativePath()
          return name
        })
    case "symbolic-link": self = .symbolicLink(target: try member.string())
    case "file": self = .file(content: try member.content())
    default: throw reader.error("`\(kind)` is not a kind of source")
    }
  }
}

extension PlanMount {
  /// What `Source.userDirectory` may name.
  package static let userDirectoryRoles = ["desktop", "documents", "downloads", "music", "pictures", "videos"]
}

extension PlanReader {
  fileprivate func expectTrue() throws(PlanError) {
    guard try bool() else { throw error("expected true") }
  }

  /// A file's content, which may hold any character.
  fileprivate func content() throws(PlanError) -> String {
    guard let text = value.stringValue else { throw error("expected a string, found \(value.kind)") }
    return text
  }

  fileprivate static func isHexadecimal(_ digit: UInt8) -> Bool {
    (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(digit) || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(digit)
  }
}

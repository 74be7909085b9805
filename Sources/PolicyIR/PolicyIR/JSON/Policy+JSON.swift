package import CanonicalJSON
package import Digests
internal import Structures

extension Policy {
  /// The version of the canonical form. Another version is another digest, so it changes only with the meaning.
  static let format = "locara-policy/1"

  /// The canonical form as a JSON value. Equal policies have equal JSON, and only they.
  package var json: JSON {
    var members: [String: JSON] = [
      "format": .string(Policy.format),
      "authority": authority.json,
      "limits": limits.json,
      "entry": entry.json,
      "runtime": runtime.json,
    ]
    if let storage { members["storage"] = storage.json }
    if !models.isEmpty { members["models"] = .array(models.map(\.json)) }
    if !tools.isEmpty { members["tools"] = .array(tools.map(\.json)) }
    return .object(members)
  }

  package init(json: JSON) throws(PolicyFormatError) { try self.init(DocumentReader(json)) }

  init(_ reader: DocumentReader) throws(PolicyFormatError) {
    if let format = reader.value["format"], format != .string(Policy.format) {
      throw reader.error("expected format \(Policy.format), found \(format.canonicalText)")
    }
    let members = try reader.members(
      "format", "authority", "limits", "entry", "runtime", "storage?", "models?", "tools?")
    self.init(
      authority: try Authority(members["authority"]),
      limits: try Limits(members["limits"]),
      storage: try members.optional("storage").map(Storage.init),
      models: try members.optional("models")?.list(ModelPin.init) ?? [],
      entry: try Entry(members["entry"]),
      tools: try members.optional("tools")?.list(ToolPolicy.init) ?? [],
      runtime: try RuntimeEnvironment(members["runtime"]))
    try reader.requireCanonical(json)
    try check(members["models"], models.map(\.id), "model")
    try check(members["tools"], tools.map(\.name), "tool")
    for (tool, reader) in zip(tools, tools.isEmpty ? [] : try members["tools"].elements())
    where !authority.covers(tool.authority) {
      throw reader.error("tool \(tool.name) may do what the app may not")
    }
  }

  private func check(_ reader: DocumentReader, _ names: [String], _ kind: String) throws(PolicyFormatError) {
    for (name, next) in zip(names, names.dropFirst()) where name == next {
      throw reader.error("two \(kind)s are called \(name)")
    }
  }

  /// The one encoding of this policy: equal policies have equal bytes.
  package var canonicalBytes: [UInt8] { json.canonicalBytes }

  /// SHA-256 of `canonicalBytes`: the identity of what an app may do and is made of.
  package var digest: Digest { Digest.of(canonicalBytes) }
}

extension AppPolicy {
  package var json: JSON { ["id": id.json, "policy": policy.json] }

  package init(json: JSON) throws(PolicyFormatError) {
    let members = try DocumentReader(json).members("id", "policy")
    self.init(id: try AppID(members["id"]), policy: try Policy(members["policy"]))
  }
}

extension AppID {
  package var json: JSON {
    ["publisher": .string(publisher), "name": .string(name), "version": .string(version)]
  }

  package init(_ reader: DocumentReader) throws(PolicyFormatError) {
    let members = try reader.members("publisher", "name", "version")
    self.init(
      publisher: try members["publisher"].string(), name: try members["name"].string(),
      version: try members["version"].string())
  }
}

extension Limits {
  /// Every resource by name; a resource without bound has null.
  package var json: JSON {
    .object(
      Dictionary(
        uniqueKeysWithValues: LimitedResource.allCases.map { resource in
          (resource.rawValue, isUnlimited(resource) ? .null : .integer(Int64(clamping: self[resource])))
        }))
  }

  package init(_ reader: DocumentReader) throws(PolicyFormatError) {
    let members = try reader.members("cpu", "file-size", "memory", "open-files", "processes", "wall-time")
    self.init()
    for resource in LimitedResource.allCases {
      let bound = members[resource.rawValue]
      self[resource] = bound.value == .null ? .max : UInt64(try bound.integer(0...Int64.max - 1))
    }
  }
}

extension RuntimeEnvironment {
  package var json: JSON {
    switch self {
    case .host: "host"
    case .image(let reference): ["image": .string(reference)]
    }
  }

  package init(_ reader: DocumentReader) throws(PolicyFormatError) {
    if reader.value == "host" {
      self = .host
    } else {
      self = .image(try reader.members("image")["image"].string())
    }
  }
}

package import CanonicalJSON
internal import Digests
internal import Schemas
internal import Structures

extension Entry {
  package var json: JSON {
    [
      "command": .array(command.map { .string($0) }), "directory": .string(workingDirectory),
      "streams": .string(streams.rawValue),
    ]
  }

  package init(_ reader: DocumentReader) throws(PolicyFormatError) {
    let members = try reader.members("command", "directory", "streams")
    self.init(
      command: try members["command"].strings(), workingDirectory: try members["directory"].string(),
      streams: try members["streams"].name())
    guard !command.isEmpty else { throw members["command"].error("expected at least the program") }
  }
}

extension ToolPolicy {
  package var json: JSON {
    [
      "name": .string(name), "command": .array(command.map { .string($0) }), "authority": authority.json,
      "limits": limits.json,
    ]
  }

  package init(_ reader: DocumentReader) throws(PolicyFormatError) {
    let members = try reader.members("name", "command", "authority", "limits")
    self.init(
      name: try members["name"].string(), command: try members["command"].strings(),
      authority: try Authority(members["authority"]), limits: try Limits(members["limits"]))
    guard !command.isEmpty else { throw members["command"].error("expected at least the program") }
  }
}

extension ModelPin {
  package var json: JSON {
    [
      "id": .string(id), "role": .string(role), "source": .string(source), "revision": .string(revision),
      "license": .string(license), "load": .string(loading.rawValue),
      "files": .array(
        files.map {
          ["path": .string($0.path), "size": .integer($0.size), "digest": .string($0.digest.description)]
        }),
    ]
  }

  package init(_ reader: DocumentReader) throws(PolicyFormatError) {
    let members = try reader.members("id", "role", "source", "revision", "license", "load", "files")
    self.init(
      id: try members["id"].string(), role: try members["role"].string(), source: try members["source"].string(),
      revision: try members["revision"].string(),
      files: try members["files"].list { reader throws(PolicyFormatError) in
        let file = try reader.members("path", "size", "digest")
        let text = try file["digest"].string()
        guard let digest = Digest(text) else {
          throw file["digest"].error("expected sha256: and 64 hexadecimal digits, found \"\(text)\"")
        }
        return File(path: try file["path"].string(), size: try file["size"].integer(), digest: digest)
      },
      license: try members["license"].string(), loading: try members["load"].name())
  }
}

extension Storage {
  package var json: JSON {
    var members: [String: JSON] = [
      "file": .string(file), "extensions": .array(extensions.map { .string($0) }),
      "schema": .array(schema.normalForm.map { .string($0) }),
    ]
    let declarations = schema.declarations.normalForm
    if !declarations.isEmpty {
      members["declarations"] = .array(declarations.map { .array($0.map { .string($0) }) })
    }
    return .object(members)
  }

  package init(_ reader: DocumentReader) throws(PolicyFormatError) {
    let members = try reader.members("file", "extensions", "schema", "declarations?")
    try self.init(
      file: try members["file"].string(), extensions: try members["extensions"].strings(),
      schemaLines: try members["schema"].strings(),
      declarations: try members.optional("declarations")?
        .list { words throws(PolicyFormatError) in try words.strings() } ?? [])
  }
}

extension Origin {
  package var json: JSON {
    var members: [String: JSON] = [
      "path": .string(path), "line": .integer(Int64(line)), "column": .integer(Int64(column)), "key": .string(key),
    ]
    if !reason.isEmpty { members["reason"] = .string(reason) }
    return .object(members)
  }

  package init(_ reader: DocumentReader) throws(PolicyFormatError) {
    let members = try reader.members("path", "line", "column", "key", "reason?")
    self.init(
      path: try members["path"].string(), line: Int(try members["line"].integer(1...Int64(Int32.max))),
      column: Int(try members["column"].integer(1...Int64(Int32.max))), key: try members["key"].string(),
      reason: try members.optional("reason")?.string() ?? "")
  }
}

extension Origins {
  /// Beside a policy, never inside its canonical form: places change with every edit, what is granted does not.
  package var json: JSON {
    [
      "grants": .array(entries.map { ["grant": $0.grant.json, "origin": $0.origin.json] }),
      "keys": .array(
        keys.keys.map(Label.init).sorted().compactMap { key in
          keys[key.text].map { ["key": .string(key.text), "origin": $0.json] }
        }),
    ]
  }

  package init(json: JSON) throws(PolicyFormatError) {
    let members = try DocumentReader(json).members("grants", "keys")
    self.init(
      entries: try members["grants"].list { reader throws(PolicyFormatError) in
        let entry = try reader.members("grant", "origin")
        return Entry(grant: try Authority(entry["grant"]), origin: try Origin(entry["origin"]))
      })
    for reader in try members["keys"].elements() {
      let entry = try reader.members("key", "origin")
      let key = try entry["key"].string()
      guard keys.updateValue(try Origin(entry["origin"]), forKey: key) == nil else {
        throw reader.error("the key \(key) is there twice")
      }
    }
  }
}

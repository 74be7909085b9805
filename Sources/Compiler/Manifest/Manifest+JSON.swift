package import CanonicalJSON

extension Manifest {
  /// What was understood, defaults applied where the manifest itself has them: `locara compile --emit manifest`.
  ///
  /// Sizes are in bytes, processors in thousandths, times in milliseconds. Absent keys are left out.
  package var json: JSON {
    var members: [String: JSON] = [
      "name": .string(name.value), "publisher": .string(publisher.value), "version": .string(version.value),
      "modalities": .array(modalities.map { .string($0.value.rawValue) }),
      "tooling": .array(tooling.map { .string($0.value.rawValue) }),
      "capabilities": capabilities.json,
      "entry": entry.json,
      "runtime": .string(runtimeImage?.value ?? "host"),
      "files": .texts(files),
      "limits": limits.json,
    ]
    members["about"] = about.json.unlessEmpty
    members["models"] = JSON.array(models.map(\.json)).unlessEmpty
    members["storage"] = storage?.json
    members["tools"] =
      JSON.array(
        tools.map {
          [
            "name": .string($0.name.value), "command": .texts($0.command), "capabilities": $0.capabilities.json,
            "limits": $0.limits.json,
          ]
        }
      ).unlessEmpty
    members["build"] = build?.json
    members["profiles"] =
      JSON.array(profiles.map { ["name": .string($0.name.value), "limits": $0.limits.json] })
      .unlessEmpty
    members["tests"] =
      JSON.array(
        tests.map { ["name": .string($0.name.value), "allow": .statements($0.allow), "deny": .statements($0.deny)] }
      ).unlessEmpty
    return .object(members)
  }
}

extension Manifest.About {
  fileprivate var json: JSON {
    let texts = [
      ("displayName", displayName), ("description", description), ("license", license), ("authorName", authorName),
      ("authorEmail", authorEmail), ("authorURL", authorURL), ("category", category), ("icon", icon),
    ]
    var members: [String: JSON] = [:]
    for (key, value) in texts { members[key] = value.map { .string($0.value) } }
    members["tags"] = JSON.texts(tags).unlessEmpty
    members["screenshots"] = JSON.texts(screenshots).unlessEmpty
    return .object(members)
  }
}

extension Manifest.Model {
  fileprivate var json: JSON {
    var members: [String: JSON] = [
      "id": .string(id.value), "source": .string(source.value), "revision": .string(revision), "files": .texts(files),
      "load": .string(isEager ? "eager" : "lazy"),
    ]
    members["role"] = role.map { .string($0.value) }
    members["sha256"] = hexadecimal.map { .string($0) }
    members["license"] = license.map { .string($0.value) }
    return .object(members)
  }
}

extension Manifest.StorageDeclaration {
  fileprivate var json: JSON {
    var members: [String: JSON] = ["database": .string(database.value), "vector": .bool(vector != nil)]
    members["schema"] = schema.map { .string($0.value) }
    members["sql"] = declared.map { .string(String(decoding: $0.sql, as: UTF8.self)) }
    if !vectorModels.isEmpty {
      let models = vectorModels.map { ("\($0.table).\($0.column)", JSON.string($0.model.value)) }
      members["models"] = .object(Dictionary(models) { first, _ in first })
    }
    members["extension"] = vectorExtension.map { .string($0.value) }
    members["migrations"] = migrations.map { .string($0.value) }
    return .object(members)
  }
}

extension Manifest.EntryDeclaration {
  fileprivate var json: JSON {
    [
      "command": .texts(command), "cwd": .string(directory?.value ?? "."),
      "stdio": .string(isSilent ? "null" : "inherit"),
    ]
  }
}

extension Manifest.LimitsDeclaration {
  fileprivate var json: JSON {
    let bounds = [
      ("memory", memory), ("cpu", cpu), ("processes", processes), ("open-files", openFiles), ("file-size", fileSize),
      ("wall-time", wallTime),
    ]
    var members: [String: JSON] = [:]
    for (key, value) in bounds {
      members[key] = value.map { Int64(exactly: $0.value).map { .integer($0) } ?? .string("none") }
    }
    return .object(members)
  }
}

extension Manifest.Build {
  fileprivate var json: JSON {
    [
      "sources": .texts(sources),
      "inputs": .array(
        inputs.map {
          ["url": .string($0.url.value), "sha256": .string($0.sha256.value), "path": .string($0.path.value)]
        }),
      "steps": .array(steps.map { ["run": .texts($0.run), "outputs": .texts($0.outputs)] }),
    ]
  }
}

extension Capabilities {
  fileprivate var json: JSON {
    let network: JSON =
      switch self.network?.value {
      case nil: false
      case .all?: true
      case .some(.some(let hosts, let ports, let requiresTLS, let listen)):
        [
          "allowed_hosts": .texts(hosts), "allowed_ports": .texts(ports), "require_tls": .bool(requiresTLS),
          "listen": .texts(listen),
        ]
      }
    var paths: [String: JSON] = [:]
    for path in userPaths { paths[path.name] = .string(path.access.value.rawValue) }
    var files: [String: JSON] = ["user-paths": .object(paths), "read": .texts(read), "write": .texts(write)]
    files["app-data"] = appData.map { .string($0.value.rawValue) }
    files["user-selected"] = userSelected.map { .string($0.value.rawValue) }
    return [
      "net": network, "fs": .object(files), "device": .texts(devices), "ipc": .texts(ipc),
      "process": ["spawn": .texts(spawn), "threads": .bool(threads?.value ?? true)],
      "environment": .texts(environment), "mcp": .bool(mcp != nil),
      "background": .string(background?.value ?? "false"), "notifications": .texts(notifications),
    ]
  }
}

extension JSON {
  fileprivate static func texts(_ values: [Located<String>]) -> JSON { .array(values.map { .string($0.value) }) }

  fileprivate static func statements(_ statements: [Manifest.Statement]) -> JSON {
    .array(statements.map { .string($0.text) })
  }

  /// Nil for an array or an object without members.
  fileprivate var unlessEmpty: JSON? {
    switch self {
    case .array(let elements) where elements.isEmpty: nil
    case .object(let members) where members.isEmpty: nil
    default: self
    }
  }
}

internal import Digests
internal import Schemas
internal import Structures

/// Finds the changes between two policies of which both are there.
struct PolicyStructureComparison {
  var before: ComparisonSide
  var after: ComparisonSide
  var classify: SchemaClassifier?

  private var old: Policy { before.app.policy }
  private var new: Policy { after.app.policy }

  var changes: [PolicyChange] {
    var changes = identity
    guard old != new else { return changes }
    changes +=
      AuthorityComparison(
        before: old.authority, after: new.authority, originsBefore: before.origins, originsAfter: after.origins
      ).changes
    changes += limits(old.limits, new.limits, tool: nil)
    changes += models + storage + entry + runtime + tools
    return changes
  }

  /// The changes when one of both is the other one's absence. Limits are told where they are not the defaults.
  func existence(isAdded: Bool) -> [PolicyChange] {
    AuthorityComparison(
      before: old.authority, after: new.authority, originsBefore: before.origins, originsAfter: after.origins
    ).changes + models + storage + tools
      + LimitedResource.allCases.filter { new.limits[$0] != Limits()[$0] }.map { resource in
        let bound = LimitText.write(new.limits, resource)
        let amount = consumption(new.limits, resource)
        return change(
          isAdded ? .limitRaised : .limitLowered,
          !isAdded ? .note : new.limits.isUnlimited(resource) ? .medium : .low, key: resource.rawValue,
          before: isAdded ? nil : bound, after: isAdded ? bound : nil, allowed: isAdded ? amount : nil,
          denied: isAdded ? nil : amount, at: "limits.\(resource.rawValue)", "limits")
      }
  }

  private func consumption(_ limits: Limits, _ resource: LimitedResource) -> String {
    "consume \(resource.rawValue) "
      + (limits.isUnlimited(resource) ? "without bound" : LimitText.write(limits, resource))
  }

  /// The places of both manifests that speak of a key: the key itself, else what it stands in.
  private func change(
    _ rule: ChangeRule, _ severity: ChangeSeverity? = nil, tool: String? = nil, key: String, before old: String?,
    after new: String?, allowed: String? = nil, denied: String? = nil, at keys: String...
  ) -> PolicyChange {
    func origins(_ origins: Origins) -> [Origin] {
      for key in keys { if let origin = origins.keys[key] { return [origin] } }
      return []
    }
    return PolicyChange(
      rule, severity, tool: tool, key: key, before: old, after: new, allowed: allowed, denied: denied,
      originsBefore: origins(before.origins), originsAfter: origins(after.origins))
  }

  private var identity: [PolicyChange] {
    let (left, right) = (before.app.id, after.app.id)
    if (left.publisher, left.name) != (right.publisher, right.name) {
      return [
        change(
          .identityChanged, key: "app", before: "\(left.publisher)/\(left.name)",
          after: "\(right.publisher)/\(right.name)", at: "name")
      ]
    }
    guard left.version == right.version, old != new else { return [] }
    return [
      change(
        .versionReused, key: "\(left)", before: "\(old.digest)", after: "\(new.digest)", at: "version")
    ]
  }

  private func limits(_ old: Limits, _ new: Limits, tool: String?) -> [PolicyChange] {
    LimitedResource.allCases.compactMap { resource in
      let (was, isNow) = (old[resource], new[resource])
      if was == isNow { return nil }
      let isRaised = isNow > was
      let severity: ChangeSeverity = !isRaised ? .note : new.isUnlimited(resource) ? .medium : .low
      return change(
        isRaised ? .limitRaised : .limitLowered, severity, tool: tool, key: resource.rawValue,
        before: LimitText.write(old, resource), after: LimitText.write(new, resource),
        allowed: isRaised ? consumption(new, resource) : nil,
        denied: isRaised ? nil : consumption(old, resource),
        at: tool.map { "tools.\($0).limits.\(resource.rawValue)" } ?? "limits.\(resource.rawValue)",
        tool.map { "tools.\($0)" } ?? "limits", "tools")
    }
  }

  // MARK: Models

  private var models: [PolicyChange] {
    paired(old.models, new.models, by: \.id).flatMap { id, was, isNow -> [PolicyChange] in
      let place = "models.\(id)"
      func load(_ pin: ModelPin) -> String {
        let file = pin.files.first.map { " \($0.digest.hexadecimal.prefix(12))" } ?? ""
        return "load \(id)\(file) as \(pin.role)"
      }
      guard let was else {
        return isNow.map { pin in
          [change(.modelAdded, key: id, before: nil, after: pin.summary, allowed: load(pin), at: place, "models")]
        } ?? []
      }
      guard let isNow else {
        return [change(.modelRemoved, key: id, before: was.summary, after: nil, denied: load(was), at: place, "models")]
      }
      var changes: [PolicyChange] = []
      func differ(_ rule: ChangeRule, _ left: String, _ right: String) {
        if left != right { changes.append(change(rule, key: id, before: left, after: right, at: place, "models")) }
      }
      if was.digests != isNow.digests {
        changes.append(
          change(
            .modelContentChanged, key: id, before: was.contents, after: isNow.contents,
            allowed: "load \(id) \(isNow.differing(from: was) ?? "of \(isNow.files.count) files") as \(isNow.role)",
            denied: "load \(id) \(was.differing(from: isNow) ?? "of \(was.files.count) files") as \(was.role)",
            at: place,
            "models"))
      } else {
        differ(
          .modelPathsChanged, was.files.map(\.path).joined(separator: " "),
          isNow.files.map(\.path).joined(separator: " "))
      }
      if was.role != isNow.role {
        changes.append(
          change(
            .modelRoleChanged, key: id, before: was.role, after: isNow.role, allowed: load(isNow), denied: load(was),
            at: place, "models"))
      }
      differ(.modelSourceChanged, was.origin, isNow.origin)
      differ(
        .modelLicenseChanged, was.license.isEmpty ? "unstated" : was.license,
        isNow.license.isEmpty ? "unstated" : isNow.license)
      differ(.modelLoadingChanged, was.loading.rawValue, isNow.loading.rawValue)
      return changes
    }
  }

  // MARK: Storage

  private var storage: [PolicyChange] {
    switch (old.storage, new.storage) {
    case (nil, nil): return []
    case (nil, let new?):
      return [
        change(.storageAdded, key: new.file, before: nil, after: "database", allowed: "keep \(new.file)", at: "storage")
      ] + extensions([], new.extensions)
    case (let old?, nil):
      return [
        change(
          .storageRemoved, key: old.file, before: "database", after: nil, denied: "keep \(old.file)", at: "storage")
      ] + extensions(old.extensions, [])
    case (let old?, let new?):
      var changes = extensions(old.extensions, new.extensions)
      if old.file != new.file {
        changes.append(
          change(
            .storageFileChanged, key: "file", before: old.file, after: new.file, allowed: "keep \(new.file)",
            denied: "keep \(old.file)", at: "storage.file", "storage"))
      }
      return changes + schema(old.schema, new.schema)
    }
  }

  private func extensions(_ old: [String], _ new: [String]) -> [PolicyChange] {
    paired(old, new, by: \.self).compactMap { path, was, isNow in
      if was != nil, isNow != nil { return nil }
      return change(
        isNow == nil ? .extensionRemoved : .extensionAdded, key: Quoting.write(path), before: was.map { _ in "loaded" },
        after: isNow.map { _ in "loaded" }, allowed: isNow.map { "load \($0) into the database" },
        denied: was.map { "load \($0) into the database" }, at: "storage.vector", "storage")
    }
  }

  private func schema(_ old: Schema, _ new: Schema) -> [PolicyChange] {
    SchemaComparison(before: old, after: new, classify: classify).differences.map { difference in
      var change = change(
        difference.migration.rule, key: difference.key, before: difference.before, after: difference.after,
        allowed: difference.migration.witness, at: "storage.schema", "storage")
      change.migration = difference.migration
      return change
    }
  }

  // MARK: Programs

  private var entry: [PolicyChange] {
    var changes: [PolicyChange] = []
    let (left, right) = (old.entry, new.entry)
    if left.command != right.command {
      changes.append(
        change(
          .entryCommandChanged, key: "command", before: TextLayout.words(left.command),
          after: TextLayout.words(right.command), at: "entry.command", "entry"))
    }
    if left.workingDirectory != right.workingDirectory {
      changes.append(
        change(
          .entryDirectoryChanged, key: "directory", before: left.workingDirectory.isEmpty ? "." : left.workingDirectory,
          after: right.workingDirectory.isEmpty ? "." : right.workingDirectory, at: "entry.cwd", "entry"))
    }
    if left.streams != right.streams {
      func terminal(_ streams: Entry.Streams) -> String { "have standard streams \(streams.rawValue)" }
      changes.append(
        change(
          .entryStreamsChanged, key: "streams", before: left.streams.rawValue, after: right.streams.rawValue,
          allowed: terminal(right.streams), denied: terminal(left.streams), at: "entry.stdio", "entry"))
    }
    return changes
  }

  private var runtime: [PolicyChange] {
    if old.runtime == new.runtime { return [] }
    func text(_ runtime: RuntimeEnvironment) -> String {
      switch runtime {
      case .host: "host"
      case .image(let reference): reference
      }
    }
    return [
      change(
        .runtimeChanged, key: "environment", before: text(old.runtime), after: text(new.runtime),
        allowed: "run on \(text(new.runtime))", denied: "run on \(text(old.runtime))", at: "runtime")
    ]
  }

  private var tools: [PolicyChange] {
    paired(old.tools, new.tools, by: \.name).flatMap { name, was, isNow -> [PolicyChange] in
      let key = Quoting.write(name)
      guard let was, let isNow else {
        let command = (isNow ?? was).map { TextLayout.words($0.command) }
        let addition = change(
          isNow == nil ? .toolRemoved : .toolAdded, key: key, before: was == nil ? nil : command,
          after: isNow == nil ? nil : command, allowed: isNow == nil ? nil : "start tool \(key)",
          denied: was == nil ? nil : "start tool \(key)", at: "tools.\(name)", "tools")
        return [addition]
          + AuthorityComparison(
            before: was?.authority ?? .nothing, after: isNow?.authority ?? .nothing, originsBefore: before.origins,
            originsAfter: after.origins, tool: name
          ).changes
      }
      var changes = AuthorityComparison(
        before: was.authority, after: isNow.authority, originsBefore: before.origins, originsAfter: after.origins,
        tool: name
      ).changes
      changes += limits(was.limits, isNow.limits, tool: name)
      if was.command != isNow.command {
        changes.append(
          change(
            .toolCommandChanged, key: key, before: TextLayout.words(was.command),
            after: TextLayout.words(isNow.command), at: "tools.\(name)", "tools"))
      }
      return changes
    }
  }

  /// The elements of both lists by name, in byte order of the names.
  private func paired<Element>(
    _ old: [Element], _ new: [Element], by name: (Element) -> String
  ) -> [(String, Element?, Element?)] {
    var pairs: [Label: (Element?, Element?)] = [:]
    for element in old { pairs[Label(name(element)), default: (nil, nil)].0 = element }
    for element in new { pairs[Label(name(element)), default: (nil, nil)].1 = element }
    return pairs.sorted { $0.key < $1.key }.map { ($0.key.text, $0.value.0, $0.value.1) }
  }
}

extension ModelPin {
  fileprivate var digests: [String] { files.map(\.digest.hexadecimal).sorted() }

  /// The contents without their names: what the model is.
  fileprivate var contents: String {
    files.isEmpty ? "no files" : digests.map { "sha256:" + $0 }.joined(separator: " ")
  }

  fileprivate var summary: String { "\(role) \(contents)" }

  fileprivate var origin: String {
    let text = revision.isEmpty ? source : "\(source)@\(revision)"
    return text.isEmpty ? "unstated" : text
  }

  /// The start of the digest of a file that `other` does not have.
  fileprivate func differing(from other: ModelPin) -> String? {
    files.first { file in !other.files.contains { $0.digest == file.digest } }.map {
      "\($0.digest.hexadecimal.prefix(12))"
    }
  }
}

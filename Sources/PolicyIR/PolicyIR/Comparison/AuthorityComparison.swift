internal import Schemas
internal import Structures

/// Finds the changes between two authorities, of an app or of one of its tools.
struct AuthorityComparison {
  var before: Authority
  var after: Authority
  var originsBefore = Origins()
  var originsAfter = Origins()
  var tool: String?

  var changes: [PolicyChange] {
    if before == after { return [] }
    return connections + addresses + listening + files
      + set(before.process.programs, after.process.programs, .programGranted) {
        .process(.spawn($0))
      } name: {
        Quoting.write($0)
      } severity: { _ in
        .medium
      }
      + set(
        FiniteSet(before.process.threads ? ["yes"] : []), FiniteSet(after.process.threads ? ["yes"] : []),
        .threadsGranted
      ) { _ in
        .process(.startThread)
      } name: {
        $0
      } severity: { _ in
        .low
      }
      + set(before.devices, after.devices, .deviceGranted) {
        .use($0)
      } name: {
        $0.rawValue
      } severity: {
        $0 == .camera || $0 == .microphone ? .high : .low
      }
      + set(before.ipc, after.ipc, .facilityGranted) {
        .communicate($0)
      } name: {
        $0.rawValue
      } severity: {
        $0 == .dbus ? .high : $0 == .wayland ? .medium : .low
      }
      + set(before.environment, after.environment, .variableGranted) {
        .readVariable($0)
      } name: {
        Quoting.write($0)
      } severity: { _ in
        .low
      }
      + set(before.notifications, after.notifications, .notificationGranted) {
        .notify($0)
      } name: {
        $0.rawValue
      } severity: { _ in
        .low
      }
      + set(before.background, after.background, .backgroundGranted) {
        .runInBackground($0)
      } name: {
        $0.rawValue
      } severity: {
        $0 == .active ? .medium : .low
      }
      + set(before.serves, after.serves, .protocolGranted) {
        .serve($0)
      } name: {
        $0.rawValue
      } severity: { _ in
        .medium
      }
  }

  // MARK: Trees

  private var files: [PolicyChange] {
    before.files.tree.differences(to: after.files.tree, joining: true).map { difference in
      func operation(_ place: (labels: [String], value: FileAccessSet)?) -> Operation? {
        guard let place, let access = place.value.contains(.write) ? .write : place.value.accesses.first else {
          return nil
        }
        return .file(FileAuthority.Operation(access, PolicyPath(place.labels)))
      }
      /// The same difference at a file below, where there is one: a directory alone says little to a reader.
      func telling(
        _ place: (labels: [String], value: FileAccessSet)?, _ more: ReducedTree<FileAccessSet>,
        _ less: ReducedTree<FileAccessSet>
      ) -> (labels: [String], value: FileAccessSet)? {
        guard let place, difference.extent == .atAndBelow, place.labels.count == difference.components.count else {
          return place
        }
        let below = place.labels + ["x"]
        let value = more.value(at: below).subtracting(less.value(at: below))
        return value == .nothing ? place : (below, value)
      }
      let gained = telling(difference.gained, after.files.tree, before.files.tree)
      let lost = telling(difference.lost, before.files.tree, after.files.tree)
      func related(_ place: (labels: [String], value: FileAccessSet)?) -> [Operation] {
        guard let place else { return [] }
        return FileAccess.allCases.map { .file(FileAuthority.Operation($0, PolicyPath(place.labels))) }
      }
      return change(
        (.filesGranted, .filesChanged), key: PathText.write(difference.components, difference.extent),
        before: difference.before.map(AccessText.write), after: difference.after.map(AccessText.write),
        allowed: operation(gained), denied: operation(lost),
        related: related(difference.gained) + related(difference.lost),
        severity: difference.gained.map(severity) ?? .note)
    }
  }

  /// How much it matters that a place may be used in some ways that are new.
  private func severity(_ place: (labels: [String], value: FileAccessSet)) -> ChangeSeverity {
    let root = place.labels.first ?? ""
    if ["app-data", "app", "models"].contains(root) { return .low }
    return place.value == .read ? .medium : .high
  }

  private var connections: [PolicyChange] {
    before.connect.hosts.differences(to: after.connect.hosts, joining: false).map { difference in
      func operation(_ place: (labels: [String], value: PortSets)?) -> Operation? {
        guard let place, let first = place.value.first else { return nil }
        let name = place.labels.isEmpty ? "." : place.labels.reversed().joined(separator: ".")
        return .connect(ConnectAuthority.Operation(first.transport, .host(name), first.port))
      }
      /// The same difference at a name that says more to a reader than a bare label, where there is one.
      func telling(
        _ place: (labels: [String], value: PortSets)?, _ more: ReducedTree<PortSets>, _ less: ReducedTree<PortSets>
      ) -> (labels: [String], value: PortSets)? {
        guard let place, place.labels.count == 1 else { return place }
        for labels in [["com", "example"], place.labels + ["example"]] where difference.reaches(labels) {
          let value = more.value(at: labels).subtracting(less.value(at: labels))
          if value != .nothing { return (labels, value) }
        }
        return place
      }
      let gained = telling(difference.gained, after.connect.hosts, before.connect.hosts)
      let lost = telling(difference.lost, before.connect.hosts, after.connect.hosts)
      func related(_ place: (labels: [String], value: PortSets)?, _ values: [PortSets]) -> [Operation] {
        guard let place else { return [] }
        return values.compactMap { operation((place.labels, $0)) }
      }
      return change(
        (.connectionsGranted, .connectionsChanged), key: HostText.write(difference.components, difference.extent),
        before: difference.before.map(PortText.write), after: difference.after.map(PortText.write),
        allowed: operation(gained), denied: operation(lost),
        related: related(gained, difference.before + difference.after)
          + related(lost, difference.before + difference.after),
        severity: gained == nil ? .note : .high)
    }
  }

  /// What is new is told by the prefixes of the new policy, what is gone by those of the old one.
  private var addresses: [PolicyChange] {
    addressChanges(before.connect.addresses4, after.connect.addresses4, width: 32) {
      ConnectAuthority(addresses4: $0)
    }
      + addressChanges(before.connect.addresses6, after.connect.addresses6, width: 128) {
        ConnectAuthority(addresses6: $0)
      }
  }

  private func addressChanges(
    _ before: PrefixTree<PortSets>, _ after: PrefixTree<PortSets>, width: Int,
    _ authority: (PrefixTree<PortSets>) -> ConnectAuthority
  ) -> [PolicyChange] {
    if before == after { return [] }
    let (gained, lost) = (after.subtracting(before), before.subtracting(after))
    var prefixes: Set<[Bool]> = []
    for leaf in after.leaves where gained.restricted(to: leaf.prefix) != .nothing { prefixes.insert(leaf.prefix) }
    for leaf in before.leaves where lost.restricted(to: leaf.prefix) != .nothing { prefixes.insert(leaf.prefix) }
    return prefixes.sorted { left, right in
      left.lexicographicallyPrecedes(right) { !$0 && $1 }
    }.map { prefix in
      func values(_ tree: PrefixTree<PortSets>) -> [String] {
        let grants = authority(tree.restricted(to: prefix)).grants
        let own = PrefixText.write(prefix, width: width)
        return grants.map { $0.object == own ? $0.value : "\($0.object) \($0.value)" }
      }
      // Only what is new in a prefix of the new policy, and gone in one of the old: neither is told twice.
      let isNew = after.leaves.contains { $0.prefix == prefix }
      let isOld = before.leaves.contains { $0.prefix == prefix }
      let allowed = isNew ? authority(gained.restricted(to: prefix)).witness : nil
      let denied = isOld ? authority(lost.restricted(to: prefix)).witness : nil
      return change(
        (.connectionsGranted, .connectionsChanged), key: PrefixText.write(prefix, width: width),
        before: values(before), after: values(after), allowed: allowed.map { .connect($0) },
        denied: denied.map { .connect($0) }, related: [], severity: allowed == nil ? .note : .high)
    }
  }

  private var listening: [PolicyChange] {
    [
      (ListenAuthority.Scope.loopback, before.listen.loopback, after.listen.loopback),
      (.any, before.listen.any, after.listen.any),
    ]
    .compactMap { scope, old, new in
      if old == new { return nil }
      func operation(_ ports: PortSets) -> Operation? {
        ports.first.map { .listen(ListenAuthority.Operation($0.transport, scope, $0.port)) }
      }
      return change(
        (.listeningGranted, .listeningChanged), key: scope.rawValue, before: [PortText.write(old)],
        after: [PortText.write(new)], allowed: operation(new.subtracting(old)),
        denied: operation(old.subtracting(new)), related: [],
        severity: new.subtracting(old) == .nothing ? .note : scope == .any ? .high : .medium)
    }
  }

  // MARK: Sets

  private func set<Element: SetMember>(
    _ old: FiniteSet<Element>, _ new: FiniteSet<Element>, _ rule: ChangeRule, _ operation: (Element) -> Operation,
    name: (Element) -> String, severity: (Element) -> ChangeSeverity
  ) -> [PolicyChange] {
    if old == new { return [] }
    return old.union(new).elements.compactMap { element in
      let (was, isNow) = (old.permits(element), new.permits(element))
      if was == isNow { return nil }
      return change(
        (rule, rule), key: name(element), before: was ? ["yes"] : ["nothing"], after: isNow ? ["yes"] : ["nothing"],
        allowed: isNow ? operation(element) : nil, denied: was ? operation(element) : nil, related: [],
        severity: isNow ? severity(element) : .note)
    }
  }

  // MARK: One change

  /// - Parameter rules: the rule of a grant, whose mirror is the withdrawal, and the rule of both at once.
  private func change(
    _ rules: (granted: ChangeRule, changed: ChangeRule), key: String, before: [String], after: [String],
    allowed: Operation?, denied: Operation?, related: [Operation], severity: ChangeSeverity
  ) -> PolicyChange {
    let rule = denied == nil ? rules.granted : allowed == nil ? rules.granted.mirror : rules.changed
    func origins(_ origins: Origins, _ operation: Operation?) -> [Origin] {
      for operation in [operation].compactMap({ $0 }) + related {
        let found = origins.origins(of: operation)
        if !found.isEmpty { return found }
      }
      return []
    }
    func text(_ values: [String]) -> String? {
      let values = values.filter { $0 != "nothing" || values.count > 1 }
      return values.isEmpty ? nil : values.joined(separator: " | ")
    }
    return PolicyChange(
      rule, tool == nil ? severity : severity.lowered, tool: tool, key: key, before: text(before), after: text(after),
      allowed: allowed?.description, denied: denied?.description, originsBefore: origins(originsBefore, denied),
      originsAfter: origins(originsAfter, allowed))
  }
}

extension PrefixTree {
  /// What this has under a prefix, and nothing elsewhere.
  func restricted(to prefix: [Bool]) -> PrefixTree {
    var tree = self
    for bit in prefix {
      let halves = tree.halves
      tree = bit ? halves.one : halves.zero
    }
    for bit in prefix.reversed() { tree = bit ? .split(.nothing, tree) : .split(tree, .nothing) }
    return tree
  }
}

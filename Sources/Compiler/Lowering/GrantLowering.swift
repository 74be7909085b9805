internal import Diagnostics
internal import Manifest
internal import PolicyIR
internal import Structures

// Grants as they are written, into authority.

extension Lowering {
  /// What `capabilities` of the app or of a tool grants, in the order of the table, with what is granted without being
  /// written: an app reads its own files and models, keeps data, and starts threads.
  ///
  /// - Parameter isTool: a tool keeps no data unless it says so.
  func grants(of capabilities: Capabilities, at span: Span, isTool: Bool) -> [GrantEntry] {
    var entries: [GrantEntry] = []
    entries.reserveCapacity(16)
    func grant(_ authority: Authority, _ span: Span, _ key: String, _ reason: String = "") {
      entries.append(GrantEntry(.authority(authority), span: span, key: key, reason: reason))
    }
    func grant(
      _ content: GrantEntry.Content, _ span: Span, _ key: String, _ reason: String = "", subkey: String = ""
    ) {
      entries.append(GrantEntry(content, span: span, key: key, subkey: subkey, reason: reason))
    }
    let start = Span(span.start, span.start)
    grant(files("app", .read), manifest.entry.span, "fs", "an app can read its own files")
    if !manifest.models.isEmpty {
      grant(files("models", .read), manifest.models[0].span, "fs", "an app can read the models that it declares")
    }
    if let appData = capabilities.appData {
      grant(files("app-data", access(appData.value)), appData.span, "fs.app-data")
    } else if !isTool {
      grant(files("app-data", .readWrite), start, "fs.app-data", "the default of capabilities.fs.app-data")
    }
    if let selected = capabilities.userSelected {
      grant(files("user-selected", access(selected.value)), selected.span, "fs.user-selected")
    }
    for path in capabilities.userPaths {
      grant(files(path.name, access(path.access.value)), path.access.span, "fs.user-paths", subkey: path.name)
    }
    for path in capabilities.read { grant(files(path.value, .read), path.span, "fs.read") }
    for path in capabilities.write { grant(files(path.value, .readWrite), path.span, "fs.write") }
    network(capabilities, grant)
    for device in capabilities.devices {
      guard let value = Device(rawValue: device.value) else { continue }
      grant(Authority(devices: FiniteSet(value)), device.span, "device.\(device.value)")
    }
    for program in capabilities.spawn {
      grant(.program(program.value), program.span, "process.spawn")
    }
    if let threads = capabilities.threads {
      if threads.value { grant(.threads, threads.span, "process.threads") }
    } else if !isTool || manifest.capabilities.threads?.value ?? true {
      grant(.threads, start, "process.threads", "the default of capabilities.process.threads")
    }
    for facility in capabilities.ipc {
      guard let value = IPCFacility(rawValue: facility.value) else { continue }
      grant(Authority(ipc: FiniteSet(value)), facility.span, "ipc.\(facility.value)")
    }
    for name in capabilities.environment {
      grant(.variable(name.value), name.span, "environment")
    }
    if let mcp = capabilities.mcp { grant(Authority(serves: FiniteSet(.mcpStdio)), mcp, "tools.mcp") }
    if let mode = capabilities.background {
      let modes: [BackgroundMode] = mode.value == "active" ? [.active, .passive] : [.passive]
      grant(Authority(background: FiniteSet(modes)), mode.span, "background.mode")
    }
    for mode in capabilities.notifications {
      guard let value = NotificationMode(rawValue: mode.value) else { continue }
      grant(Authority(notifications: FiniteSet(value)), mode.span, "notifications.modes")
    }
    return entries
  }

  private func access(_ access: Capabilities.Access) -> FileAccessSet {
    switch access {
    case .none: .nothing
    case .read: .read
    case .readWrite: .readWrite
    }
  }

  /// A root of the policy's file tree, or a path of the user or the machine.
  private func files(_ place: String, _ accesses: FileAccessSet) -> GrantEntry.Content {
    guard place.hasPrefix("~") || place.hasPrefix("/"), let path = try? GrantPath(parsing: place) else {
      return .files(.everything(below: place), accesses)
    }
    var components: [PatternComponent] = []
    components.reserveCapacity(path.components.count + 1)
    components.append(.literal(path.root == .home ? "home" : "host"))
    for component in path.components { components.append(component == "*" ? .anyLabel : .literal(component)) }
    return .files(FilePattern(components, path.isRecursive ? .atAndBelow : .exactly), accesses)
  }

  private func network(_ capabilities: Capabilities, _ grant: (Authority, Span, String, String) -> Void) {
    guard let network = capabilities.network else { return }
    guard case .some(let hosts, let ports, let requiresTLS, let listen) = network.value else {
      return grant(Authority(connect: .full), network.span, "net", "")
    }
    let shared = ports.isEmpty ? [443...443] : ports.compactMap { try? PortRange(parsing: $0.value).ports }
    for host in hosts {
      guard let pattern = try? HostPattern(parsing: host.value) else { continue }
      let set = IntervalSet(pattern.port.map { [$0...$0] } ?? shared)
      let ports = requiresTLS ? PortSets(tls: set) : PortSets(tcp: set)
      let connect: ConnectAuthority =
        switch pattern.peer {
        case .name(let name): ConnectAuthority(host: name, ports)
        case .below(let domain): ConnectAuthority(below: domain, ports)
        case .prefix(let address, let length): ConnectAuthority(address: address, prefixLength: length, ports)
        }
      grant(Authority(connect: connect), host.span, "net.allowed_hosts", "")
    }
    for address in listen {
      guard let parsed = try? ListenAddress(parsing: address.value) else { continue }
      let ports = PortSets(tcp: IntervalSet(parsed.port...parsed.port))
      // Whoever may listen on every address may listen on loopback.
      let authority =
        parsed.scope == .any ? ListenAuthority(loopback: ports, any: ports) : ListenAuthority(loopback: ports)
      grant(Authority(listen: authority), address.span, "net.listen", "")
    }
  }
}

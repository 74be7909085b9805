internal import Diagnostics
internal import Text

extension ManifestReader {
  func capabilities(_ node: Int?) -> Capabilities {
    let files = value(node, "fs")
    let process = value(node, "process")
    let userPaths = members(value(files, "user-paths")) { name, value -> Capabilities.UserPath? in
      guard let access = access(value), access.value != .none else { return nil }
      return Capabilities.UserPath(name: name.value, access: access)
    }
    return Capabilities(
      span: node.map { span($0) }, filesSpan: files.map { span($0) }, network: network(value(node, "net")),
      appData: value(files, "app-data").flatMap { access($0) },
      userSelected: value(files, "user-selected").flatMap { access($0) }, userPaths: userPaths,
      read: strings(files, "read"), write: strings(files, "write"), devices: switches(value(node, "device")),
      ipc: switches(value(node, "ipc")), spawn: strings(process, "spawn"),
      threads: value(process, "threads").flatMap { boolean($0) }, environment: strings(node, "environment"),
      mcp: string(value(node, "tools"), "mcp").flatMap { $0.value == "stdio" ? $0.span : nil },
      background: string(value(node, "background"), "mode"),
      notifications: strings(value(node, "notifications"), "modes"))
  }

  private func network(_ node: Int?) -> Located<Capabilities.Network>? {
    guard let node else { return nil }
    if let isOn = boolean(node) { return isOn.value ? Located(.all, isOn.span) : nil }
    guard buffer[node].kind == .mapping else { return nil }
    return Located(
      .some(
        hosts: strings(node, "allowed_hosts"), ports: elements(value(node, "allowed_ports")) { scalar($0) },
        requiresTLS: value(node, "require_tls").flatMap { boolean($0) }?.value ?? false,
        listen: strings(node, "listen")), span(node))
  }

  private func access(_ node: Int) -> Located<Capabilities.Access>? {
    if let isOn = boolean(node) { return isOn.value ? nil : Located(.none, isOn.span) }
    guard let word = string(node), let access = Capabilities.Access(rawValue: word.value) else { return nil }
    return Located(access, word.span)
  }

  /// The keys of a mapping of booleans that are true.
  private func switches(_ node: Int?) -> [Located<String>] {
    members(node) { name, value in
      guard let isOn = boolean(value), isOn.value else { return nil }
      return Located(name.value, Span(name.span.start, isOn.span.end))
    }
  }
}

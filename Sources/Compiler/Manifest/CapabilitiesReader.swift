internal import Diagnostics

extension ManifestReader {
  func capabilities(_ node: SyntaxNode?) -> Capabilities {
    let files = node?["fs"]
    let userPaths = (files?["user-paths"]?.members ?? .empty).compactMap { member -> Capabilities.UserPath? in
      guard let access = access(member.value), access.value != .none else { return nil }
      return Capabilities.UserPath(name: member.name, access: access)
    }
    let mode = node?["background"]?["mode"].flatMap { string($0) }
    return Capabilities(
      span: node?.span, filesSpan: files?.span, network: network(node?["net"]),
      appData: files?["app-data"].flatMap(access),
      userSelected: files?["user-selected"].flatMap(access), userPaths: userPaths, read: strings(files?["read"]),
      write: strings(files?["write"]), devices: switches(node?["device"]), ipc: switches(node?["ipc"]),
      spawn: strings(node?["process"]?["spawn"]), threads: node?["process"]?["threads"].flatMap(boolean),
      environment: strings(node?["environment"]),
      mcp: node?["tools"]?["mcp"].flatMap { $0.string == "stdio" ? $0.span : nil }, background: mode,
      notifications: strings(node?["notifications"]?["modes"]))
  }

  private func network(_ node: SyntaxNode?) -> Located<Capabilities.Network>? {
    guard let node else { return nil }
    if case .boolean(let isOn) = node.value { return isOn ? Located(.all, node.span) : nil }
    guard node.members != nil else { return nil }
    return Located(
      .some(
        hosts: strings(node["allowed_hosts"]), ports: elements(node["allowed_ports"]).compactMap(scalar),
        requiresTLS: node["require_tls"].flatMap(boolean)?.value ?? false,
        listen: strings(node["listen"])), node.span)
  }

  private func access(_ node: SyntaxNode) -> Located<Capabilities.Access>? {
    if case .boolean(false) = node.value { return Located(.none, node.span) }
    return node.string.flatMap(Capabilities.Access.init(rawValue:)).map { Located($0, node.span) }
  }

  private func boolean(_ node: SyntaxNode) -> Located<Bool>? {
    guard case .boolean(let value) = node.value else { return nil }
    return Located(value, node.span)
  }

  /// The keys of a mapping of booleans that are true.
  private func switches(_ node: SyntaxNode?) -> [Located<String>] {
    (node?.members ?? .empty).compactMap { member in
      guard case .boolean(true) = member.value.value else { return nil }
      return Located(member.name, Span(member.nameSpan.start, member.value.span.end))
    }
  }
}

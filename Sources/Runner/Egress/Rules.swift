internal import SandboxPlan

/// What may be reached, from the plan.
struct Rules {
  enum Permission: Hashable, Sendable {
    case denied
    /// Whatever is sent.
    case permitted
    /// Only TLS for the host that was asked for.
    case permittedWithTLS
  }

  private var exact: [String: EgressPlan.Ports] = [:]
  private var below: [String: EgressPlan.Ports] = [:]
  private let addresses: [(prefix: Address, length: Int, ports: EgressPlan.Ports)]

  init(_ plan: EgressPlan) {
    for rule in plan.hosts {
      if rule.isBelow { below[rule.name] = rule.ports } else { exact[rule.name] = rule.ports }
    }
    addresses = plan.addresses.compactMap { rule in
      Address(rule.address).map { ($0, rule.prefixLength, rule.ports) }
    }
  }

  /// - Parameter name: in lower case without a trailing dot.
  private func ports(of name: String) -> EgressPlan.Ports {
    if let ports = exact[name] { return ports }
    var rest = Substring(name)
    while let dot = rest.firstIndex(of: ".") {
      rest = rest[rest.index(after: dot)...]
      if let ports = below[String(rest)] { return ports }
    }
    return below[""] ?? EgressPlan.Ports()
  }

  /// Whether a name may be asked for at all: whether it has any port.
  func permitsName(_ name: String) -> Bool { ports(of: name) != EgressPlan.Ports() }

  func permission(for name: String, _ port: UInt16) -> Permission { Rules.permission(ports(of: name), port) }

  /// For an address that the manifest itself names.
  func permission(for address: Address, _ port: UInt16) -> Permission {
    addresses.first { address.isIn($0.prefix, $0.length) }.map { Rules.permission($0.ports, port) } ?? .denied
  }

  private static func permission(_ ports: EgressPlan.Ports, _ port: UInt16) -> Permission {
    if ports.tcp.contains(where: { $0.contains(port) }) { return .permitted }
    return ports.tls.contains { $0.contains(port) } ? .permittedWithTLS : .denied
  }
}

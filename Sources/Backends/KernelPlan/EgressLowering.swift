internal import PolicyIR
internal import SandboxPlan
internal import Structures

// Hosts by name: the app's network holds nothing but the broker's resolver, and each connection in it is the broker's.

extension PlanBuilder {
  /// Plans the broker for the hosts, addresses and ports that a policy names.
  mutating func lowerBrokered(_ connect: ConnectAuthority, _ listen: ListenAuthority) -> Network {
    var plan = EgressPlan()
    for line in connect.hosts.linesBelowOrExact {
      let labels = line.components.compactMap { if case .literal(let label) = $0 { label } else { nil } }
      guard labels.count == line.components.count else {
        let witness = ConnectAuthority(hosts: ReducedTree(line.components, line.extent, line.value)).witness
        refuse(witness.map { .connect($0) }, "connect to some names", "`*` stands only at the beginning of a name")
        continue
      }
      let name = labels.reversed().joined(separator: ".")
      plan.hosts.append(
        EgressPlan.HostRule(name: name, isBelow: line.extent == .below, ports: ports(line.value)))
    }
    for (tree, width) in [(connect.addresses4, 32), (connect.addresses6, 128)] {
      for leaf in tree.leaves {
        plan.addresses.append(
          EgressPlan.AddressRule(
            address: IPAddress(bits: leaf.prefix, width: width).bytes, prefixLength: leaf.prefix.count,
            ports: ports(leaf.value)))
      }
    }
    for grant in connect.grants {
      self.grant(
        "connect \(grant.object) \(grant.value)", by: ["namespace network", "egress broker"], .exact,
        grant.object.contains("/") ? "private addresses among them, since the manifest names them" : "")
    }
    deny(
      connect == .nothing ? "connect anywhere" : "connect anywhere else", by: ["namespace network", "egress broker"])
    lowerListening(listen, &plan)
    mountResolver()
    return .brokered(plan)
  }

  private func ports(_ ports: PortSets) -> EgressPlan.Ports {
    EgressPlan.Ports(tcp: ports.tcp.intervals, tls: ports.tls.subtracting(ports.tcp).intervals)
  }

  private mutating func lowerListening(_ listen: ListenAuthority, _ plan: inout EgressPlan) {
    for range in listen.loopback.tcp.intervals {
      for port in range {
        let isOnEveryAddress = listen.any.tcp.contains(port)
        plan.published.append(EgressPlan.PublishedPort(port: port, isOnEveryAddress: isOnEveryAddress))
        grant(
          "listen \(isOnEveryAddress ? "any" : "loopback") tcp \(port)", by: ["namespace network", "egress broker"],
          .exact, isOnEveryAddress ? "reachable from other machines" : "")
      }
    }
    deny(
      plan.published.isEmpty ? "accept connections from others" : "accept connections on other ports",
      by: ["namespace network"])
  }

  /// What the C library reads to find the broker's resolver, and the machine's certificates.
  private mutating func mountResolver() {
    let files = [
      ("/etc/hosts", "127.0.0.1 localhost locara\n::1 localhost locara\n"),
      ("/etc/nsswitch.conf", "passwd: files\ngroup: files\nhosts: files dns\nservices: files\n"),
      ("/etc/resolv.conf", "nameserver \(EgressPlan.resolver)\noptions timeout:15 attempts:1\n"),
    ]
    for (path, content) in files { mount(PlanMount(.file(content: content), at: path)) }
    for path in ["/etc/services", "/etc/ssl"] { mount(PlanMount(.host(path), at: path, isOptional: true)) }
  }
}

/// What an app may reach beyond its own network namespace, and what of it others may reach.
///
/// Its network has only a loopback; the egress broker answers names in it and makes its connections (spec/egress.md).
package struct EgressPlan: Hashable, Sendable {
  /// Ports that one peer may be reached on, as sorted, disjoint, closed ranges.
  package struct Ports: Hashable, Sendable {
    /// Whatever is sent.
    package var tcp: [ClosedRange<UInt16>]
    /// Only when the connection begins as TLS for the host that was asked for.
    package var tls: [ClosedRange<UInt16>]

    package init(tcp: [ClosedRange<UInt16>] = [], tls: [ClosedRange<UInt16>] = []) {
      self.tcp = tcp
      self.tls = tls
    }
  }

  /// What holds for one name or for every name below one. The most telling rule alone counts: that of the name itself,
  /// else that of the nearest name above it.
  package struct HostRule: Hashable, Sendable {
    /// In lower case without a trailing dot; empty, with `isBelow`, for every name.
    package var name: String
    /// Every name below `name`, but not `name` itself.
    package var isBelow: Bool
    package var ports: Ports

    package init(name: String, isBelow: Bool, ports: Ports) {
      self.name = name
      self.isBelow = isBelow
      self.ports = ports
    }
  }

  /// Addresses that the app may reach without a name, private ones included.
  package struct AddressRule: Hashable, Sendable {
    /// 4 or 16 bytes in network order, zero after the prefix.
    package var address: [UInt8]
    /// In bits.
    package var prefixLength: Int
    package var ports: Ports

    package init(address: [UInt8], prefixLength: Int, ports: Ports) {
      self.address = address
      self.prefixLength = prefixLength
      self.ports = ports
    }
  }

  /// A port of the app that is published on the machine.
  package struct PublishedPort: Hashable, Sendable {
    package var port: UInt16
    /// On every address of the machine, and not only on its loopback.
    package var isOnEveryAddress: Bool

    package init(port: UInt16, isOnEveryAddress: Bool) {
      self.port = port
      self.isOnEveryAddress = isOnEveryAddress
    }
  }

  /// Sorted by name, a name before those below it.
  package var hosts: [HostRule]
  /// Disjoint; sorted by bytes, version 4 first.
  package var addresses: [AddressRule]
  /// Sorted by port.
  package var published: [PublishedPort]

  package init(hosts: [HostRule] = [], addresses: [AddressRule] = [], published: [PublishedPort] = []) {
    self.hosts = hosts
    self.addresses = addresses
    self.published = published
  }

  /// Where the app finds its resolver, inside.
  package static let resolver = "127.0.0.53"
}

package import Structures

/// A transport protocol. `tls` is TCP that begins as TLS for the host that was asked for; `tcp` is TCP with whatever is
/// sent, so that whoever has one port by `tcp` has it by `tls` too.
package enum Transport: String, Hashable, Sendable, CaseIterable, Comparable {
  case tcp, tls, udp
  package static func < (left: Transport, right: Transport) -> Bool { left.rawValue < right.rawValue }
}

/// Ports of all transports.
package struct PortSets: PointwiseValue {
  package var tcp: IntervalSet<UInt16>
  package var tls: IntervalSet<UInt16>
  package var udp: IntervalSet<UInt16>

  /// - Parameter tls: the ports of `tcp` when nil.
  package init(
    tcp: IntervalSet<UInt16> = IntervalSet(), tls: IntervalSet<UInt16>? = nil,
    udp: IntervalSet<UInt16> = IntervalSet()
  ) {
    self.tcp = tcp
    self.tls = tls ?? tcp
    self.udp = udp
  }

  package static var nothing: PortSets { PortSets() }
  package static var full: PortSets { PortSets(tcp: .full, udp: .full) }
  package subscript(transport: Transport) -> IntervalSet<UInt16> {
    switch transport {
    case .tcp: tcp
    case .tls: tls
    case .udp: udp
    }
  }
  package func union(_ other: PortSets) -> PortSets {
    PortSets(tcp: tcp.union(other.tcp), tls: tls.union(other.tls), udp: udp.union(other.udp))
  }
  package func subtracting(_ other: PortSets) -> PortSets {
    PortSets(tcp: tcp.subtracting(other.tcp), tls: tls.subtracting(other.tls), udp: udp.subtracting(other.udp))
  }
  /// A port that is in the sets: of those that everybody knows the first, else the least, tcp before udp.
  package var first: (transport: Transport, port: UInt16)? {
    for port: UInt16 in [443, 80] where tcp.contains(port) { return (.tcp, port) }
    for port: UInt16 in [443, 80] where tls.contains(port) && tcp.isEmpty { return (.tls, port) }
    return tcp.first.map { (.tcp, $0) } ?? tls.first.map { (.tls, $0) } ?? udp.first.map { (.udp, $0) }
  }
}

/// An Internet address: 4 or 16 bytes in network order.
package enum IPAddress: Hashable, Sendable {
  case v4([UInt8])
  case v6([UInt8])

  package var bytes: [UInt8] {
    switch self {
    case .v4(let bytes), .v6(let bytes): bytes
    }
  }

  /// Bits: 32 or 128.
  package var width: Int { bytes.count * 8 }

  /// From the most significant bit.
  package var bits: [Bool] { bytes.flatMap { byte in (0..<8).map { byte & (0x80 >> $0) != 0 } } }
}

/// To whom an app may open a connection or send a datagram.
///
/// Names and addresses are different operations: a grant for a name says nothing of literal addresses.
package struct ConnectAuthority: AuthorityDomain {
  package enum Peer: Hashable, Sendable {
    /// A host name in lower case without a trailing dot: `api.example.com`.
    case host(String)
    case address(IPAddress)
  }

  package struct Operation: Hashable, Sendable {
    package var transport: Transport
    package var peer: Peer
    package var port: UInt16

    package init(_ transport: Transport, _ peer: Peer, _ port: UInt16) {
      self.transport = transport
      self.peer = peer
      self.port = port
    }
  }

  /// By host labels from the right: `com`, `example`, `api`.
  package var hosts: ReducedTree<PortSets>
  package var addresses4: PrefixTree<PortSets>
  package var addresses6: PrefixTree<PortSets>

  package init(
    hosts: ReducedTree<PortSets> = .nothing, addresses4: PrefixTree<PortSets> = .nothing,
    addresses6: PrefixTree<PortSets> = .nothing
  ) {
    self.hosts = hosts
    self.addresses4 = addresses4
    self.addresses6 = addresses6
  }

  package static var nothing: ConnectAuthority { ConnectAuthority() }
  /// Every host, every address, every port of both transports. The root of the name space is no host.
  package static var full: ConnectAuthority {
    ConnectAuthority(
      hosts: ReducedTree([], .below, .full), addresses4: .uniform(.full), addresses6: .uniform(.full))
  }

  /// One host by name.
  package init(host: String, _ ports: PortSets) {
    self.init(hosts: ReducedTree(ConnectAuthority.labels(host).map { .literal($0) }, .exactly, ports))
  }

  /// Every name below `domain`, but not `domain` itself.
  package init(below domain: String, _ ports: PortSets) {
    self.init(hosts: ReducedTree(ConnectAuthority.labels(domain).map { .literal($0) }, .below, ports))
  }

  /// - Parameter length: of the prefix in bits, at most 32 or 128.
  package init(address: IPAddress, prefixLength length: Int, _ ports: PortSets) {
    let prefix = address.bits.prefix(length)
    switch address {
    case .v4: self.init(addresses4: PrefixTree(prefix: prefix, ports))
    case .v6: self.init(addresses6: PrefixTree(prefix: prefix, ports))
    }
  }

  /// The labels of a host name from the right.
  package static func labels(_ host: String) -> [String] {
    host.utf8.split(separator: UInt8(ascii: ".")).map { String(Substring($0)) }.reversed()
  }

  package func ports(of peer: Peer) -> PortSets {
    // Mostly nothing is permitted, and then there is no need to take a name or an address apart.
    switch peer {
    case .host(let name):
      if case .uniform(let ports) = hosts { return ports }
      return hosts.value(at: ConnectAuthority.labels(name))
    case .address(let address):
      let tree = if case .v4 = address { addresses4 } else { addresses6 }
      if case .uniform(let ports) = tree { return ports }
      return tree.value(at: address.bits)
    }
  }

  package func permits(_ operation: Operation) -> Bool {
    ports(of: operation.peer)[operation.transport].contains(operation.port)
  }

  package func union(_ other: ConnectAuthority) -> ConnectAuthority {
    ConnectAuthority(
      hosts: hosts.union(other.hosts), addresses4: addresses4.union(other.addresses4),
      addresses6: addresses6.union(other.addresses6))
  }

  package func subtracting(_ other: ConnectAuthority) -> ConnectAuthority {
    ConnectAuthority(
      hosts: hosts.subtracting(other.hosts), addresses4: addresses4.subtracting(other.addresses4),
      addresses6: addresses6.subtracting(other.addresses6))
  }

  /// Names before addresses, and first of all the one that says most to a reader.
  package var witness: Operation? {
    let telling = Operation(.tcp, .host("example.com"), 443)
    if permits(telling) { return telling }
    if let found = hosts.firstNonEmpty, let first = found.value.first {
      // The empty sequence of labels is the root of the name space, which DNS writes as one dot.
      let name = found.labels.isEmpty ? "." : found.labels.reversed().joined(separator: ".")
      return Operation(first.transport, .host(name), first.port)
    }
    for (tree, width) in [(addresses4, 32), (addresses6, 128)] {
      guard let leaf = tree.leaves.first, let first = leaf.value.first else { continue }
      return Operation(first.transport, .address(IPAddress(bits: leaf.prefix, width: width)), first.port)
    }
    return nil
  }
}

/// On which local addresses an app may accept connections.
package struct ListenAuthority: AuthorityDomain {
  package enum Scope: String, Hashable, Sendable, CaseIterable {
    /// 127.0.0.0/8 and ::1.
    case loopback
    /// Every address of the machine.
    case any
  }

  package struct Operation: Hashable, Sendable {
    package var transport: Transport
    package var scope: Scope
    package var port: UInt16

    package init(_ transport: Transport, _ scope: Scope, _ port: UInt16) {
      self.transport = transport
      self.scope = scope
      self.port = port
    }
  }

  package var loopback: PortSets
  package var any: PortSets

  package init(loopback: PortSets = .nothing, any: PortSets = .nothing) {
    self.loopback = loopback
    self.any = any
  }

  package static var nothing: ListenAuthority { ListenAuthority() }
  package func permits(_ operation: Operation) -> Bool {
    (operation.scope == .loopback ? loopback : any)[operation.transport].contains(operation.port)
  }
  package func union(_ other: ListenAuthority) -> ListenAuthority {
    ListenAuthority(loopback: loopback.union(other.loopback), any: any.union(other.any))
  }
  package func subtracting(_ other: ListenAuthority) -> ListenAuthority {
    ListenAuthority(loopback: loopback.subtracting(other.loopback), any: any.subtracting(other.any))
  }
  package var witness: Operation? {
    if let first = loopback.first { return Operation(first.transport, .loopback, first.port) }
    return any.first.map { Operation($0.transport, .any, $0.port) }
  }
}

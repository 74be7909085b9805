/// Where the machine asks for names: resolv.conf(5) and hosts(5).
struct ResolverConfiguration: Hashable {
  /// In the order of the file, at most three as the C library has it.
  var servers: [Endpoint] = []
  /// Interfaces of link-local servers are not known here, so such servers are left out.
  var hosts: [String: [Address]] = [:]

  /// - Parameters:
  ///   - resolver: the content of /etc/resolv.conf; empty when there is none.
  ///   - hosts: the content of /etc/hosts.
  init(resolver: String, hosts text: String) {
    for line in ResolverConfiguration.lines(resolver) where line.first == "nameserver" && line.count > 1 {
      if let address = Address(line[1]), servers.count < 3 { servers.append(Endpoint(address, 53)) }
    }
    // As the C library: without any, the machine itself is asked.
    if servers.isEmpty { servers = [Endpoint(Address(version4: 0x7F00_0001), 53)] }
    for line in ResolverConfiguration.lines(text) {
      guard let first = line.first, let address = Address(first) else { continue }
      for name in line.dropFirst() {
        let name = name.lowercased()
        if hosts[name, default: []].count < 64 { hosts[name, default: []].append(address) }
      }
    }
  }

  /// Words of the lines, without comments; files beyond a bound are cut.
  private static func lines(_ text: String) -> [[Substring]] {
    text.prefix(1 << 20).split(whereSeparator: \.isNewline).map { line in
      line.prefix { $0 != "#" && $0 != ";" }.split { $0 == " " || $0 == "\t" }
    }
  }
}

internal import Structures

/// Ports as text: `tcp 443,8000-8080 udp 53`, `any port`, or `nothing`. The ports by TLS are those by TCP unless they
/// are written, `tls 443`; `tls none` when there are none.
enum PortText {
  static func write(_ ports: PortSets) -> String {
    if ports == .full { return "any port" }
    let parts: [String] = Transport.allCases.compactMap { transport in
      if transport == .tls {
        return ports.tls == ports.tcp ? nil : "tls \(ports.tls.isEmpty ? "none" : write(ports.tls))"
      }
      let text = write(ports[transport])
      return text.isEmpty ? nil : "\(transport.rawValue) \(text)"
    }
    return parts.isEmpty ? "nothing" : parts.joined(separator: " ")
  }

  static func write(_ ports: IntervalSet<UInt16>) -> String {
    if ports == .full { return "any" }
    return ports.intervals.map { range in
      range.count == 1 ? "\(range.lowerBound)" : "\(range.lowerBound)-\(range.upperBound)"
    }.joined(separator: ",")
  }

  static func read(_ words: some Collection<Substring>) -> PortSets? {
    let words = Array(words)
    if words == ["nothing"] { return .nothing }
    if words == ["any", "port"] { return .full }
    guard !words.isEmpty, words.count.isMultiple(of: 2) else { return nil }
    var ports = PortSets()
    var tls: IntervalSet<UInt16>?
    for index in stride(from: 0, to: words.count, by: 2) {
      guard let transport = Transport(rawValue: String(words[index])), ports[transport].isEmpty,
        transport != .tls || tls == nil,
        let set = words[index + 1] == "none" && transport == .tls ? IntervalSet() : read(words[index + 1])
      else { return nil }
      switch transport {
      case .tcp: ports.tcp = set
      case .tls: tls = set
      case .udp: ports.udp = set
      }
    }
    ports.tls = tls ?? ports.tcp
    return ports
  }

  static func read(_ text: Substring) -> IntervalSet<UInt16>? {
    if text == "any" { return .full }
    var ranges: [ClosedRange<UInt16>] = []
    for part in text.split(separator: ",", omittingEmptySubsequences: false) {
      let ends = part.split(separator: "-", omittingEmptySubsequences: false).map { UInt16($0) }
      guard let low = ends[0], let high = ends[ends.count - 1], ends.count <= 2, low <= high else { return nil }
      ranges.append(low...high)
    }
    return IntervalSet(ranges)
  }
}

/// Address prefixes as text: `10.0.0.0/8`, `2001:db8::/32`.
enum PrefixText {
  /// - Parameter width: 32 or 128.
  static func write(_ prefix: [Bool], width: Int) -> String {
    "\(IPAddress(bits: prefix, width: width))/\(prefix.count)"
  }

  static func read(_ text: Substring) -> (address: IPAddress, length: Int)? {
    let parts = text.split(separator: "/", omittingEmptySubsequences: false)
    guard parts.count == 2, let address = IPAddress(String(parts[0])), let length = Int(parts[1]), length >= 0,
      length <= address.bits.count, !address.bits.dropFirst(length).contains(true)
    else { return nil }
    return (address, length)
  }
}

extension IPAddress {
  /// The first address with a prefix.
  ///
  /// - Parameter width: 32 or 128.
  package init(bits prefix: [Bool], width: Int) {
    let bits = prefix + repeatElement(false, count: width - prefix.count)
    let bytes = stride(from: 0, to: width, by: 8).map { start in
      bits[start..<start + 8].reduce(UInt8(0)) { $0 << 1 | ($1 ? 1 : 0) }
    }
    self = width == 32 ? .v4(bytes) : .v6(bytes)
  }
}

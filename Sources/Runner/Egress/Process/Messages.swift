internal import CEgress
internal import CanonicalJSON

/// What was denied, and what would allow it.
package struct EgressDenial: Error, Hashable, Sendable {
  /// The host that was asked for: a name, or an address where none was.
  package var host: String
  /// 0 when only the name was asked for.
  package var port: UInt16
  /// One clause.
  package var reason: String
  /// The entry of `allowed_hosts` that would allow it; empty when none would.
  package var entry: String

  package init(host: String, port: UInt16, reason: String, entry: String) {
    self.host = host
    self.port = port
    self.reason = reason
    self.entry = entry
  }

  var json: JSON {
    ["host": .string(host), "port": .integer(Int64(port)), "reason": .string(reason), "entry": .string(entry)]
  }

  init?(_ json: JSON) {
    guard let host = json["host"]?.stringValue, let port = json["port"]?.integerValue.flatMap({ UInt16(exactly: $0) }),
      let reason = json["reason"]?.stringValue, let entry = json["entry"]?.stringValue
    else { return nil }
    self.init(host: host, port: port, reason: reason, entry: entry)
  }

  init?(bytes: some Sequence<UInt8>) {
    guard let json = try? JSON(parsing: Array(bytes)) else { return nil }
    self.init(json)
  }
}

/// What the supervisor tells the broker: one packet each, some with a descriptor.
package enum BrokerOrder: Hashable, Sendable {
  /// A program wants to connect, or to send a datagram; the bytes of the address are 4 or 16.
  case ask(identifier: UInt64, address: [UInt8], port: UInt16, isDatagram: Bool)
  /// The descriptor listens in the app's network.
  case accept
  /// The descriptor listens on the machine, for a port of the app.
  case publish(port: UInt16)
  /// The descriptor is a connection to the app that was wanted; without one it did not come to be.
  case connected(identifier: UInt64)
  /// The descriptor is a file with what `BrokerConfiguration` says of the machine's resolver.
  case configuration

  package var bytes: [UInt8] {
    switch self {
    case .ask(let identifier, let address, let port, let isDatagram):
      [1] + Wire.bytes(identifier) + [UInt8(port >> 8), UInt8(port & 0xFF), isDatagram ? 1 : 0] + address
    case .accept: [2]
    case .publish(let port): [3, UInt8(port >> 8), UInt8(port & 0xFF)]
    case .connected(let identifier): [4] + Wire.bytes(identifier)
    case .configuration: [5]
    }
  }

  init?(_ bytes: ArraySlice<UInt8>) {
    let rest = bytes.dropFirst()
    switch bytes.first {
    case 1 where rest.count == 15 || rest.count == 27:
      self = .ask(
        identifier: Wire.number(rest.prefix(8)), address: Array(rest.dropFirst(11)),
        port: UInt16(Wire.number(rest.dropFirst(8).prefix(2))), isDatagram: rest.dropFirst(10).first == 1)
    case 2 where rest.isEmpty: self = .accept
    case 3 where rest.count == 2: self = .publish(port: UInt16(Wire.number(rest)))
    case 4 where rest.count == 8: self = .connected(identifier: Wire.number(rest))
    case 5 where rest.isEmpty: self = .configuration
    default: return nil
    }
  }
}

/// What the broker tells the supervisor.
package enum BrokerReport: Hashable, Sendable {
  /// The answer to `ask`; nil permits.
  case verdict(identifier: UInt64, EgressDenial?)
  /// Something was denied without being asked first.
  case denial(EgressDenial)
  /// A connection to a port of the app is wanted.
  case wantsConnection(identifier: UInt64, port: UInt16)
  /// The machine's resolver configuration is wanted anew.
  case wantsConfiguration
  /// Everything is told and delivered; the broker ends.
  case finished

  var bytes: [UInt8] {
    switch self {
    case .verdict(let identifier, let denial): [1] + Wire.bytes(identifier) + (denial?.json.canonicalBytes ?? [])
    case .denial(let denial): [2] + denial.json.canonicalBytes
    case .wantsConnection(let identifier, let port):
      [3] + Wire.bytes(identifier) + [UInt8(port >> 8), UInt8(port & 0xFF)]
    case .wantsConfiguration: [4]
    case .finished: [5]
    }
  }

  package init?(_ bytes: ArraySlice<UInt8>) {
    let rest = bytes.dropFirst()
    switch bytes.first {
    case 1 where rest.count >= 8:
      if rest.count == 8 {
        self = .verdict(identifier: Wire.number(rest), nil)
      } else {
        guard let denial = EgressDenial(bytes: rest.dropFirst(8)) else { return nil }
        self = .verdict(identifier: Wire.number(rest.prefix(8)), denial)
      }
    case 2:
      guard let denial = EgressDenial(bytes: rest) else { return nil }
      self = .denial(denial)
    case 3 where rest.count == 10:
      self = .wantsConnection(
        identifier: Wire.number(rest.prefix(8)), port: UInt16(Wire.number(rest.dropFirst(8))))
    case 4 where rest.isEmpty: self = .wantsConfiguration
    case 5 where rest.isEmpty: self = .finished
    default: return nil
    }
  }
}

private enum Wire {
  static func bytes(_ number: UInt64) -> [UInt8] {
    (0..<8).reversed().map { UInt8(truncatingIfNeeded: number >> UInt64(8 * $0)) }
  }
  static func number(_ bytes: some Sequence<UInt8>) -> UInt64 { bytes.reduce(0) { $0 << 8 | UInt64($1) } }
}

/// One end of the channel between supervisor and broker, unix(7) of type SOCK_SEQPACKET.
package enum BrokerChannel {
  /// Longer packets do not occur.
  package static let mostBytes = 16_384

  /// - Parameter descriptor: goes along when it is not -1.
  /// - Returns: whether the other side is there.
  @discardableResult package static func send(_ bytes: [UInt8], with descriptor: Int32 = -1, to channel: Int32) -> Bool
  {
    unsafe egress_send_message(channel, bytes, bytes.count, descriptor) == bytes.count
  }

  /// - Returns: nil at the end of the channel; the descriptors are the receiver's.
  package static func receive(from channel: Int32) -> (bytes: [UInt8], descriptors: [Int32])? {
    var buffer = [UInt8](repeating: 0, count: mostBytes)
    var descriptors = [Int32](repeating: -1, count: 16)
    var count: Int32 = 0
    let length = unsafe egress_receive_message(channel, &buffer, buffer.count, &descriptors, 16, &count)
    guard length > 0 else { return nil }
    return (Array(buffer[..<length]), Array(descriptors[..<Int(count)]))
  }
}

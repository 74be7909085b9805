package import CanonicalJSON
package import SandboxPlan

/// What the broker is started with.
package struct BrokerConfiguration: Hashable, Sendable {
  package var plan: EgressPlan
  /// The content of the machine's resolv.conf(5), empty when there is none.
  package var resolver: String
  /// The content of the machine's hosts(5).
  package var hosts: String

  package init(plan: EgressPlan, resolver: String, hosts: String) {
    self.plan = plan
    self.resolver = resolver
    self.hosts = hosts
  }

  package var json: JSON { ["plan": plan.json, "resolver": .string(resolver), "hosts": .string(hosts)] }

  init?(bytes: [UInt8]) {
    guard let json = try? JSON(parsing: bytes), let resolver = json["resolver"]?.stringValue,
      let hosts = json["hosts"]?.stringValue, let plan = json["plan"].flatMap({ try? EgressPlan(json: $0) })
    else { return nil }
    self.init(plan: plan, resolver: resolver, hosts: hosts)
  }

  /// Descriptors with which the broker starts, in this order.
  package enum Descriptor: Int32, CaseIterable {
    case control = 3
    case configuration = 4
    /// The resolver's sockets in the app's network, of UDP and of TCP.
    case questions = 5
    case questionStreams = 6
    /// Sees every datagram of version 4 in the app's network.
    case datagrams = 7
  }

  /// Each comes with one more descriptor, in this order.
  package enum Option: String, CaseIterable {
    /// The app's network has version 6: the descriptor sees every datagram of it.
    case version6 = "--version-6"
    case log = "--log"
  }

  /// The first argument of the program that makes it the broker.
  package static let verb = "egress-broker"

  /// The descriptors that came with options.
  static func optional(_ arguments: [String]) -> [Option: Int32] {
    let given = Option.allCases.filter { arguments.contains($0.rawValue) }
    let first = Int32(3 + Descriptor.allCases.count)
    return Dictionary(uniqueKeysWithValues: given.enumerated().map { ($1, first + Int32($0)) })
  }
}

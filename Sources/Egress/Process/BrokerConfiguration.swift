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
    case network = 4
    case configuration = 5
    /// Only with `logOption`.
    case log = 6
  }

  /// The first argument of the program that makes it the broker.
  package static let verb = "egress-broker"
  package static let logOption = "--log"
}

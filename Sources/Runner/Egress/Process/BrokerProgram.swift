internal import CEgress
internal import Glibc
internal import SystemIO

/// The broker as a program. It is started by the runner, with descriptors instead of arguments, and ends when the runner
/// has ended and everything that the app sent is delivered.
package enum BrokerProgram {
  /// - Parameter arguments: what follows the verb.
  /// - Returns: the exit status.
  package static func main(_ arguments: [String]) -> Int32 {
    // A receiver that is gone is seen by the result of the call.
    _ = signal(SIGPIPE, SIG_IGN)
    let wanted: Int64 = 65_536
    let limit = egress_raise_descriptor_limit(wanted)
    let file = FileDescriptor(owning: BrokerConfiguration.Descriptor.configuration.rawValue)
    guard let bytes = try? file.read(upTo: 4 << 20, path: "the configuration"),
      let configuration = BrokerConfiguration(bytes: bytes)
    else { return 1 }
    let optional = BrokerConfiguration.optional(arguments)
    let log = EgressLog(optional[.log].map { FileDescriptor(owning: $0) })
    guard egress_drop_privileges() == 0, egress_confine_files() == 0 else { return 1 }
    let broker = Broker(
      configuration, control: BrokerConfiguration.Descriptor.control.rawValue, log: log,
      mostDescriptors: Int(max(limit, 1024)))
    // The wait exists already; from here on there are sockets, pipes and the log.
    guard egress_confine_calls() == 0 else { return 1 }
    broker.run(datagrams6: optional[.version6])
    return 0
  }
}

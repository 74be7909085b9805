internal import CEgress

/// One connection from the machine to a port that the app publishes.
final class Publication {
  private final class Arrival: Watcher {
    var completion: ((Int32) -> Void)?
    override func ready(_ readiness: Readiness) {
      let error = egress_socket_error(descriptor)
      completion?(error == 0 && readiness.contains(.failed) ? ConnectionErrors.refused : error)
    }
  }

  private unowned let broker: Broker
  private let socket: Int32
  private let port: UInt16
  private let start: Int64
  private let peer: Endpoint?
  private var arrival: Arrival?
  private var relay: Relay?

  init(_ broker: Broker, _ socket: Int32, _ port: UInt16) {
    self.broker = broker
    self.socket = socket
    self.port = port
    start = broker.loop.now
    var kernel = egress_address()
    peer = unsafe egress_peer_address(socket, &kernel) == 0 ? Endpoint(kernel) : nil
  }

  /// - Parameter app: a connection to the app's port, perhaps still on its way; nil when there is none.
  func join(_ app: Int32?) {
    guard let app, relay == nil, arrival == nil else { return fail() }
    let arrival = Arrival(broker.loop)
    self.arrival = arrival
    arrival.completion = { [unowned self] error in
      arrival.unwatch()
      arrival.completion = nil
      if error == 0 { return begin(app) }
      closeDescriptor(app)
      fail()
    }
    arrival.watch(app, .writable)
  }

  private func fail() {
    note(.failed, "the app does not accept connections on port \(port)")
    egress_reset(socket)
    broker.ended(self)
  }

  private func begin(_ app: Int32) {
    let relay = Relay(broker.loop, broker.pipes, app: app, host: socket, alreadySent: 0) {
      [unowned self] sent, received, failed in
      note(.accepted, failed ? "ended by a reset" : "", sent, received)
      broker.ended(self)
    }
    self.relay = relay
    relay.start()
  }

  private func note(_ verdict: EgressLog.Verdict, _ reason: String, _ sent: UInt64 = 0, _ received: UInt64 = 0) {
    broker.log.note(
      name: "", endpoint: peer.map { Endpoint($0.address, port) }, verdict: verdict, reason: reason, sent: sent,
      received: received, duration: broker.loop.now - start)
  }
}

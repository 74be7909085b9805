internal import CEgress

/// One connection of the app, from its acceptance to its end: who is asked for, whether that is allowed, where the host
/// is, and then the relay.
final class Connection {
  private let broker: Broker
  private let socket: Int32
  private let destination: Endpoint
  private let name: String?
  private let start: Int64
  private var dialer: Dialer?
  private var relay: Relay?
  private var hello: HelloReader?
  private var isInUse = false

  init(_ broker: Broker, _ socket: Int32, _ destination: Endpoint) {
    self.broker = broker
    self.socket = socket
    self.destination = destination
    name = broker.pool.name(of: destination.address)
    start = broker.loop.now
  }

  func begin() {
    switch broker.verdict(on: destination, isConnecting: true) {
    case .denied(let denial): refuse(denial)
    case .permitted(let requiresTLS):
      if name != nil {
        broker.pool.use(destination.address, 1, now: broker.loop.now)
        isInUse = true
      }
      requiresTLS ? readHello() : resolve(sending: [])
    }
  }

  private func refuse(_ denial: EgressDenial) {
    broker.tell(denial)
    broker.log.note(
      name: name ?? "", endpoint: destination, verdict: .denied, reason: denial.reason,
      duration: broker.loop.now - start)
    egress_reset(socket)
    broker.ended(self, isInUse: isInUse, destination)
  }

  private func fail(_ reason: String, at endpoint: Endpoint? = nil) {
    broker.log.note(
      name: name ?? "", endpoint: endpoint ?? destination, verdict: .failed, reason: reason,
      duration: broker.loop.now - start)
    egress_reset(socket)
    broker.ended(self, isInUse: isInUse, destination)
  }

  private func readHello() {
    hello = HelloReader(broker.loop, socket) { [weak self] reading, bytes in
      guard let self else { return }
      self.hello = nil
      switch reading {
      case .host(let host) where host == self.name: self.resolve(sending: bytes)
      case .host(let host):
        self.refuse(
          self.broker.denial(
            of: self.destination, "its TLS asks for `\(host)`, and the connection is for `\(self.name ?? "an address")`"
          ))
      case .withoutHost:
        self.refuse(self.broker.denial(of: self.destination, "its TLS does not say which host it asks for"))
      case .malformed, .incomplete:
        self.refuse(self.broker.denial(of: self.destination, "it does not begin as TLS, which the manifest requires"))
      }
    }
  }

  private func resolve(sending bytes: [UInt8]) {
    guard let name else { return dial([destination.address], sending: bytes) }
    broker.resolver.resolve(name) { [weak self] outcome in
      guard let self else { return }
      switch outcome {
      case .failed(let reason): self.fail(reason)
      case .nothing: self.fail("`\(name)` does not exist")
      case .addresses(let addresses):
        switch self.broker.reachable(addresses, name: name, self.destination.port) {
        case .success(let usable): self.dial(usable, sending: bytes)
        case .failure(let denial): self.refuse(denial)
        }
      }
    }
  }

  private func dial(_ addresses: [Address], sending bytes: [UInt8]) {
    let dialer = Dialer(broker.loop, addresses, destination.port) { [weak self] result in
      guard let self else { return }
      self.dialer = nil
      switch result {
      case .failure(let error):
        self.fail(ConnectionErrors.text(error.number), at: addresses.first.map { Endpoint($0, self.destination.port) })
      case .success(let (host, endpoint)): self.join(host, endpoint, bytes)
      }
    }
    self.dialer = dialer
    dialer.start()
  }

  private func join(_ host: Int32, _ endpoint: Endpoint, _ bytes: [UInt8]) {
    // A new connection takes what a hello can hold.
    if !bytes.isEmpty, unsafe egress_send(host, bytes, bytes.count) != bytes.count {
      closeDescriptor(host)
      return fail("the host does not take the beginning of TLS", at: endpoint)
    }
    let relay = Relay(broker.loop, broker.pipes, app: socket, host: host, alreadySent: bytes.count) {
      [weak self] sent, received, failed in
      guard let self else { return }
      self.broker.log.note(
        name: self.name ?? "", endpoint: endpoint, verdict: .allowed, reason: failed ? "ended by a reset" : "",
        sent: sent, received: received, duration: self.broker.loop.now - self.start)
      self.broker.ended(self, isInUse: self.isInUse, self.destination)
    }
    self.relay = relay
    relay.start()
  }
}

/// Reads the beginning of a connection until it is known whether it is TLS, and for which host.
final class HelloReader: Watcher {
  private var bytes: [UInt8] = []
  private var timer: TimerQueue.Entry?
  private var completion: ((ClientHello.Reading, [UInt8]) -> Void)?
  /// Milliseconds that a client has for its whole hello, however slowly it sends it.
  private static let patience: Int64 = 10_000

  init(_ loop: EventLoop, _ socket: Int32, _ completion: @escaping (ClientHello.Reading, [UInt8]) -> Void) {
    self.completion = completion
    super.init(loop)
    timer = loop.after(HelloReader.patience) { [weak self] in self?.finish(.incomplete) }
    watch(socket, .readable)
  }

  override func ready(_ readiness: Readiness) {
    var buffer = [UInt8](repeating: 0, count: 4096)
    while bytes.count <= ClientHello.mostBytes {
      let count = unsafe egress_receive(descriptor, &buffer, buffer.count)
      if count == -Int(EAGAINNumber) { break }
      guard count > 0 else { return finish(.malformed) }
      bytes += buffer[..<count]
    }
    let reading = ClientHello.read(bytes)
    if reading != .incomplete { finish(reading) }
  }

  private func finish(_ reading: ClientHello.Reading) {
    timer?.cancel()
    unwatch()
    let completion = self.completion
    self.completion = nil
    completion?(reading, bytes)
  }
}

/// Accepts what the app connects to one port, whatever the address.
final class Acceptor: Watcher {
  private unowned let broker: Broker

  init(_ broker: Broker, _ listener: Int32) {
    self.broker = broker
    super.init(broker.loop)
    watch(listener, .readable)
  }

  override func ready(_ readiness: Readiness) {
    for _ in 0..<64 {
      guard broker.hasRoom else { return broker.pauseAccepting() }
      let socket = egress_accept(descriptor)
      guard socket >= 0 else {
        if socket != -EAGAINNumber { broker.pauseAccepting() }
        return
      }
      var local = egress_address()
      guard unsafe egress_local_address(socket, &local) == 0, let destination = Endpoint(local) else {
        egress_reset(socket)
        continue
      }
      broker.begin(socket, destination)
    }
  }

  func pause(_ isPaused: Bool) { change(isPaused ? [] : .readable) }
}

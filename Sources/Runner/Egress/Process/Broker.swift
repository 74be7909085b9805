internal import CEgress
internal import CanonicalJSON
internal import SandboxPlan
internal import SystemIO

/// The broker: what all its parts share, and every decision that is made about the app's connections.
final class Broker {
  let loop = EventLoop()
  let rules: Rules
  let resolver: Resolver
  let pipes = PipeStore()
  let log: EgressLog
  var pool = AddressPool()

  private let control: Int32
  private var connections: [ObjectIdentifier: Connection] = [:]
  private var publications: [ObjectIdentifier: Publication] = [:]
  private var acceptors: [Acceptor] = []
  private var isPaused = false
  private let mostConnections: Int
  private var deniedNames: Set<String> = []
  private var lastRefresh: Int64 = 0
  private var hasEnded = false

  init(_ configuration: BrokerConfiguration, control: Int32, log: EgressLog, mostDescriptors: Int) {
    rules = Rules(configuration.plan)
    self.control = control
    self.log = log
    // Two sockets each. What is left is for pipes, which only slow receivers keep; the relays wait for one another's.
    mostConnections = max((mostDescriptors - 512) / 2, 16)
    resolver = Resolver(
      loop, ResolverConfiguration(resolver: configuration.resolver, hosts: configuration.hosts))
    lastRefresh = loop.now
    resolver.willAsk = { [unowned self] in refresh() }
  }

  /// - Parameter datagrams6: sees every datagram of version 6, when the app's network has that.
  func run(datagrams6: Int32?) {
    typealias Given = BrokerConfiguration.Descriptor
    let orders = OrderReader(self, control)
    let server = NameServer(self, socket: Given.questions.rawValue, hasVersion6: datagrams6 != nil)
    let listener = NameServerListener(server, socket: Given.questionStreams.rawValue)
    var datagrams = [DatagramReader(self, Given.datagrams.rawValue, version: 4)]
    if let datagrams6 { datagrams.append(DatagramReader(self, datagrams6, version: 6)) }
    loop.run { hasEnded && connections.isEmpty && publications.isEmpty }
    // The end of the process would tell it too, but only once its memory is taken down.
    report(.finished)
    _ = (orders, listener, datagrams)
  }

  /// The app is gone: what it sent is still delivered, for a while, and nothing new begins.
  fileprivate func end() {
    hasEnded = true
    for listener in acceptors + publishers { closeDescriptor(listener.unwatch()) }
    acceptors = []
    publishers = []
    loop.after(30_000) { [unowned self] in
      connections = [:]
      publications = [:]
    }
  }

  fileprivate func report(_ report: BrokerReport, with descriptor: Int32 = -1) {
    BrokerChannel.send(report.bytes, with: descriptor, to: control)
  }

  /// The machine may have moved to another network since.
  private func refresh() {
    guard loop.now - lastRefresh >= 5000 else { return }
    lastRefresh = loop.now
    report(.wantsConfiguration)
  }

  // MARK: Decisions

  enum Verdict {
    case permitted(requiresTLS: Bool)
    case denied(EgressDenial)
  }

  /// Whether the app may connect to an address of its network.
  ///
  /// - Parameter isConnecting: false when it only asks; what is then known of the name's addresses counts already.
  func verdict(on endpoint: Endpoint, isConnecting: Bool) -> Verdict {
    let address = endpoint.address
    if let name = pool.name(of: address) {
      let permission = rules.permission(for: name, endpoint.port)
      guard permission != .denied else {
        return .denied(
          EgressDenial(
            host: name, port: endpoint.port, reason: "the manifest allows `\(name)`, but not its port \(endpoint.port)",
            entry: "\(name):\(endpoint.port)"))
      }
      if !isConnecting, case .addresses(let addresses)? = resolver.known(name),
        case .failure(let denial) = reachable(addresses, name: name, endpoint.port)
      {
        return .denied(denial)
      }
      return .permitted(requiresTLS: permission == .permittedWithTLS)
    }
    if AddressPool.index(of: address) != nil {
      return .denied(
        EgressDenial(
          host: "\(address)", port: endpoint.port, reason: "no host has this address any more; ask for its name again",
          entry: ""))
    }
    switch rules.permission(for: address, endpoint.port) {
    case .permitted: return .permitted(requiresTLS: false)
    case .permittedWithTLS: return .permitted(requiresTLS: true)
    case .denied:
      return .denied(
        EgressDenial(
          host: "\(address)", port: endpoint.port, reason: "the manifest does not allow this address and port",
          entry: "\(endpoint)"))
    }
  }

  /// The addresses of a name that the broker goes to: those on the Internet, and others that the manifest names.
  func reachable(_ addresses: [Address], name: String, _ port: UInt16) -> Result<[Address], EgressDenial> {
    let usable = addresses.filter {
      SpecialAddresses.kind(of: $0) == nil || rules.permission(for: $0, port) != .denied
    }
    guard usable.isEmpty, let first = addresses.first else { return .success(usable) }
    return .failure(
      EgressDenial(
        host: name, port: port,
        reason: "`\(name)` has the address \(first), which is \(SpecialAddresses.kind(of: first) ?? "reserved")",
        entry: Endpoint(first, port).description))
  }

  /// A name that the manifest does not list.
  func denyName(_ name: String) {
    guard deniedNames.count < 4096, deniedNames.insert(name).inserted else { return }
    let reason = "the manifest does not list this host"
    log.note(name: name, verdict: .denied, reason: reason)
    report(
      .denial(EgressDenial(host: name == "?" ? "" : name, port: 0, reason: reason, entry: name == "?" ? "" : name)))
  }

  /// A datagram to anything but the resolver.
  ///
  /// - Parameter isTold: whether the supervisor is told, which does not ask for an answer.
  @discardableResult fileprivate func datagramDenial(_ endpoint: Endpoint, isTold: Bool) -> EgressDenial {
    let host = pool.name(of: endpoint.address) ?? "\(endpoint.address)"
    let denial = EgressDenial(
      host: host, port: endpoint.port, reason: "UDP goes to the resolver alone", entry: "")
    log.note(name: host, endpoint: endpoint, verdict: .denied, reason: denial.reason)
    if isTold, deniedNames.count < 4096, deniedNames.insert("udp \(host) \(endpoint.port)").inserted {
      report(.denial(denial))
    }
    return denial
  }

  /// Tells of a connection that was denied when it arrived: it went past the question or was permitted before, or it
  /// turned out to be something else than it was allowed for.
  func tell(_ denial: EgressDenial) {
    guard deniedNames.count < 4096, deniedNames.insert("\(denial.host) \(denial.port) \(denial.reason)").inserted else {
      return
    }
    report(.denial(denial))
  }

  func denial(of endpoint: Endpoint, _ reason: String) -> EgressDenial {
    EgressDenial(
      host: pool.name(of: endpoint.address) ?? "\(endpoint.address)", port: endpoint.port, reason: reason, entry: "")
  }

  // MARK: Connections

  var hasRoom: Bool { connections.count + publications.count < mostConnections }

  /// Connections wait in the kernel until one ends.
  func pauseAccepting() {
    isPaused = true
    for acceptor in acceptors { acceptor.pause(true) }
    // What stopped it may not be ours to end.
    loop.after(100) { [unowned self] in resumeAccepting() }
  }

  private func resumeAccepting() {
    guard isPaused, hasRoom else { return }
    isPaused = false
    for acceptor in acceptors { acceptor.pause(false) }
  }

  func begin(_ socket: Int32, _ destination: Endpoint) {
    let connection = Connection(self, socket, destination)
    connections[ObjectIdentifier(connection)] = connection
    connection.begin()
  }

  func ended(_ connection: Connection, isInUse: Bool, _ destination: Endpoint) {
    if isInUse { pool.use(destination.address, -1, now: loop.now) }
    connections[ObjectIdentifier(connection)] = nil
    resumeAccepting()
  }

  // MARK: Ports of the app

  fileprivate func publish(_ socket: Int32, _ port: UInt16) {
    let publication = Publication(self, socket, port)
    publications[ObjectIdentifier(publication)] = publication
    report(.wantsConnection(identifier: UInt64(UInt(bitPattern: ObjectIdentifier(publication))), port: port))
  }

  func ended(_ publication: Publication) {
    publications[ObjectIdentifier(publication)] = nil
    resumeAccepting()
  }

  // MARK: The supervisor

  fileprivate func obey(_ order: BrokerOrder, _ descriptor: Int32?) {
    switch order {
    case .ask(let identifier, let bytes, let port, let isDatagram):
      guard let address = Address(bytes) else { return }
      if isDatagram {
        return report(.verdict(identifier: identifier, datagramDenial(Endpoint(address, port), isTold: false)))
      }
      switch verdict(on: Endpoint(address, port), isConnecting: false) {
      case .permitted: report(.verdict(identifier: identifier, nil))
      case .denied(let denial):
        log.note(
          name: denial.host, endpoint: Endpoint(address, port), verdict: .denied, reason: denial.reason)
        report(.verdict(identifier: identifier, denial))
      }
    case .accept:
      if let descriptor { acceptors.append(Acceptor(self, descriptor)) }
    case .publish(let port):
      if let descriptor { publishers.append(Publisher(self, descriptor) { [unowned self] in publish($0, port) }) }
    case .connected(let identifier):
      let publication = publications.values.first {
        UInt64(UInt(bitPattern: ObjectIdentifier($0))) == identifier
      }
      guard let publication else { return descriptor.map { closeDescriptor($0) } ?? () }
      publication.join(descriptor)
    case .configuration:
      guard let descriptor else { return }
      let file = FileDescriptor(owning: descriptor)
      guard let bytes = try? file.read(upTo: 4 << 20, path: "the configuration"),
        let configuration = BrokerConfiguration(bytes: bytes)
      else { return }
      resolver.configuration = ResolverConfiguration(resolver: configuration.resolver, hosts: configuration.hosts)
    }
  }

  private var publishers: [Publisher] = []
}

/// Reads what the supervisor says.
private final class OrderReader: Watcher {
  private unowned let broker: Broker

  init(_ broker: Broker, _ channel: Int32) {
    self.broker = broker
    super.init(broker.loop)
    watch(channel, .readable)
  }

  override func ready(_ readiness: Readiness) {
    guard let (bytes, descriptors) = BrokerChannel.receive(from: descriptor) else {
      unwatch()
      return broker.end()
    }
    for extra in descriptors.dropFirst() { closeDescriptor(extra) }
    guard let order = BrokerOrder(bytes[...]) else { return descriptors.first.map { closeDescriptor($0) } ?? () }
    broker.obey(order, descriptors.first)
  }
}

/// Sees every datagram of the app's network, of which only those to the resolver and from it mean anything.
private final class DatagramReader: Watcher {
  private unowned let broker: Broker
  private let version: Int32

  init(_ broker: Broker, _ raw: Int32, version: Int32) {
    self.broker = broker
    self.version = version
    super.init(broker.loop)
    watch(raw, .readable)
  }

  override func ready(_ readiness: Readiness) {
    for _ in 0..<64 {
      var kernel = egress_address()
      let result = unsafe egress_next_datagram(descriptor, version, &kernel)
      guard result != -EAGAINNumber else { return }
      guard result == 0, let endpoint = Endpoint(kernel), isForeign(endpoint) else { continue }
      broker.datagramDenial(endpoint, isTold: true)
    }
  }

  /// Whether a datagram is to another machine: what goes to loopback or to the app's own address stays with the app.
  private func isForeign(_ endpoint: Endpoint) -> Bool {
    let address = endpoint.address
    if address.isVersion6 {
      return address != Address(version6: 0, 1) && address != AddressPool.address6(AddressPool.own)
    }
    return address.low >> 24 != 127 && address != AddressPool.address4(AddressPool.own)
  }
}

/// Accepts connections from the machine to a port of the app.
private final class Publisher: Watcher {
  private unowned let broker: Broker
  private let accept: (Int32) -> Void

  init(_ broker: Broker, _ listener: Int32, _ accept: @escaping (Int32) -> Void) {
    self.broker = broker
    self.accept = accept
    super.init(broker.loop)
    watch(listener, .readable)
  }

  override func ready(_ readiness: Readiness) {
    for _ in 0..<64 where broker.hasRoom {
      let socket = egress_accept(descriptor)
      guard socket >= 0 else { return }
      accept(socket)
    }
  }
}

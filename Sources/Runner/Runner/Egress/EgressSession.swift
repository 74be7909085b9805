internal import CSandbox
internal import CanonicalJSON
internal import Egress
internal import Glibc
internal import SandboxPlan
internal import SystemIO

/// The app's network and its egress broker, as the supervisor of one run sees them: it starts the broker when the app
/// first wants something of its network, puts the app's attempts to connect before it, and opens for it what only
/// somebody in the app's network can open.
///
/// Nothing is permitted here. The app's network has a loopback and nothing else, so that a connection which is let go on
/// comes to the broker, whoever answered and whatever the app wrote into its memory meanwhile; the broker then decides
/// by the address at which the connection arrived.
final class EgressSession {
  let plan: EgressPlan
  let receiver: (any DenialReceiver)?
  /// What is named when nobody was seen to ask the resolver.
  let entry: String
  /// Programs that were seen to ask the resolver.
  var programs: Set<String> = []
  var pending: [UInt64: Pending] = [:]
  var permitted = PermittedConnections()

  /// For the sandbox, which sends its sockets there.
  private(set) var networkChannel: Int32
  private var networkEnd: Int32
  private let program: FileDescriptor
  private let log: Int32
  /// The machine's side of the app's ports, until the broker has it.
  private var published: [(port: UInt16, listener: Int32)] = []
  /// The sockets of the app's network, until the broker has them.
  private var sockets: [Int32] = []
  private var hasVersion6 = false
  /// The broker's channel.
  private(set) var number: Int32 = -1
  private var process: Int32 = 0
  private var isStarted = false
  /// What keeps the broker from being there; the empty text as long as it is or may come to be.
  private(set) var problem = ""

  /// Of the app's network, and of the user that it belongs to.
  private var networkNamespace: Int32 = -1
  private var userNamespace: Int32 = -1
  private var helper: (channel: Int32, process: Int32)?
  private var listeningPorts: Set<UInt16> = []

  struct Pending {
    var listener: Int32
    /// Who asks: its number, to be named when it is refused.
    var process: Int32
    var connection: PermittedConnections.Key
    var deadline: UInt64
  }

  /// Opens what has to be there before anything of the app runs.
  ///
  /// - Parameter request: has an egress plan.
  init(_ request: LaunchRequest, _ plan: EgressPlan) throws(Failure) {
    self.plan = plan
    log = request.egressLog
    receiver = request.denials
    entry = Files.name(of: request.plan.launch.arguments.first ?? "")
    let opened = unsafe locara_open_program(request.brokerProgram)
    guard opened >= 0 else {
      throw Failure(
        "LE001", "the egress broker cannot be started: \(describe(errno: -opened))", path: request.brokerProgram,
        errno: -opened)
    }
    program = FileDescriptor(owning: opened)
    var ends: [Int32] = [-1, -1]
    let result = unsafe locara_channel(&ends)
    (networkChannel, networkEnd) = (ends[0], ends[1])
    guard result == 0 else {
      throw Failure.system("create a channel to the app's network", path: "socketpair", errno: -result)
    }
    try publish()
  }

  deinit {
    let others = [number, networkChannel, networkEnd, networkNamespace, userNamespace, helper?.channel ?? -1]
    for descriptor in others + sockets + published.map(\.listener) where descriptor >= 0 { close(descriptor) }
    if let helper { _ = locara_end_program(helper.process, 100) }
    if process > 0 { _ = locara_end_program(process, 0) }
  }

  /// Opens the machine's side of the app's ports: a port that is taken is an error.
  private func publish() throws(Failure) {
    for port in plan.published {
      let addresses: [(bytes: [UInt8], isNeeded: Bool)] =
        port.isOnEveryAddress
        ? [([0, 0, 0, 0], true), ([UInt8](repeating: 0, count: 16), false)]
        : [([127, 0, 0, 1], true), ([UInt8](repeating: 0, count: 15) + [1], false)]
      for (bytes, isNeeded) in addresses {
        let listener = unsafe locara_listen(bytes, bytes.count == 4 ? 4 : 6, port.port)
        guard listener >= 0 else {
          // A machine without version 6 has no such loopback; a port that is taken is taken in both.
          if !isNeeded, -listener != EADDRINUSE { continue }
          throw Failure(
            "LE002", "the app's port \(port.port) cannot be published: \(describe(errno: -listener))",
            help: -listener == EADDRINUSE
              ? "end the program that listens on it; `ss -ltnp` shows which" : "ports below 1024 need privilege",
            errno: -listener)
        }
        published.append((port.port, listener))
      }
    }
  }

  /// The program has been started, hence its network was set up.
  func takeNetwork() {
    close(networkChannel)
    networkChannel = -1
    let message = BrokerChannel.receive(from: networkEnd)
    close(networkEnd)
    networkEnd = -1
    guard let (bytes, descriptors) = message, descriptors.count >= 5 else {
      end("has no network")
      return
    }
    hasVersion6 = bytes.first != 0
    (userNamespace, networkNamespace) = (descriptors[0], descriptors[1])
    sockets = Array(descriptors[2...])
  }

  // MARK: The broker's life

  /// What the supervisor waits for: reports of the broker, and before there is one whatever makes one needed.
  var watched: [Int32] { isStarted ? [number] : sockets + published.map(\.listener) }

  /// Takes one report of the broker, or starts it for whoever has come.
  func handle() {
    if isStarted { takeReport() } else { start() }
  }

  /// Makes sure that the broker is there; most apps never need it, and their start does not wait for it.
  ///
  /// - Returns: false when there is none.
  @discardableResult func start() -> Bool {
    if isStarted { return number >= 0 }
    isStarted = true
    var control: [Int32] = [-1, -1]
    let result = unsafe locara_channel(&control)
    guard result == 0 else { return end("cannot be started: \(describe(errno: -result))") }
    number = control[0]
    defer { close(control[1]) }
    let file = EgressSession.configurationFile(plan)
    guard file >= 0 else { return end("cannot be started: \(describe(errno: -file))") }
    defer { close(file) }
    var descriptors = [control[1], file] + sockets
    var words = [BrokerConfiguration.verb]
    if hasVersion6 { words.append(BrokerConfiguration.Option.version6.rawValue) }
    if log >= 0 {
      words.append(BrokerConfiguration.Option.log.rawValue)
      descriptors.append(log)
    }
    process = start(["locara"] + words, descriptors)
    guard process > 0 else { return end("cannot be started: \(describe(errno: -process))") }
    for (port, listener) in published {
      BrokerChannel.send(BrokerOrder.publish(port: port).bytes, with: listener, to: number)
    }
    dropSockets()
    return true
  }

  private func start(_ words: [String], _ descriptors: [Int32]) -> Int32 {
    let copies = unsafe words.map { unsafe strdup($0) }
    defer { unsafe copies.forEach { unsafe free($0) } }
    var pointers = unsafe copies.map { unsafe UnsafePointer<CChar>($0) }
    unsafe pointers.append(nil)
    return unsafe locara_start_program(program.number, pointers, descriptors, Int32(descriptors.count))
  }

  private func dropSockets() {
    for descriptor in sockets + published.map(\.listener) { close(descriptor) }
    sockets = []
    published = []
  }

  /// There is no broker any more, or none came to be: nothing is connected from here on.
  @discardableResult func end(_ reason: String) -> Bool {
    isStarted = true
    if number >= 0 { close(number) }
    number = -1
    problem = reason
    permitted = PermittedConnections()
    dropSockets()
    refuseAll()
    return false
  }

  /// What the broker is started with, and told again when the machine may have moved to another network.
  static func configurationFile(_ plan: EgressPlan) -> Int32 {
    func text(_ path: String) -> String {
      // Without the file there is nothing to say, as for the C library.
      (try? Files.read(path, limit: 1 << 20)).map { String(decoding: $0, as: UTF8.self) } ?? ""
    }
    let configuration = BrokerConfiguration(plan: plan, resolver: text("/etc/resolv.conf"), hosts: text("/etc/hosts"))
    let bytes = configuration.json.canonicalBytes
    return unsafe locara_memory_file(bytes, bytes.count)
  }

  /// The app has ended: hears what the broker still has to tell, and lets it deliver what the app sent.
  func finish() {
    guard number >= 0 else { return }
    shutdown(number, Int32(SHUT_WR))
    let end = Clock.milliseconds + (log >= 0 ? 500 : 5)
    while number >= 0 {
      var events = [pollfd(fd: number, events: Int16(POLLIN), revents: 0)]
      guard unsafe poll(&events, 1, Clock.timeout(until: end)) > 0 else { return }
      takeReport()
    }
  }

  // MARK: Sockets in the app's network

  /// Makes sure that the broker accepts connections to a port; 0, or an errno.
  func listen(on port: UInt16) -> Int32 {
    if listeningPorts.contains(port) { return 0 }
    let listener = open(LOCARA_NETWORK_LISTEN, port)
    guard listener >= 0 else { return -listener }
    defer { close(listener) }
    guard BrokerChannel.send(BrokerOrder.accept.bytes, with: listener, to: number) else { return EPIPE }
    listeningPorts.insert(port)
    return 0
  }

  /// Opens a socket in the app's network.
  func open(_ kind: locara_network_order, _ port: UInt16) -> Int32 {
    if helper == nil {
      var process: Int32 = 0
      let channel = unsafe locara_network_start(userNamespace, networkNamespace, &process)
      guard channel >= 0 else { return channel }
      helper = (channel, process)
    }
    guard let helper else { return -EPIPE }
    return locara_network_open(helper.channel, Int32(kind.rawValue), port)
  }
}

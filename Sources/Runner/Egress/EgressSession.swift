internal import CSandbox
internal import CanonicalJSON
internal import Egress
internal import Glibc
internal import SandboxPlan
internal import SystemIO

/// The egress broker of one run, as its supervisor sees it: starts it, puts the app's attempts to connect before it, and
/// opens for it what only somebody in the app's network can open.
///
/// Nothing is permitted here. The app's network has a loopback and nothing else, so that a connection which is let go on
/// comes to the broker, whoever answered and whatever the app wrote into its memory meanwhile; the broker then decides
/// by the address at which the connection arrived.
final class EgressSession {
  /// The supervisor's end of the channel; -1 when the broker is gone.
  private(set) var number: Int32
  /// For the sandbox, which sends its sockets there; closed once it was started.
  private(set) var networkChannel: Int32
  private let process: Int32
  private let plan: EgressPlan
  private let hasLog: Bool
  private let receiver: (any DenialReceiver)?
  /// Of the app's network, and of the user that it belongs to; -1 until the broker has handed them on.
  private var networkNamespace: Int32 = -1
  private var userNamespace: Int32 = -1
  private var helper: (channel: Int32, process: Int32)?
  private var listeningPorts: Set<UInt16> = []
  /// What is named when nobody was seen to ask the resolver.
  private let entry: String
  /// Programs that were seen to ask the resolver.
  private var programs: Set<String> = []
  private var pending: [UInt64: Pending] = [:]

  private struct Pending {
    var listener: Int32
    var program: String
    var port: UInt16
    var deadline: UInt64
  }

  /// Milliseconds that the broker has for an answer; without one nothing is connected.
  private static let patience: UInt64 = 10_000

  /// Starts the broker.
  ///
  /// - Parameter request: has an egress plan.
  init(_ request: LaunchRequest, _ plan: EgressPlan) throws(Failure) {
    self.plan = plan
    hasLog = request.egressLog >= 0
    receiver = request.denials
    entry = Files.name(of: request.plan.launch.arguments.first ?? "")
    var control: [Int32] = [-1, -1]
    var network: [Int32] = [-1, -1]
    var configuration: Int32 = -1
    defer {
      for descriptor in [control[1], network[1], configuration] where descriptor >= 0 { close(descriptor) }
    }
    guard unsafe locara_channel(&control) == 0, unsafe locara_channel(&network) == 0 else {
      throw Failure.system("create a channel to the egress broker", path: "socketpair", errno: errno)
    }
    number = control[0]
    networkChannel = network[0]
    let bytes = EgressSession.configuration(plan)
    configuration = unsafe locara_memory_file(bytes, bytes.count)
    guard configuration >= 0 else {
      throw Failure.system("hand the plan to the egress broker", path: "memfd_create", errno: -configuration)
    }
    var descriptors = [control[1], network[1], configuration]
    if hasLog { descriptors.append(request.egressLog) }
    process = EgressSession.start(request.brokerProgram, descriptors, hasLog: hasLog)
    guard process > 0 else {
      throw Failure(
        "LE001", "the egress broker cannot be started: \(describe(errno: -process))", path: request.brokerProgram,
        errno: -process)
    }
    try publish()
  }

  deinit {
    for descriptor in [number, networkChannel, networkNamespace, userNamespace, helper?.channel ?? -1]
    where descriptor >= 0 { close(descriptor) }
    if let helper { _ = locara_end_program(helper.process, 100) }
    _ = locara_end_program(process, 0)
  }

  private static func configuration(_ plan: EgressPlan) -> [UInt8] {
    func text(_ path: String) -> String {
      // Without the file there is nothing to say, as for the C library.
      (try? Files.read(path, limit: 1 << 20)).map { String(decoding: $0, as: UTF8.self) } ?? ""
    }
    return BrokerConfiguration(plan: plan, resolver: text("/etc/resolv.conf"), hosts: text("/etc/hosts"))
      .json.canonicalBytes
  }

  private static func start(_ program: String, _ descriptors: [Int32], hasLog: Bool) -> Int32 {
    let words = [program, BrokerConfiguration.verb] + (hasLog ? [BrokerConfiguration.logOption] : [])
    let copies = unsafe words.map { unsafe strdup($0) }
    defer { unsafe copies.forEach { unsafe free($0) } }
    var pointers = unsafe copies.map { unsafe UnsafePointer<CChar>($0) }
    unsafe pointers.append(nil)
    return unsafe locara_start_program(pointers, descriptors, Int32(descriptors.count))
  }

  /// Opens the machine's side of the app's ports, before anything of the app runs: a port that is taken is an error.
  private func publish() throws(Failure) {
    for published in plan.published {
      let addresses: [(bytes: [UInt8], isNeeded: Bool)] =
        published.isOnEveryAddress
        ? [([0, 0, 0, 0], true), ([UInt8](repeating: 0, count: 16), false)]
        : [([127, 0, 0, 1], true), ([UInt8](repeating: 0, count: 15) + [1], false)]
      for (bytes, isNeeded) in addresses {
        let listener = unsafe locara_listen(bytes, bytes.count == 4 ? 4 : 6, published.port)
        guard listener >= 0 else {
          // A machine without version 6 has no such loopback; a port that is taken is taken in both.
          if !isNeeded, -listener != EADDRINUSE { continue }
          throw Failure(
            "LE002", "the app's port \(published.port) cannot be published: \(describe(errno: -listener))",
            help: -listener == EADDRINUSE
              ? "end the program that listens on it; `ss -ltnp` shows which" : "ports below 1024 need privilege",
            errno: -listener)
        }
        BrokerChannel.send(BrokerOrder.publish(port: published.port).bytes, with: listener, to: number)
        close(listener)
      }
    }
  }

  /// The sandbox has its end of the network channel.
  func sandboxStarted() {
    close(networkChannel)
    networkChannel = -1
  }

  /// The addresses that the app's network is set up with.
  static let ownAddress4: [UInt8] = [198, 18, 0, 1]
  static let ownAddress6: [UInt8] = [0xFD, 0x6C, 0x6F, 0x63, 0x61, 0x72, 0x61, 0, 0, 0, 0, 0, 0, 0, 0, 1]
  static let resolverAddress: [UInt8] = [127, 0, 0, 53]

  // MARK: Attempts to connect

  #if arch(x86_64)
    private static let connectNumber: Int32 = 42
    private static let sendtoNumber: Int32 = 44
  #else
    private static let connectNumber: Int32 = 203
    private static let sendtoNumber: Int32 = 206
  #endif
  /// MSG_FASTOPEN, linux/socket.h: the datagram is the beginning of a connection.
  private static let fastOpen: UInt64 = 0x2000_0000

  /// Takes over a notification when it is about a connection to an Internet address.
  func takes(_ notification: locara_notification, listener: Int32) -> Bool {
    let isConnect = notification.number == EgressSession.connectNumber
    guard isConnect || notification.number == EgressSession.sendtoNumber else { return false }
    let arguments = notification.arguments
    let (place, length) = isConnect ? (arguments.1, arguments.2) : (arguments.4, arguments.5)
    let isDatagram = !isConnect && arguments.3 & EgressSession.fastOpen == 0
    var bytes = [UInt8](repeating: 0, count: min(Int(UInt32(truncatingIfNeeded: length)), 28))
    let count = unsafe bytes.withUnsafeMutableBytes {
      unsafe locara_read_memory(notification.process, place, $0.baseAddress, $0.count)
    }
    let family = bytes.count >= 2 ? Int32(bytes[0]) | Int32(bytes[1]) << 8 : -1
    guard count == bytes.count, count >= 2, family != AF_UNSPEC, family == AF_INET || family == AF_INET6,
      count >= (family == AF_INET ? 8 : 24)
    else {
      guard family != AF_UNIX else { return false }
      // The kernel has its own answer to an address that is none.
      _ = locara_continue(listener, notification.id)
      return true
    }
    let port = UInt16(bytes[2]) << 8 | UInt16(bytes[3])
    var address = Array(family == AF_INET ? bytes[4..<8] : bytes[8..<24])
    if address.count == 16, address.starts(with: [UInt8](repeating: 0, count: 10) + [0xFF, 0xFF]) {
      address = Array(address[12...])
    }
    let program = EgressSession.program(notification.process)
    if address == EgressSession.resolverAddress { programs.insert(program) }
    // Port 0 is how libraries ask which of their own addresses would be used.
    if port == 0 || EgressSession.isOwn(address) {
      _ = locara_continue(listener, notification.id)
      return true
    }
    pending[notification.id] = Pending(
      listener: listener, program: program, port: port, deadline: Clock.milliseconds + EgressSession.patience)
    let order = BrokerOrder.ask(identifier: notification.id, address: address, port: port, isDatagram: isDatagram)
    if number < 0 || !BrokerChannel.send(order.bytes, to: number) { refuseAll("the egress broker has ended") }
    return true
  }

  /// Whether an address is of the app's own network: it stays inside.
  private static func isOwn(_ address: [UInt8]) -> Bool {
    if address.count == 4 { return address[0] == 127 || address == [0, 0, 0, 0] || address == ownAddress4 }
    return address.dropLast().allSatisfy { $0 == 0 } && (address.last ?? 0) <= 1 || address == ownAddress6
  }

  private static func program(_ process: Int32) -> String {
    guard case .symbolicLink(let path)? = try? Directories.kind(of: "/proc/\(process)/exe") else { return "a program" }
    return Files.name(of: path)
  }

  /// When an answer is overdue; nil when none is awaited.
  var deadline: UInt64? { pending.values.map(\.deadline).min() }

  /// Refuses what the broker did not answer in time.
  func expire() {
    let now = Clock.milliseconds
    for (identifier, waiting) in pending where waiting.deadline <= now {
      refuse(
        identifier, waiting, ETIMEDOUT,
        EgressDenial(host: "", port: waiting.port, reason: "the egress broker does not answer", entry: ""))
    }
  }

  private func refuseAll(_ reason: String) {
    for (identifier, waiting) in pending {
      refuse(identifier, waiting, ENETUNREACH, EgressDenial(host: "", port: waiting.port, reason: reason, entry: ""))
    }
  }

  private func refuse(_ identifier: UInt64, _ waiting: Pending, _ error: Int32, _ denial: EgressDenial) {
    pending[identifier] = nil
    _ = locara_deny(waiting.listener, identifier, error)
    receiver?.receive(Denial(denial, program: waiting.program, answer: error))
  }

  // MARK: The broker

  /// Takes one report of the broker.
  func handle() {
    guard let (bytes, descriptors) = BrokerChannel.receive(from: number) else { return lost() }
    var given = descriptors.first ?? -1
    defer { for descriptor in descriptors.dropFirst() + [given] where descriptor >= 0 { close(descriptor) } }
    guard let report = BrokerReport(bytes[...]) else { return }
    switch report {
    case .verdict(let identifier, let denial):
      guard let waiting = pending[identifier] else { return }
      if let denial { return refuse(identifier, waiting, EACCES, denial) }
      let error = listen(on: waiting.port)
      guard error == 0 else {
        return refuse(
          identifier, waiting, EADDRINUSE,
          EgressDenial(
            host: "", port: waiting.port,
            reason: error == EADDRINUSE
              ? "the app itself listens on port \(waiting.port)" : "port \(waiting.port): \(describe(errno: error))",
            entry: ""))
      }
      pending[identifier] = nil
      _ = locara_continue(waiting.listener, identifier)
    case .denial(let denial):
      let program = programs.count > 1 ? "one of \(programs.sorted().joined(separator: ", "))" : programs.first ?? entry
      receiver?.receive(Denial(denial, program: program, answer: denial.port == 0 ? nil : ECONNREFUSED))
    case .wantsConnection(let identifier, let port):
      let opened = open(LOCARA_NETWORK_CONNECT, port)
      BrokerChannel.send(BrokerOrder.connected(identifier: identifier).bytes, with: max(opened, -1), to: number)
      if opened >= 0 { close(opened) }
    case .finished: lost()
    case .namespace(let isUser):
      if isUser { swap(&given, &userNamespace) } else { swap(&given, &networkNamespace) }
    case .wantsConfiguration:
      let bytes = EgressSession.configuration(plan)
      let file = unsafe locara_memory_file(bytes, bytes.count)
      guard file >= 0 else { return }
      BrokerChannel.send(BrokerOrder.configuration.bytes, with: file, to: number)
      close(file)
    }
  }

  private func lost() {
    close(number)
    number = -1
    refuseAll("the egress broker has ended")
  }

  /// Makes sure that the broker accepts connections to a port; 0, or an errno.
  private func listen(on port: UInt16) -> Int32 {
    if listeningPorts.contains(port) { return 0 }
    let listener = open(LOCARA_NETWORK_LISTEN, port)
    guard listener >= 0 else { return -listener }
    defer { close(listener) }
    guard BrokerChannel.send(BrokerOrder.accept.bytes, with: listener, to: number) else { return EPIPE }
    listeningPorts.insert(port)
    return 0
  }

  /// Opens a socket in the app's network.
  private func open(_ kind: locara_network_order, _ port: UInt16) -> Int32 {
    if helper == nil {
      var process: Int32 = 0
      let channel = unsafe locara_network_start(userNamespace, networkNamespace, &process)
      guard channel >= 0 else { return channel }
      helper = (channel, process)
    }
    guard let helper else { return -EPIPE }
    return locara_network_open(helper.channel, Int32(kind.rawValue), port)
  }

  /// The app has ended: hears what the broker still has to tell, and lets it deliver what the app sent.
  func finish() {
    guard number >= 0 else { return }
    shutdown(number, Int32(SHUT_WR))
    let end = Clock.milliseconds + (hasLog ? 500 : 5)
    while number >= 0 {
      var events = [pollfd(fd: number, events: Int16(POLLIN), revents: 0)]
      guard unsafe poll(&events, 1, Clock.timeout(until: end)) > 0 else { return }
      handle()
    }
  }
}

extension Denial {
  /// What the broker denied, as every denial is told.
  ///
  /// - Parameter answer: an errno; nil for a name, of which the app is told that there is none.
  init(_ denial: EgressDenial, program: String, answer: Int32?) {
    let name =
      unsafe answer.flatMap { unsafe locara_error_name($0) }.map { unsafe String(cString: $0) } ?? "NXDOMAIN"
    self.init(
      call: denial.port == 0 ? "resolve" : "connect",
      arguments: [CallDecoder.printable(denial.host)] + (denial.port == 0 ? [] : ["\(denial.port)"]), answer: name,
      capability: "net.allowed_hosts",
      manifest: denial.entry.isEmpty ? "" : "net: {allowed_hosts: [\"\(denial.entry)\"]}",
      reason: "\(CallDecoder.printable(program)): \(denial.reason)")
  }
}

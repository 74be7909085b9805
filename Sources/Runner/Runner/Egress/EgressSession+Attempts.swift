internal import CSandbox
internal import Egress
internal import Glibc
internal import SandboxPlan
internal import SystemIO

// The app's attempts to connect, as the filter tells them.

extension EgressSession {
  /// The addresses that the app's network is set up with.
  static let ownAddress4: [UInt8] = [198, 18, 0, 1]
  static let ownAddress6: [UInt8] = [0xFD, 0x6C, 0x6F, 0x63, 0x61, 0x72, 0x61, 0, 0, 0, 0, 0, 0, 0, 0, 1]
  static let resolverAddress: [UInt8] = [127, 0, 0, 53]

  #if arch(x86_64)
    private static let connectNumber: Int32 = 42
    private static let sendtoNumber: Int32 = 44
  #else
    private static let connectNumber: Int32 = 203
    private static let sendtoNumber: Int32 = 206
  #endif
  /// MSG_FASTOPEN, linux/socket.h: the datagram is the beginning of a connection.
  private static let fastOpen: UInt64 = 0x2000_0000
  /// Milliseconds that the broker has for an answer; without one nothing is connected.
  private static let patience: UInt64 = 10_000

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
    if address == EgressSession.resolverAddress, start() {
      programs.insert(EgressSession.program(notification.process))
    }
    let connection = PermittedConnections.Key(address: address, port: port)
    // Port 0 is how libraries ask which of their own addresses would be used.
    if port == 0 || EgressSession.isOwn(address)
      || !isDatagram && permitted.contains(connection, now: Clock.milliseconds)
    {
      _ = locara_continue(listener, notification.id)
      return true
    }
    pending[notification.id] = Pending(
      listener: listener, process: notification.process, connection: connection,
      deadline: Clock.milliseconds + EgressSession.patience)
    let order = BrokerOrder.ask(identifier: notification.id, address: address, port: port, isDatagram: isDatagram)
    if !start() || !BrokerChannel.send(order.bytes, to: number) { refuseAll() }
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
    guard !pending.isEmpty else { return }
    let now = Clock.milliseconds
    for (identifier, waiting) in pending where waiting.deadline <= now {
      refuse(
        identifier, waiting, ETIMEDOUT,
        EgressDenial(host: "", port: waiting.connection.port, reason: "the egress broker does not answer", entry: ""))
    }
  }

  func refuseAll() {
    let reason = "the egress broker \(problem.isEmpty ? "has ended" : problem)"
    for (identifier, waiting) in pending {
      refuse(
        identifier, waiting, ENETUNREACH,
        EgressDenial(host: "", port: waiting.connection.port, reason: reason, entry: ""))
    }
  }

  private func refuse(_ identifier: UInt64, _ waiting: Pending, _ error: Int32, _ denial: EgressDenial) {
    pending[identifier] = nil
    // Before the answer: until then the caller waits, and has a name.
    let program = EgressSession.program(waiting.process)
    _ = locara_deny(waiting.listener, identifier, error)
    receiver?.receive(Denial(denial, program: program, answer: error))
  }

  // MARK: The broker's reports

  func takeReport() {
    guard let (bytes, descriptors) = BrokerChannel.receive(from: number) else {
      end("has ended")
      return
    }
    for descriptor in descriptors { close(descriptor) }
    guard let report = BrokerReport(bytes[...]) else { return }
    switch report {
    case .verdict(let identifier, let denial):
      guard let waiting = pending[identifier] else { return }
      if let denial { return refuse(identifier, waiting, EACCES, denial) }
      let port = waiting.connection.port
      let error = listen(on: port)
      guard error == 0 else {
        return refuse(
          identifier, waiting, EADDRINUSE,
          EgressDenial(
            host: "", port: port,
            reason: error == EADDRINUSE
              ? "the app itself listens on port \(port)" : "port \(port): \(describe(errno: error))",
            entry: ""))
      }
      pending[identifier] = nil
      permitted.insert(waiting.connection, now: Clock.milliseconds)
      _ = locara_continue(waiting.listener, identifier)
    case .denial(let denial):
      let program = programs.count > 1 ? "one of \(programs.sorted().joined(separator: ", "))" : programs.first ?? entry
      receiver?.receive(Denial(denial, program: program, answer: denial.port == 0 ? nil : ECONNREFUSED))
    case .wantsConnection(let identifier, let port):
      let opened = open(LOCARA_NETWORK_CONNECT, port)
      BrokerChannel.send(BrokerOrder.connected(identifier: identifier).bytes, with: max(opened, -1), to: number)
      if opened >= 0 { close(opened) }
    case .finished: end("has ended")
    case .wantsConfiguration:
      let file = EgressSession.configurationFile(plan)
      guard file >= 0 else { return }
      BrokerChannel.send(BrokerOrder.configuration.bytes, with: file, to: number)
      close(file)
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

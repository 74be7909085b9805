internal import CEgress

/// The app's resolver: it answers for allowed names with addresses of the pool, and for every other name that there is
/// none. No question of the app leaves the machine.
final class NameServer: Watcher {
  private let broker: Broker
  private let hasVersion6: Bool
  /// Questions that wait for the machine's name servers; more than these are dropped, and the app asks again.
  private var waiting = 0
  private static let mostWaiting = 1024

  init(_ broker: Broker, socket: Int32, hasVersion6: Bool) {
    self.broker = broker
    self.hasVersion6 = hasVersion6
    super.init(broker.loop)
    watch(socket, .readable)
  }

  override func ready(_ readiness: Readiness) {
    var buffer = [UInt8](repeating: 0, count: 4096)
    for _ in 0..<64 {
      var from = egress_address()
      let count = unsafe egress_receive_from(descriptor, &buffer, buffer.count, &from)
      guard count >= 0 else { return }
      guard count <= buffer.count else { continue }
      answer(Array(buffer[..<count])) { [weak self] bytes, most in
        guard let self, self.descriptor >= 0 else { return }
        var bytes = bytes
        if bytes.count > most {
          bytes = Array(bytes[..<12])
          bytes[2] |= 0x02
          for index in 4..<12 { bytes[index] = 0 }
        }
        _ = unsafe egress_send_to(self.descriptor, bytes, bytes.count, &from)
      }
    }
  }

  /// Answers one question, now or later; no answer to what is no question.
  ///
  /// - Parameter reply: takes the answer and the most bytes that the client takes by UDP.
  func answer(_ bytes: [UInt8], _ reply: @escaping ([UInt8], Int) -> Void) {
    switch DomainMessage.query(bytes) {
    case nil: return
    case .failure(let problem)?: reply(DomainMessage.answer(to: problem), 512)
    case .success(let query)?: answer(query) { reply($0, query.mostBytes) }
    }
  }

  private func answer(_ query: DomainMessage.Query, _ reply: @escaping ([UInt8]) -> Void) {
    let name = query.question.name
    func say(_ code: UInt8, _ answers: [DomainMessage.Answer] = [], lifetime: UInt32 = 0) {
      reply(DomainMessage.answer(to: query, code: code, answers, lifetime: lifetime))
    }
    if name == "localhost" || name.hasSuffix(".localhost") {
      switch query.question.kind {
      case DomainMessage.Kind.address4: return say(0, [.address(Address(version4: 0x7F00_0001))], lifetime: 60)
      case DomainMessage.Kind.address6 where hasVersion6:
        return say(0, [.address(Address(version6: 0, 1))], lifetime: 60)
      default: return say(0)
      }
    }
    if query.question.kind == DomainMessage.Kind.pointer {
      let found = NameServer.address(ofReverse: name).flatMap { broker.pool.name(of: $0) }
      return found.map { say(0, [.pointer($0)], lifetime: 1) } ?? say(DomainMessage.Code.noSuchName)
    }
    guard broker.rules.permitsName(name) else {
      broker.denyName(name)
      return say(DomainMessage.Code.noSuchName)
    }
    let kind = query.question.kind
    guard kind == DomainMessage.Kind.address4 || kind == DomainMessage.Kind.address6 else { return say(0) }
    guard waiting < NameServer.mostWaiting else { return }
    waiting += 1
    broker.resolver.resolve(name) { [unowned self] outcome in
      waiting -= 1
      switch outcome {
      case .failed(let reason):
        broker.log.note(name: name, verdict: .failed, reason: reason)
        say(DomainMessage.Code.serverFailure)
      case .nothing: say(DomainMessage.Code.noSuchName)
      case .addresses:
        // Whatever version the host has, the broker speaks it, so the app may use either.
        if kind == DomainMessage.Kind.address6, !hasVersion6 { return say(0) }
        guard let index = broker.pool.index(of: name, now: broker.loop.now) else {
          return say(DomainMessage.Code.serverFailure)
        }
        let address =
          kind == DomainMessage.Kind.address6 ? AddressPool.address6(index) : AddressPool.address4(index)
        say(0, [.address(address)], lifetime: AddressPool.answerLifetime)
      }
    }
  }

  /// The address of a name in `in-addr.arpa` or `ip6.arpa`, RFC 1035 section 3.5 and RFC 3596.
  static func address(ofReverse name: String) -> Address? {
    if name.hasSuffix(".in-addr.arpa") {
      let parts = name.dropLast(13).split(separator: ".").reversed()
      return parts.count == 4 ? Address(parts.joined(separator: ".")) : nil
    }
    guard name.hasSuffix(".ip6.arpa") else { return nil }
    let digits = name.dropLast(9).split(separator: ".").reversed().compactMap {
      $0.count == 1 ? UInt8($0, radix: 16) : nil
    }
    guard digits.count == 32 else { return nil }
    return Address(stride(from: 0, to: 32, by: 2).map { digits[$0] << 4 | digits[$0 + 1] })
  }
}

/// The same by TCP, RFC 7766: several questions on one connection, each with its length before it.
final class NameServerListener: Watcher {
  private let server: NameServer
  fileprivate var sessions: [ObjectIdentifier: NameServerSession] = [:]
  /// In the order of their beginning, some of them ended.
  private var order: [ObjectIdentifier] = []
  private static let mostSessions = 64

  init(_ server: NameServer, socket: Int32) {
    self.server = server
    super.init(server.loop)
    watch(socket, .readable)
  }

  override func ready(_ readiness: Readiness) {
    for _ in 0..<16 {
      let socket = egress_accept(descriptor)
      guard socket >= 0 else { return }
      // Who says nothing makes room for who does.
      if sessions.count >= NameServerListener.mostSessions {
        order.removeAll { sessions[$0] == nil }
        order.first.flatMap { sessions[$0] }?.end()
      }
      let session = NameServerSession(self, server, socket)
      sessions[ObjectIdentifier(session)] = session
      order.append(ObjectIdentifier(session))
    }
  }
}

final class NameServerSession: Watcher {
  private unowned let listener: NameServerListener
  private unowned let server: NameServer
  private var received: [UInt8] = []
  private var timer: TimerQueue.Entry?
  /// Milliseconds without a whole question after which the connection is ended.
  private static let patience: Int64 = 5000

  init(_ listener: NameServerListener, _ server: NameServer, _ socket: Int32) {
    self.listener = listener
    self.server = server
    super.init(server.loop)
    watch(socket, .readable)
    restart()
  }

  private func restart() {
    timer?.cancel()
    timer = loop.after(NameServerSession.patience) { [weak self] in self?.end() }
  }

  fileprivate func end() {
    timer?.cancel()
    let socket = unwatch()
    if socket >= 0 { closeDescriptor(socket) }
    listener.sessions[ObjectIdentifier(self)] = nil
  }

  override func ready(_ readiness: Readiness) {
    var buffer = [UInt8](repeating: 0, count: 4096)
    let count = unsafe egress_receive(descriptor, &buffer, buffer.count)
    if count == -Int(EAGAINNumber) { return }
    guard count > 0, received.count + count <= 65_537 + 4096 else { return end() }
    received += buffer[..<count]
    while received.count >= 2, descriptor >= 0 {
      let length = Int(received[0]) << 8 | Int(received[1])
      guard received.count >= 2 + length else { return }
      let question = Array(received[2..<2 + length])
      received.removeFirst(2 + length)
      restart()
      server.answer(question) { [weak self] bytes, _ in
        guard let self, self.descriptor >= 0 else { return }
        let message = [UInt8(bytes.count >> 8), UInt8(bytes.count & 0xFF)] + bytes
        // A client that does not read its answers loses its connection.
        if unsafe egress_send(self.descriptor, message, message.count) != message.count { self.end() }
      }
    }
  }
}

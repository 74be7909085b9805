internal import CEgress

/// One question, put to the machine's name servers one after the other until one answers it.
///
/// An answer counts when it comes from the server that was asked, to the port that asked (a new one for each try), with
/// the random identifier and the very question. What it says of other names is not looked at.
final class Lookup: Watcher {
  enum Outcome {
    /// Addresses of the name, with the seconds for which they hold; none when the name has none of this kind.
    case addresses([Address], lifetime: UInt32)
    /// No such name.
    case nothing(lifetime: UInt32)
    case failed(String)
  }

  /// After which the next server is asked, in milliseconds.
  private static let patience: Int64 = 1500
  private static let rounds = 2
  private static let mostAliases = 16
  private static let mostAddresses = 64

  private let kind: UInt16
  private let servers: [Endpoint]
  private let completion: (Outcome) -> Void
  private var name: String
  private var aliases = 0
  private var shortest: UInt32 = 86_400
  private var attempt = 0
  private var identifier: UInt16 = 0
  private var timer: TimerQueue.Entry?
  private var problem = "no name server answered"
  /// Of a question by TCP: what is still to be sent, and what came.
  private var stream: (unsent: [UInt8], received: [UInt8])?
  private var isDone = false

  init(
    _ loop: EventLoop, _ name: String, _ kind: UInt16, servers: [Endpoint], completion: @escaping (Outcome) -> Void
  ) {
    self.name = name
    self.kind = kind
    self.servers = servers
    self.completion = completion
    super.init(loop)
  }

  func start() { ask(byTCP: false) }

  private func ask(byTCP: Bool) {
    stop()
    guard attempt < servers.count * Lookup.rounds else { return finish(.failed(problem)) }
    let server = servers[attempt % servers.count]
    var bytes: [UInt8] = [0, 0]
    guard unsafe egress_fill_random(&bytes, 2) == 0 else { return finish(.failed("no random numbers")) }
    identifier = UInt16(bytes[0]) << 8 | UInt16(bytes[1])
    guard let question = DomainMessage.question(name, kind, identifier: identifier) else {
      return finish(.nothing(lifetime: 60))
    }
    var address = server.kernel
    let socket = unsafe egress_connect(&address, byTCP ? 0 : 1)
    guard socket >= 0 else {
      problem = "the name server \(server.address) cannot be reached"
      return retry()
    }
    if byTCP {
      stream = ([UInt8(question.count >> 8), UInt8(question.count & 0xFF)] + question, [])
      watch(socket, [.readable, .writable])
    } else {
      watch(socket, .readable)
      guard unsafe egress_send(socket, question, question.count) == question.count else { return retry() }
    }
    timer = loop.after(Lookup.patience) { [weak self] in
      guard let self else { return }
      self.problem = "the name server \(server.address) does not answer"
      self.retry()
    }
  }

  private func stop() {
    timer?.cancel()
    timer = nil
    stream = nil
    let socket = unwatch()
    if socket >= 0 { closeDescriptor(socket) }
  }

  private func retry() {
    stop()
    attempt += 1
    // Not from here: a server that refuses at once would make this a recursion.
    loop.postpone { self.ask(byTCP: false) }
  }

  override func ready(_ readiness: Readiness) {
    if stream != nil { return readyByTCP() }
    var buffer = [UInt8](repeating: 0, count: 4096)
    while descriptor >= 0 {
      let count = unsafe egress_receive(descriptor, &buffer, buffer.count)
      if count == -Int(EAGAINNumber) { return }
      guard count >= 0 else {
        problem = "the name server \(servers[attempt % servers.count].address) refuses questions"
        return retry()
      }
      take(Array(buffer[..<count]), byTCP: false)
    }
  }

  private func readyByTCP() {
    guard var (unsent, received) = stream else { return }
    if !unsent.isEmpty {
      let count = unsafe egress_send(descriptor, unsent, unsent.count)
      if count == -Int(EAGAINNumber) { return }
      guard count > 0 else { return retry() }
      unsent.removeFirst(count)
      if unsent.isEmpty { change(.readable) }
    }
    var buffer = [UInt8](repeating: 0, count: 16384)
    while true {
      let count = unsafe egress_receive(descriptor, &buffer, buffer.count)
      if count == -Int(EAGAINNumber) { break }
      guard count > 0 else { return retry() }
      received += buffer[..<count]
      guard received.count >= 2 else { continue }
      let length = Int(received[0]) << 8 | Int(received[1])
      if received.count >= 2 + length { return take(Array(received[2..<2 + length]), byTCP: true) }
    }
    stream = (unsent, received)
  }

  private func take(_ bytes: [UInt8], byTCP: Bool) {
    guard let response = DomainMessage.response(bytes), response.identifier == identifier,
      response.question == DomainMessage.Question(name: name, kind: kind)
    else {
      // Not an answer to this: by UDP it may come from a stranger, and the true one may follow.
      if byTCP { retry() }
      return
    }
    if response.isTruncated, !byTCP { return ask(byTCP: true) }
    switch response.code {
    case DomainMessage.Code.success: follow(response.records)
    case DomainMessage.Code.noSuchName: finish(.nothing(lifetime: min(shortest, 30)))
    default:
      problem = "the name server \(servers[attempt % servers.count].address) fails with code \(response.code)"
      retry()
    }
  }

  /// From the name over its aliases to addresses, within one answer as far as it goes and then by a new question.
  private func follow(_ records: [DomainMessage.Record]) {
    var next: [String: (String, UInt32)] = [:]
    for record in records {
      if case .alias(let target) = record.value, next[record.name] == nil {
        next[record.name] = (target, record.lifetime)
      }
    }
    let asked = name
    while let (target, lifetime) = next[name] {
      aliases += 1
      guard aliases <= Lookup.mostAliases, !target.isEmpty, target != "?" else {
        return finish(.failed("its aliases lead nowhere"))
      }
      shortest = min(shortest, lifetime)
      name = target
    }
    var addresses: [Address] = []
    for record in records where record.name == name {
      if case .address(let address) = record.value, address.isVersion6 == (kind == DomainMessage.Kind.address6),
        addresses.count < Lookup.mostAddresses, !addresses.contains(address)
      {
        addresses.append(address)
        shortest = min(shortest, record.lifetime)
      }
    }
    if addresses.isEmpty, name != asked {
      attempt = 0
      return ask(byTCP: false)
    }
    finish(.addresses(addresses, lifetime: addresses.isEmpty ? 30 : shortest))
  }

  private func finish(_ outcome: Outcome) {
    guard !isDone else { return }
    isDone = true
    stop()
    completion(outcome)
  }
}

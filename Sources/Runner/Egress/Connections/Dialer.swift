internal import CEgress

/// Opens one connection to a host with several addresses, as RFC 8305 says: version 6 and version 4 in turn, the next a
/// quarter of a second after the last or as soon as that has failed; the first that is there wins.
final class Dialer {
  private static let headStart: Int64 = 250
  private static let patience: Int64 = 30_000
  private static let mostAttempts = 16

  private final class Attempt: Watcher {
    let endpoint: Endpoint
    unowned let dialer: Dialer

    init(_ dialer: Dialer, _ endpoint: Endpoint) {
      self.dialer = dialer
      self.endpoint = endpoint
      super.init(dialer.loop)
    }

    override func ready(_ readiness: Readiness) {
      let error = egress_socket_error(descriptor)
      if error == 0, !readiness.contains(.failed) {
        dialer.succeed(self)
      } else {
        dialer.fail(self, error == 0 ? ConnectionErrors.refused : error)
      }
    }
  }

  private let loop: EventLoop
  private var remaining: [Endpoint]
  private var attempts: [ObjectIdentifier: Attempt] = [:]
  private var lastError: Int32 = 0
  private var next: TimerQueue.Entry?
  private var end: TimerQueue.Entry?
  private var completion: ((Result<(socket: Int32, endpoint: Endpoint), ConnectionError>) -> Void)?

  struct ConnectionError: Error { var number: Int32 }

  /// - Parameter addresses: at least one.
  init(
    _ loop: EventLoop, _ addresses: [Address], _ port: UInt16,
    _ completion: @escaping (Result<(socket: Int32, endpoint: Endpoint), ConnectionError>) -> Void
  ) {
    self.loop = loop
    self.completion = completion
    var (six, four) = (addresses.filter(\.isVersion6)[...], addresses.filter { !$0.isVersion6 }[...])
    remaining = []
    while !six.isEmpty || !four.isEmpty, remaining.count < Dialer.mostAttempts {
      if let address = six.popFirst() { remaining.append(Endpoint(address, port)) }
      if let address = four.popFirst() { remaining.append(Endpoint(address, port)) }
    }
  }

  func start() {
    end = loop.after(Dialer.patience) { [weak self] in
      self?.finish(.failure(ConnectionError(number: ConnectionErrors.timedOut)))
    }
    tryNext()
  }

  func cancel() {
    completion = nil
    stop()
  }

  private func tryNext() {
    next?.cancel()
    guard completion != nil else { return }
    while !remaining.isEmpty {
      let endpoint = remaining.removeFirst()
      var address = endpoint.kernel
      let socket = unsafe egress_connect(&address, 0)
      guard socket >= 0 else {
        lastError = -socket
        continue
      }
      // Over the machine's own loopback it is there already.
      var peer = egress_address()
      if unsafe egress_peer_address(socket, &peer) == 0 { return finish(.success((socket, endpoint))) }
      let attempt = Attempt(self, endpoint)
      attempts[ObjectIdentifier(attempt)] = attempt
      attempt.watch(socket, .writable)
      if !remaining.isEmpty { next = loop.after(Dialer.headStart) { [weak self] in self?.tryNext() } }
      return
    }
    if attempts.isEmpty { finish(.failure(ConnectionError(number: lastError))) }
  }

  private func succeed(_ attempt: Attempt) {
    attempts[ObjectIdentifier(attempt)] = nil
    finish(.success((attempt.unwatch(), attempt.endpoint)))
  }

  private func fail(_ attempt: Attempt, _ error: Int32) {
    lastError = error
    attempts[ObjectIdentifier(attempt)] = nil
    closeDescriptor(attempt.unwatch())
    tryNext()
  }

  private func stop() {
    next?.cancel()
    end?.cancel()
    for attempt in attempts.values { closeDescriptor(attempt.unwatch()) }
    attempts = [:]
  }

  private func finish(_ result: Result<(socket: Int32, endpoint: Endpoint), ConnectionError>) {
    let completion = self.completion
    self.completion = nil
    stop()
    completion?(result)
  }
}

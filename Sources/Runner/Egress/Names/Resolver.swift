/// Resolves allowed names as the machine does, for the broker alone, and remembers what it found for as long as it holds.
final class Resolver {
  enum Outcome {
    /// Version 6 first, in the order of the answers; never empty.
    case addresses([Address])
    /// The name does not exist, or has no address.
    case nothing
    case failed(String)
  }

  private let loop: EventLoop
  var configuration: ResolverConfiguration {
    didSet { if configuration != oldValue { known = [:] } }
  }
  private var known: [String: (outcome: Outcome, until: Int64)] = [:]
  private var waiting: [String: [(Outcome) -> Void]] = [:]
  private var lookups: [String: [Lookup]] = [:]
  /// Called at a question, so that a configuration that changed meanwhile is seen.
  var willAsk: () -> Void = {}

  /// Names that are remembered, and that are asked for at once.
  private static let mostKnown = 4096
  private static let mostAsked = 512

  init(_ loop: EventLoop, _ configuration: ResolverConfiguration) {
    self.loop = loop
    self.configuration = configuration
  }

  /// What is known of a name without asking anybody; nil when nothing is.
  func known(_ name: String) -> Outcome? {
    if let addresses = configuration.hosts[name] { return .addresses(addresses) }
    guard let entry = known[name], entry.until > loop.now else { return nil }
    return entry.outcome
  }

  func resolve(_ name: String, _ completion: @escaping (Outcome) -> Void) {
    if let outcome = known(name) { return completion(outcome) }
    if waiting[name] != nil {
      waiting[name]?.append(completion)
      return
    }
    guard waiting.count < Resolver.mostAsked else { return completion(.failed("too many names are asked for at once")) }
    willAsk()
    waiting[name] = [completion]
    var outcomes: [Lookup.Outcome] = []
    let both = [DomainMessage.Kind.address6, DomainMessage.Kind.address4].map { kind in
      Lookup(loop, name, kind, servers: configuration.servers) { [unowned self] outcome in
        outcomes.append(outcome)
        if outcomes.count == 2 { self.finish(name, outcomes) }
      }
    }
    lookups[name] = both
    for lookup in both { lookup.start() }
  }

  private func finish(_ name: String, _ outcomes: [Lookup.Outcome]) {
    lookups[name] = nil
    var addresses: [Address] = []
    var lifetime: UInt32 = 86_400
    var problem: String?
    for outcome in outcomes {
      switch outcome {
      case .addresses(let found, let seconds):
        addresses += found
        lifetime = min(lifetime, seconds)
      case .nothing(let seconds): lifetime = min(lifetime, seconds)
      case .failed(let reason): problem = reason
      }
    }
    let outcome: Outcome
    if !addresses.isEmpty {
      outcome = .addresses(addresses.filter(\.isVersion6) + addresses.filter { !$0.isVersion6 })
    } else if let problem {
      outcome = .failed(problem)
    } else {
      outcome = .nothing
    }
    // A failure is forgotten soon; a lifetime of zero still serves the connections of this moment.
    let seconds = problem != nil && addresses.isEmpty ? 1 : max(lifetime, 1)
    if known.count >= Resolver.mostKnown {
      known = known.filter { $0.value.until > loop.now }
      if known.count >= Resolver.mostKnown { known = [:] }
    }
    known[name] = (outcome, loop.now + Int64(seconds) * 1000)
    for completion in waiting.removeValue(forKey: name) ?? [] { completion(outcome) }
  }
}

// The text form of an operation: one verb and one object. It is written in a manifest's `tests:`, and it is what a
// verdict, a denial and a witness say.

extension Operation: CustomStringConvertible {
  /// `connect tcp api.example.com:443`, `read app-data/notes.db`, `spawn bin/ocr`, …; reads back to the same operation.
  package var description: String {
    switch self {
    case .file(let operation): "\(operation.access.rawValue) \(PathText.write(operation.path))"
    case .connect(let operation): "connect \(operation.transport.rawValue) \(operation.peer):\(operation.port)"
    case .listen(let operation): "listen \(operation.transport.rawValue) \(operation.scope.rawValue):\(operation.port)"
    case .process(.spawn(let program)): "spawn \(Quoting.write(program))"
    case .process(.startThread): "start thread"
    case .use(let device): "use \(device.rawValue)"
    case .communicate(let facility): "ipc \(facility.rawValue)"
    case .readVariable(let name): "environment \(Quoting.write(name))"
    case .notify(let mode): "notify \(mode.rawValue)"
    case .runInBackground(let mode): "background \(mode.rawValue)"
    case .serve(let served): "serve \(served.rawValue)"
    }
  }

  /// The verbs, for messages about an operation that does not parse.
  package static let verbs = [
    "read", "write", "create", "remove", "connect", "listen", "spawn", "start", "use", "ipc", "environment", "notify",
    "background", "serve",
  ]

  /// Reads the text form. The transport may be left out and is then `tcp`.
  ///
  /// Nil when the verb is unknown or the object is not of its form.
  package init?(_ text: String) {
    let parts = text.split(separator: " ", maxSplits: 1, omittingEmptySubsequences: true).map(String.init)
    guard parts.count == 2 else { return nil }
    let object = parts[1].trimmingSpaces
    switch parts[0] {
    case "read", "write", "create", "remove":
      guard let access = FileAccess(rawValue: parts[0]) else { return nil }
      guard let path = Operation.path(object) else { return nil }
      self = .file(FileAuthority.Operation(access, path))
    case "connect":
      guard let (transport, name, port) = Operation.endpoint(object) else { return nil }
      if name.hasPrefix("["), name.hasSuffix("]"), let address = IPAddress(String(name.dropFirst().dropLast())) {
        self = .connect(ConnectAuthority.Operation(transport, .address(address), port))
      } else if let address = IPAddress(name) {
        self = .connect(ConnectAuthority.Operation(transport, .address(address), port))
      } else {
        guard Operation.isHostName(name) else { return nil }
        self = .connect(ConnectAuthority.Operation(transport, .host(name.lowercased()), port))
      }
    case "listen":
      guard let (transport, name, port) = Operation.endpoint(object), let scope = ListenAuthority.Scope(rawValue: name)
      else { return nil }
      self = .listen(ListenAuthority.Operation(transport, scope, port))
    case "spawn":
      guard let program = Quoting.unquoted(object[...]) else { return nil }
      self = .process(.spawn(program))
    case "start" where object == "thread": self = .process(.startThread)
    case "use":
      guard let device = Device(rawValue: object) else { return nil }
      self = .use(device)
    case "ipc":
      guard let facility = IPCFacility(rawValue: object) else { return nil }
      self = .communicate(facility)
    case "environment":
      guard let name = Quoting.unquoted(object[...]) else { return nil }
      self = .readVariable(name)
    case "notify":
      guard let mode = NotificationMode(rawValue: object) else { return nil }
      self = .notify(mode)
    case "background":
      guard let mode = BackgroundMode(rawValue: object) else { return nil }
      self = .runInBackground(mode)
    case "serve":
      guard let served = ServedProtocol(rawValue: object) else { return nil }
      self = .serve(served)
    default: return nil
    }
  }

  /// A path without wildcards. Components may be in quotes; repeated slashes are one; `/` is the tree's root.
  private static func path(_ text: String) -> PolicyPath? {
    if text == "/" { return PolicyPath([]) }
    guard let pieces = Quoting.split(text[...], at: "/") else { return nil }
    let components = pieces.filter { !$0.text.isEmpty || !$0.isBare }
    let isNormal = components.allSatisfy { !$0.isBare || ($0.text != ".." && $0.text != ".") }
    return components.isEmpty || !isNormal ? nil : PolicyPath(components.map(\.text))
  }

  /// `[tcp|udp] NAME:PORT`
  private static func endpoint(_ text: String) -> (Transport, String, UInt16)? {
    let words = text.split(separator: " ").map(String.init)
    guard let last = words.last, words.count <= 2 else { return nil }
    let transport: Transport
    if words.count == 2 {
      guard let named = Transport(rawValue: words[0]) else { return nil }
      transport = named
    } else {
      transport = .tcp
    }
    guard let colon = last.lastIndex(of: ":"), let port = UInt16(last[last.index(after: colon)...]) else { return nil }
    let name = String(last[..<colon])
    return name.isEmpty ? nil : (transport, name, port)
  }

  /// RFC 1123 labels joined by dots, or one dot for the root.
  private static func isHostName(_ name: String) -> Bool {
    if name == "." { return true }
    return name.utf8.count <= 253
      && name.split(separator: ".", omittingEmptySubsequences: false).allSatisfy { label in
        !label.isEmpty && label.utf8.count <= 63
          && label.utf8.allSatisfy {
            $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: "_") || Character(Unicode.Scalar($0)).isLetter
              || Character(Unicode.Scalar($0)).isNumber
          }
      }
  }
}

extension ConnectAuthority.Peer: CustomStringConvertible {
  package var description: String {
    switch self {
    case .host(let name): name
    case .address(.v4(let bytes)): IPAddress.v4(bytes).description
    case .address(.v6(let bytes)): "[\(IPAddress.v6(bytes))]"
    }
  }
}

extension String {
  fileprivate var trimmingSpaces: String {
    String(drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
  }
}

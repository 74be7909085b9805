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
    let bytes = text.utf8
    guard let start = bytes.firstIndex(where: { $0 != UInt8(ascii: " ") }),
      let space = bytes[start...].firstIndex(of: UInt8(ascii: " "))
    else { return nil }
    self.init(verb: String(text[start..<space]), object: text[space...])
  }

  /// The same with the verb apart.
  package init?(verb: String, object: Substring) {
    let object = object.trimmingSpaces
    guard !object.isEmpty else { return nil }
    switch verb {
    case "read", "write", "create", "remove":
      guard let access = FileAccess(rawValue: verb) else { return nil }
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
      guard let program = Quoting.unquoted(object) else { return nil }
      self = .process(.spawn(program))
    case "start" where object == "thread": self = .process(.startThread)
    case "use":
      guard let device = Device(rawValue: String(object)) else { return nil }
      self = .use(device)
    case "ipc":
      guard let facility = IPCFacility(rawValue: String(object)) else { return nil }
      self = .communicate(facility)
    case "environment":
      guard let name = Quoting.unquoted(object) else { return nil }
      self = .readVariable(name)
    case "notify":
      guard let mode = NotificationMode(rawValue: String(object)) else { return nil }
      self = .notify(mode)
    case "background":
      guard let mode = BackgroundMode(rawValue: String(object)) else { return nil }
      self = .runInBackground(mode)
    case "serve":
      guard let served = ServedProtocol(rawValue: String(object)) else { return nil }
      self = .serve(served)
    default: return nil
    }
  }

  /// A path without wildcards. Components may be in quotes; repeated slashes are one; `/` is the tree's root.
  private static func path(_ text: Substring) -> PolicyPath? {
    if text == "/" { return PolicyPath([]) }
    var components: [String] = []
    let isBare = !text.utf8.contains { $0 == UInt8(ascii: "\"") || $0 == UInt8(ascii: "\\") }
    guard isBare else {
      guard let pieces = Quoting.split(text, at: "/") else { return nil }
      for piece in pieces where !piece.text.isEmpty || !piece.isBare {
        guard !piece.isBare || (piece.text != ".." && piece.text != ".") else { return nil }
        components.append(piece.text)
      }
      return components.isEmpty ? nil : PolicyPath(components)
    }
    components.reserveCapacity(6)
    var rest = text
    while true {
      let slash = rest.utf8.firstIndex(of: UInt8(ascii: "/")) ?? rest.endIndex
      if slash > rest.startIndex {
        let component = String(rest[..<slash])
        guard component != "..", component != "." else { return nil }
        components.append(component)
      }
      guard slash < rest.endIndex else { return components.isEmpty ? nil : PolicyPath(components) }
      rest = rest[rest.utf8.index(after: slash)...]
    }
  }

  /// `[tcp|udp] NAME:PORT`
  private static func endpoint(_ text: Substring) -> (Transport, String, UInt16)? {
    var last = text
    var transport = Transport.tcp
    if let space = text.utf8.firstIndex(of: UInt8(ascii: " ")) {
      guard let named = Transport(rawValue: String(text[..<space])) else { return nil }
      transport = named
      last = text[space...].trimmingSpaces
      guard !last.utf8.contains(UInt8(ascii: " ")) else { return nil }
    }
    guard let colon = last.utf8.lastIndex(of: UInt8(ascii: ":")) else { return nil }
    let digits = last[last.utf8.index(after: colon)...]
    // The initialiser takes a sign as well.
    guard digits.utf8.first != UInt8(ascii: "+"), let port = UInt16(digits) else { return nil }
    let name = String(last[..<colon])
    return name.isEmpty ? nil : (transport, name, port)
  }

  /// RFC 1123 labels joined by dots, or one dot for the root.
  private static func isHostName(_ name: String) -> Bool {
    if name == "." { return true }
    return name.utf8.count <= 253
      && name.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false).allSatisfy { label in
        !label.isEmpty && label.count <= 63
          && label.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
              UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"):
              true
            default: false
            }
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

extension Substring {
  fileprivate var trimmingSpaces: Substring {
    var bytes = utf8[...]
    while bytes.first == UInt8(ascii: " ") { bytes.removeFirst() }
    while bytes.last == UInt8(ascii: " ") { bytes.removeLast() }
    return Substring(bytes)
  }
}

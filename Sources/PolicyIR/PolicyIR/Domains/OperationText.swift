// The text form of an operation: one verb and one object. It is written in a manifest's `tests:`, and it is what a
// verdict, a denial and a witness say.

internal import Structures

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
      var path = object
      let read = path.withUTF8 { unsafe Operation(access, path: $0) }
      guard let read else { return nil }
      self = read
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

  /// A file operation on a path, which is given by its bytes, since each manifest has many: without wildcards, its
  /// components perhaps in quotes, repeated slashes being one, and `/` the tree's root.
  ///
  /// - Parameter root: the first component, when the path begins below it.
  package init?(_ access: FileAccess, below root: String? = nil, path: UnsafeBufferPointer<UInt8>) {
    var end = path.count
    while end > 0, unsafe path[end - 1] == UInt8(ascii: " ") { end -= 1 }
    let path = unsafe UnsafeBufferPointer(rebasing: path[..<end])
    guard let components = unsafe Operation.components(path, after: root) else { return nil }
    let isRoot = unsafe root == nil && end == 1 && path[0] == UInt8(ascii: "/")
    guard isRoot || !components.isEmpty else { return nil }
    self = .file(FileAuthority.Operation(access, PolicyPath(components)))
  }

  private static func components(_ path: UnsafeBufferPointer<UInt8>, after root: String?) -> [String]? {
    var components: [String] = []
    components.reserveCapacity(4)
    if let root { components.append(root) }
    var start = 0
    for index in 0...path.count {
      if index < path.count {
        let byte = unsafe path[index]
        if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") {
          return unsafe quoted(Substring(decoding: path, as: UTF8.self), after: root)
        }
        guard byte == UInt8(ascii: "/") else { continue }
      }
      if index > start {
        let component = unsafe String(decoding: UnsafeBufferPointer(rebasing: path[start..<index]), as: UTF8.self)
        guard component != "..", component != "." else { return nil }
        components.append(component)
      }
      start = index + 1
    }
    return components
  }

  private static func quoted(_ path: Substring, after root: String?) -> [String]? {
    guard let pieces = Quoting.split(path, at: "/") else { return nil }
    var components = root.map { [$0] } ?? []
    for piece in pieces where !piece.text.isEmpty || !piece.isBare {
      guard !piece.isBare || (piece.text != ".." && piece.text != ".") else { return nil }
      components.append(piece.text)
    }
    return components
  }

  /// `[tcp|udp] NAME:PORT`
  private static func endpoint(_ text: Substring) -> (Transport, String, UInt16)? {
    var text = text
    return text.withUTF8 { unsafe endpoint($0) }
  }

  private static func endpoint(_ text: UnsafeBufferPointer<UInt8>) -> (Transport, String, UInt16)? {
    var start = 0
    var transport = Transport.tcp
    if let space = unsafe text.firstIndex(of: UInt8(ascii: " ")) {
      guard let named = Transport(rawValue: unsafe String(decoding: text[..<space], as: UTF8.self)) else { return nil }
      transport = named
      start = space
      while unsafe start < text.count && text[start] == UInt8(ascii: " ") { start += 1 }
      guard unsafe !text[start...].contains(UInt8(ascii: " ")) else { return nil }
    }
    guard let colon = unsafe text.lastIndex(of: UInt8(ascii: ":")), colon > start, colon + 1 < text.count else {
      return nil
    }
    var port: UInt16 = 0
    for index in colon + 1..<text.count {
      let digit = unsafe text[index] &- UInt8(ascii: "0")
      let (tenfold, isTooLarge) = port.multipliedReportingOverflow(by: 10)
      let (sum, isOver) = tenfold.addingReportingOverflow(UInt16(digit))
      guard digit < 10, !isTooLarge, !isOver else { return nil }
      port = sum
    }
    return (transport, unsafe String(decoding: text[start..<colon], as: UTF8.self), port)
  }

  /// RFC 1123 labels joined by dots, or one dot for the root.
  private static func isHostName(_ name: String) -> Bool {
    if name == "." { return true }
    guard name.utf8.count <= 253 else { return false }
    var length = 0
    for byte in name.utf8 {
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"):
        length += 1
        guard length <= 63 else { return false }
      case UInt8(ascii: "."):
        guard length > 0 else { return false }
        length = 0
      default: return false
      }
    }
    return length > 0
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
    guard utf8.first == UInt8(ascii: " ") || utf8.last == UInt8(ascii: " ") else { return self }
    var bytes = utf8[...]
    while bytes.first == UInt8(ascii: " ") { bytes.removeFirst() }
    while bytes.last == UInt8(ascii: " ") { bytes.removeLast() }
    return Substring(bytes)
  }
}

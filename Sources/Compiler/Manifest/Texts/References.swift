internal import PolicyIR
internal import Text

/// A SHA-256 in hexadecimal.
struct HashText: TextValue {
  var hexadecimal: String

  package init(parsing text: String) throws(TextProblem) {
    let bare = text.hasPrefix("sha256:") ? String(text.dropFirst(7)) : text
    let note = "it is 64 characters from 0-9 and a-f, as `sha256sum` prints them"
    let skipped = text.utf8.count - bare.utf8.count
    if let range = bare.firstByte(where: { !$0.isHexadecimal }) {
      let lower = bare.lowercased()
      throw TextProblem(
        "not a hexadecimal digit in lower case", at: range.lowerBound + skipped..<range.upperBound + skipped,
        note: note,
        replacement: lower.utf8.count == 64 && lower.utf8.allSatisfy(\.isHexadecimal)
          ? text.prefix(skipped) + lower : nil)
    }
    guard bare.utf8.count == 64 else {
      throw TextProblem("it has \(bare.utf8.count) digits, expected 64", at: skipped..<text.utf8.count, note: note)
    }
    hexadecimal = bare
  }
}

/// An `https:` address, RFC 3986.
struct WebAddress: TextValue {
  var text: String

  package init(parsing text: String) throws(TextProblem) {
    guard text.hasPrefix("https://") else {
      let isPlain = text.hasPrefix("http://")
      throw TextProblem(
        "expected an address that begins with `https://`", at: isPlain ? 0..<7 : nil,
        replacement: isPlain ? "https://" + text.dropFirst(7) : nil)
    }
    guard !text.utf8.contains(where: { $0 <= 0x20 || $0 >= 0x7F }) else {
      throw TextProblem("only printable ASCII is allowed", note: "write other characters as `%XX`")
    }
    let authority = String(text.dropFirst(8).prefix { $0 != "/" && $0 != "?" && $0 != "#" })
    guard !authority.contains("@") else { throw TextProblem("an address never carries a password") }
    _ = try HostPattern(parsing: authority, at: 8, of: text)
    self.text = text
  }
}

/// Where an input of a build is: an `https:` address, or `file:` and a path, relative to the manifest or absolute.
struct InputAddress: TextValue {
  var text: String

  package init(parsing text: String) throws(TextProblem) {
    if text.hasPrefix("file:") {
      let path = String(text.dropFirst(5))
      let skipped = path.utf8.first == UInt8(ascii: "/") ? 1 : 0
      try PathComponents.check(Substring(path.utf8.dropFirst(skipped)), at: 5 + skipped, of: text)
    } else {
      guard text.hasPrefix("https://") else {
        let isPlain = text.hasPrefix("http://")
        throw TextProblem(
          "expected an address that begins with `https://` or `file:`", at: isPlain ? 0..<7 : nil,
          replacement: isPlain ? "https://" + text.dropFirst(7) : nil)
      }
      _ = try WebAddress(parsing: text)
    }
    self.text = text
  }
}

/// An address of mail by its outline: something, `@`, a host.
struct MailAddress: TextValue {
  var text: String

  package init(parsing text: String) throws(TextProblem) {
    let parts = text.parts(at: "@")
    guard parts.count == 2, !parts[0].isEmpty, !parts[0].hasByte(" ") else {
      throw TextProblem("expected `name@example.com`")
    }
    do throws(TextProblem) { _ = try HostPattern(parsing: String(parts[1])) } catch {
      throw TextProblem(
        "expected a host after the `@`", at: parts[0].utf8.count + 1..<max(text.utf8.count, parts[0].utf8.count + 2))
    }
    self.text = text
  }
}

/// Where a model's files come from.
struct ModelSource: TextValue, Hashable {
  /// Without the revision: `hf:org/name`.
  var location: String
  /// After `@`; empty when there is none.
  var revision: String

  package init(parsing text: String) throws(TextProblem) {
    let note = "sources are `hf:ORG/NAME@REVISION`, `https://…`, `file:PATH` and `oci:REGISTRY/NAME@sha256:…`"
    let (scheme, rest) = ModelSource.cut(text, at: ":")
    switch scheme {
    case "hf":
      let (name, revision) = ModelSource.cut(rest, at: "@")
      let parts = name.parts(at: "/")
      guard parts.count == 2, parts.allSatisfy({ !$0.isEmpty && $0.utf8.allSatisfy(ModelSource.isNameByte) }) else {
        throw TextProblem("expected ORG/NAME after `hf:`", note: note)
      }
      guard !revision.isEmpty else {
        throw TextProblem(
          "the revision is missing", note: "add `@` and a commit or a branch; `locara lock` resolves it to a commit",
          replacement: "hf:\(name)@main")
      }
      (location, self.revision) = ("hf:" + name, revision)
    case "https":
      _ = try WebAddress(parsing: text)
      (location, revision) = (text, "")
    case "file":
      guard !rest.isEmpty else { throw TextProblem("the path is missing", note: note) }
      if !rest.hasPrefix("/") { try PathComponents.check(rest, at: 5, of: text) }
      (location, revision) = (text, "")
    case "oci":
      let image = try ImageReference(parsing: text)
      (location, revision) = ("oci:" + image.name, image.digest)
    default:
      throw TextProblem("unknown kind of source", note: note)
    }
  }

  private static func isNameByte(_ byte: UInt8) -> Bool {
    byte.isLetter || byte.isDigit || "-_.".utf8.contains(byte)
  }

  static func cut(_ text: String, at separator: Unicode.Scalar) -> (String, String) {
    guard let index = text.utf8.firstIndex(of: UInt8(ascii: separator)) else { return (text, "") }
    return (String(text[..<index]), String(text[text.utf8.index(after: index)...]))
  }
}

/// `oci:REGISTRY/NAME@sha256:HEX`: an image by digest, never by tag alone.
struct ImageReference: TextValue {
  var name: String
  var digest: String

  package init(parsing text: String) throws(TextProblem) {
    guard text.hasPrefix("oci:") else { throw TextProblem("expected `oci:` first") }
    let (name, digest) = ModelSource.cut(String(text.dropFirst(4)), at: "@")
    guard !name.isEmpty, !name.contains(" ") else { throw TextProblem("the name is missing") }
    guard !digest.isEmpty else {
      throw TextProblem("the digest is missing", note: "a tag can move: pin the image with `@sha256:…`")
    }
    let hash = try HashText(parsing: digest, at: 5 + name.utf8.count, of: text)
    (self.name, self.digest) = (name, "sha256:" + hash.hexadecimal)
  }
}

/// The short form of a model: `all-minilm-l6-v2@sha256:HEX`.
struct ShortModel: TextValue {
  var id: String
  var hexadecimal: String

  package init(parsing text: String) throws(TextProblem) {
    let (id, digest) = ModelSource.cut(text, at: "@")
    guard digest.hasPrefix("sha256:") else {
      throw TextProblem(
        "expected ID@sha256:HEX", note: "or write a mapping with `id`, `role`, `source` and `files`")
    }
    self.id = try Identifier(parsing: id, at: 0, of: text).text
    hexadecimal = try HashText(parsing: digest, at: id.utf8.count + 1, of: text).hexadecimal
  }
}

/// An operation in the policy's words: `connect example.com:443`, `write app-data/notes.db`.
struct OperationText: TextValue {
  /// Each is what the words may mean: `~/Documents/x` is both the user's home and the user's documents.
  var operations: [Operation]

  package init(parsing text: String) throws(TextProblem) {
    var bytes = text
    guard let operations = bytes.withUTF8({ unsafe OperationText.readings($0) }) else {
      let verb = String(text.prefix(upTo: text.utf8.firstIndex(of: UInt8(ascii: " ")) ?? text.endIndex))
      guard Operation.verbs.contains(verb) else {
        throw TextProblem(
          "unknown verb", at: 0..<max(verb.utf8.count, 1), note: "verbs are " + Operation.verbs.joined(separator: ", "))
      }
      throw TextProblem(OperationText.expectation(of: verb), at: verb.utf8.count..<text.utf8.count)
    }
    self.operations = operations
    try OperationText.checkEndpoint(of: operations[0], in: text)
    if case .file(let file) = operations[0], !OperationText.isPlace(file.path) {
      throw TextProblem(
        "no such place", at: file.access.rawValue.utf8.count + 1..<text.utf8.count,
        note: "a path begins with `~/`, `/` or one of " + OperationText.roots.joined(separator: ", "))
    }
  }

  /// A statement about a host that cannot be, or about port 0, holds whatever the policy says.
  private static func checkEndpoint(of operation: Operation, in text: String) throws(TextProblem) {
    switch operation {
    case .connect, .listen: break
    default: return
    }
    // Most are as one expects, and seeing that is faster than reading them.
    if case .connect(let connect) = operation {
      switch connect.peer {
      case .host: if isPlainEndpoint(text) { return }
      case .address(.v4): if isPlainPort(text) { return }
      case .address(.v6): break
      }
    }
    let end = text.utf8.lastIndex { $0 != UInt8(ascii: " ") } ?? text.startIndex
    let start = text.utf8[..<end].lastIndex(of: UInt8(ascii: " ")) ?? text.startIndex
    let endpoint = text[text.utf8.index(after: start)...end]
    let offset = text.utf8.distance(from: text.startIndex, to: endpoint.startIndex)
    if case .connect = operation {
      _ = try HostPattern(parsing: endpoint, at: offset, of: text)
    } else {
      do throws(TextProblem) { _ = try HostPattern.splitPort(String(endpoint)) } catch {
        throw error.moved(from: endpoint, at: offset, of: text)
      }
    }
  }

  /// Whether the last word is labels that begin and end with a letter or a digit, the last with a letter in it, and a port
  /// that begins with no zero.
  private static func isPlainEndpoint(_ text: String) -> Bool {
    var previous = UInt8(ascii: " ")
    var hasLetter = false
    var isPort = false
    for byte in text.utf8 {
      switch byte {
      case UInt8(ascii: " "): (hasLetter, isPort) = (false, false)
      case UInt8(ascii: "."), UInt8(ascii: ":"):
        guard !isPort, previous.isLetter || previous.isDigit else { return false }
        if byte == UInt8(ascii: ":") {
          guard hasLetter else { return false }
          isPort = true
        } else {
          hasLetter = false
        }
      case UInt8(ascii: "-"):
        guard previous.isLetter || previous.isDigit || previous == byte else { return false }
      case UInt8(ascii: "0"): if isPort, !previous.isDigit { return false }
      default:
        if byte.isLetter { hasLetter = true } else if !byte.isDigit { return false }
      }
      previous = byte
    }
    return isPort && previous.isDigit
  }

  /// Whether what follows the last colon, which is known to be a number, begins with no zero.
  private static func isPlainPort(_ text: String) -> Bool {
    var previous = UInt8(ascii: " ")
    var isPlain = false
    for byte in text.utf8 {
      if previous == UInt8(ascii: ":") { isPlain = byte != UInt8(ascii: "0") }
      previous = byte
    }
    return isPlain
  }

  /// What a verb and its object may mean; nil when they mean nothing.
  private static func readings(_ text: UnsafeBufferPointer<UInt8>) -> [Operation]? {
    let space = unsafe text.firstIndex(of: UInt8(ascii: " ")) ?? text.count
    let verb = unsafe String(decoding: UnsafeBufferPointer(rebasing: text[..<space]), as: UTF8.self)
    let object = unsafe UnsafeBufferPointer(rebasing: text[min(space + 1, text.count)...])
    let isOfMachine = unsafe object.first == UInt8(ascii: "/")
    let isOfHome = unsafe object.count > 1 && object[0] == UInt8(ascii: "~") && object[1] == UInt8(ascii: "/")
    guard isOfMachine || isOfHome else {
      return unsafe Operation(verb: verb, object: Substring(decoding: object, as: UTF8.self)).map { [$0] }
    }
    guard let access = FileAccess(rawValue: verb) else {
      let written = unsafe String(decoding: object, as: UTF8.self)
      return Operation(verb: verb, object: isOfHome ? "home\(written.dropFirst())" : "host\(written)").map { [$0] }
    }
    guard isOfHome else { return unsafe Operation(access, below: "host", path: object).map { [$0] } }
    let path = unsafe UnsafeBufferPointer(rebasing: object[2...])
    guard let own = unsafe Operation(access, below: "home", path: path) else { return nil }
    let end = unsafe path.firstIndex(of: UInt8(ascii: "/")) ?? path.count
    let root = unsafe String(decoding: path[..<end], as: UTF8.self).lowercased()
    guard userDirectories.contains(root) else { return [own] }
    let below = unsafe UnsafeBufferPointer(rebasing: path[end...])
    return unsafe Operation(access, below: root, path: below).map { [own, $0] }
  }

  /// Whether a path begins with a root; one that has no component is the root of all.
  private static func isPlace(_ path: PolicyPath) -> Bool {
    guard let root = path.components.first else { return false }
    return roots.contains(root)
  }

  static let userDirectories = ["documents", "downloads", "pictures", "music", "videos", "desktop"]
  private static let roots = ["app", "app-data", "models", "user-selected"] + userDirectories + ["home", "host"]

  private static func expectation(of verb: String) -> String {
    switch verb {
    case "connect": "expected a host and a port: `connect example.com:443`"
    case "listen": "expected `loopback` or `any` and a port: `listen loopback:8080`"
    case "read", "write", "create", "remove": "expected a path such as `app-data/notes.db`"
    case "start": "expected `start thread`"
    case "use": "expected one of " + Device.allCases.map(\.rawValue).joined(separator: ", ")
    case "ipc": "expected one of " + IPCFacility.allCases.map(\.rawValue).joined(separator: ", ")
    case "notify": "expected one of " + NotificationMode.allCases.map(\.rawValue).joined(separator: ", ")
    case "background": "expected one of " + BackgroundMode.allCases.map(\.rawValue).joined(separator: ", ")
    case "serve": "expected one of " + ServedProtocol.allCases.map(\.rawValue).joined(separator: ", ")
    default: "expected an object after `\(verb)`"
    }
  }
}

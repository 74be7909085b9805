package import PolicyIR
internal import Schemas
internal import Text

/// An entry of `allowed_hosts`: a name, `*.` and a domain, an address or a prefix; then optionally `:` and a port.
package struct HostPattern: TextValue {
  package enum Peer: Sendable, Hashable {
    case name(String)
    /// Every name below this one.
    case below(String)
    case prefix(IPAddress, length: Int)
  }

  package var peer: Peer
  /// Nil when the entry names none.
  package var port: UInt16?

  package init(parsing text: String) throws(TextProblem) {
    guard !text.isEmpty else { throw TextProblem("it is empty") }
    if text.hasByte("/"), let scheme = text.range(of: "://") {
      let host = text[scheme.upperBound...].prefix { $0 != "/" }
      throw TextProblem(
        "a host, not a URL", note: "paths cannot be told apart by the kernel", replacement: String(host))
    }
    if let (name, port) = try HostPattern.splitPort(text) {
      self.port = port
      do throws(TextProblem) { peer = try HostPattern.peer(name) } catch {
        throw error.moved(from: name, at: 0, of: text)
      }
    } else {
      peer = try HostPattern.peer(text)
    }
  }

  private static func peer(_ text: String) throws(TextProblem) -> Peer {
    let bare = text.hasPrefix("[") && text.hasSuffix("]") ? String(text.dropFirst().dropLast()) : text
    if let address = IPAddress(bare) { return .prefix(address, length: address.width) }
    if bare.hasByte("/") {
      do throws(TextProblem) { return try prefix(bare) } catch {
        throw error.moved(from: bare, at: text == bare ? 0 : 1, of: text)
      }
    }
    if text == "*" {
      throw TextProblem(
        "there is no wildcard for everything", note: "name the hosts, or write `net: true` and have it seen in review")
    }
    if text.hasPrefix("*.") {
      let domain = try name(String(text.dropFirst(2)), offset: 2)
      guard PublicSuffixes.giver(ofNamesBelow: domain) != .registry else {
        throw TextProblem(
          "`\(domain)` is a public suffix, so this is whatever anybody registers below it",
          note: "name a domain, as in `*.example.\(domain)`, or write `net: true` and have it seen in review")
      }
      return .below(domain)
    }
    return .name(try name(text, offset: 0))
  }

  /// CIDR notation, RFC 4632 and RFC 4291.
  private static func prefix(_ text: String) throws(TextProblem) -> Peer {
    let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
    guard let address = IPAddress(String(parts[0])) else {
      throw TextProblem("a host has no path", replacement: String(parts[0]))
    }
    guard let length = Int(canonical: parts[1]), (0...address.width).contains(length) else {
      throw TextProblem(
        "expected a prefix length from 0 to \(address.width)", at: parts[0].utf8.count + 1..<text.utf8.count)
    }
    if length == 0 {
      throw TextProblem("this prefix is every address", note: "write `net: true` and have it seen in review")
    }
    guard !address.bits[length...].contains(true) else {
      throw TextProblem("bits after the prefix are not zero", note: "write the network's own address")
    }
    return .prefix(address, length: length)
  }

  /// RFC 1123, section 2.1, and RFC 1034, section 3.1.
  private static func name(_ text: String, offset: Int) throws(TextProblem) -> String {
    let text = text.utf8.last == UInt8(ascii: ".") && text.utf8.count > 1 ? String(text.dropLast()) : text
    guard text.utf8.allSatisfy({ $0 < 0x80 }) else {
      throw TextProblem("write the name in its ASCII form", note: "international names are sent as `xn--…` labels")
    }
    guard text.utf8.count <= 253 else { throw TextProblem("a host name has at most 253 characters") }
    var position = offset
    let labels = text.parts(at: ".")
    for label in labels {
      let range = position..<position + max(label.utf8.count, 1)
      guard !label.isEmpty else { throw TextProblem("a label is empty", at: range) }
      guard label.utf8.count <= 63 else { throw TextProblem("a label has at most 63 characters", at: range) }
      guard label != "*" else {
        throw TextProblem("`*` stands only at the beginning, for every name below", at: range)
      }
      guard label.utf8.allSatisfy({ $0.isLetter || $0.isDigit || $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: "_") }),
        label.utf8.first != UInt8(ascii: "-"), label.utf8.last != UInt8(ascii: "-")
      else { throw TextProblem("a label is of letters, digits and inner `-`", at: range) }
      position += label.utf8.count + 1
    }
    guard let last = labels.last, !last.utf8.allSatisfy(\.isDigit) else {
      throw TextProblem("this looks like an address and is none")
    }
    return text.lowercased()
  }

  /// Nil when there is no port: none written, or a version 6 address without brackets.
  static func splitPort(_ text: String) throws(TextProblem) -> (name: String, port: UInt16)? {
    guard let colon = text.utf8.lastIndex(of: UInt8(ascii: ":")) else { return nil }
    let name = text[..<colon]
    guard !name.hasByte(":") || name.hasSuffix("]") else { return nil }
    let digits = text[text.utf8.index(after: colon)...]
    let start = name.utf8.count + 1
    guard let port = UInt16(canonical: digits), port > 0 else {
      throw TextProblem("expected a port from 1 to 65535", at: start..<max(text.utf8.count, start + 1))
    }
    return (String(name), port)
  }
}

extension String {
  func range(of needle: String) -> Range<String.Index>? {
    guard let start = firstRange(of: needle) else { return nil }
    return start
  }
}

/// An entry of `listen`: a local address and a port, `127.0.0.1:8080`.
package struct ListenAddress: TextValue {
  package var scope: ListenAuthority.Scope
  package var port: UInt16

  package init(parsing text: String) throws(TextProblem) {
    let note =
      "loopback is `127.0.0.1:PORT`, `[::1]:PORT` or `localhost:PORT`; every address is `0.0.0.0:PORT` or `[::]:PORT`"
    guard let (name, port) = try HostPattern.splitPort(text) else {
      throw TextProblem("the port is missing", note: note)
    }
    switch name {
    case "127.0.0.1", "[::1]", "localhost": scope = .loopback
    case "0.0.0.0", "[::]": scope = .any
    default:
      throw TextProblem(
        "the app sees no other address of the machine", at: 0..<name.utf8.count, note: note,
        replacement: "127.0.0.1:\(port)")
    }
    self.port = port
  }
}

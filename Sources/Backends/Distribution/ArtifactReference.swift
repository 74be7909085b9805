// INVARIANT: this module speaks the OCI distribution protocol (distribution-spec 1.1) and knows nothing of what it carries.
// Every blob and manifest that comes in is checked against the digest that led to it before anybody else sees it.

package import Digests
package import SystemIO

/// Where an artifact is: `oci:HOST[:PORT]/NAME[:TAG][@DIGEST]` in a registry, or `dir:PATH[:TAG][@DIGEST]` in an OCI image
/// layout on disk, which needs no server.
package struct ArtifactReference: Hashable, Sendable, CustomStringConvertible {
  package enum Place: Hashable, Sendable {
    /// - Parameters:
    ///   - host: with its port when it has one.
    ///   - name: the repository, lower case, with slashes.
    case registry(host: String, name: String)
    case directory(String)
  }

  package var place: Place
  package var tag: String?
  package var digest: Digest?

  package init(place: Place, tag: String? = nil, digest: Digest? = nil) {
    self.place = place
    self.tag = tag
    self.digest = digest
  }

  /// Whether `text` is meant as a reference at all, rather than as a file.
  package static func isOne(_ text: String) -> Bool { text.hasPrefix("oci:") || text.hasPrefix("dir:") }

  /// - Throws: LB080 when it is not of one of the two forms.
  package init(_ text: String) throws(Failure) {
    var rest = Substring(text)
    func malformed(_ problem: String) -> Failure {
      Failure(
        "LB080", "`\(text)` is no reference: \(problem)",
        help: "write oci:HOST/NAME:TAG, oci:HOST/NAME@sha256:..., or dir:PATH:TAG")
    }
    let isRegistry = text.hasPrefix("oci:")
    guard isRegistry || text.hasPrefix("dir:") else { throw malformed("it begins neither with oci: nor with dir:") }
    rest = rest.dropFirst(4)
    if rest.hasPrefix("//") { rest = rest.dropFirst(isRegistry ? 2 : 0) }
    if let at = rest.lastIndex(of: "@") {
      guard let digest = Digest(rest[rest.index(after: at)...]) else {
        throw malformed("after the @ comes sha256: and 64 hexadecimal digits")
      }
      self.digest = digest
      rest = rest[..<at]
    }
    // A colon after the last slash begins the tag; before it, a port.
    let slash = rest.lastIndex(of: "/")
    if let colon = rest.lastIndex(of: ":"), slash.map({ $0 < colon }) ?? !isRegistry {
      let tag = String(rest[rest.index(after: colon)...])
      guard ArtifactReference.isTag(tag) else {
        throw malformed("a tag is 1 to 128 of letters, digits, `_`, `.` and `-`, and begins with none of the last two")
      }
      self.tag = tag
      rest = rest[..<colon]
    }
    guard isRegistry else {
      guard !rest.isEmpty else { throw malformed("the directory is missing") }
      place = .directory(String(rest))
      return
    }
    guard let first = rest.firstIndex(of: "/") else { throw malformed("expected a host, a slash and a name") }
    let host = String(rest[..<first])
    let name = String(rest[rest.index(after: first)...])
    guard ArtifactReference.isHost(host) else { throw malformed("`\(host)` is no host") }
    guard ArtifactReference.isName(name) else {
      throw malformed("a name is lower-case letters and digits, with single `.`, `_`, `-` and slashes between them")
    }
    place = .registry(host: host, name: name)
  }

  package var description: String {
    let rest = (tag.map { ":\($0)" } ?? "") + (digest.map { "@\($0)" } ?? "")
    switch place {
    case .registry(let host, let name): return "oci:\(host)/\(name)\(rest)"
    case .directory(let path): return "dir:\(path)\(rest)"
    }
  }

  /// distribution-spec, "Pulling manifests": `[a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}`.
  package static func isTag(_ text: String) -> Bool {
    guard (1...128).contains(text.utf8.count), let first = text.utf8.first, first != 0x2E, first != 0x2D else {
      return false
    }
    return text.utf8.allSatisfy { isAlphanumeric($0) || $0 == 0x5F || $0 == 0x2E || $0 == 0x2D }
  }

  /// distribution-spec: components of lower-case letters and digits, separated by `.`, `_`, `__` or dashes.
  private static func isName(_ text: String) -> Bool {
    guard (1...255).contains(text.utf8.count) else { return false }
    return text.split(separator: "/", omittingEmptySubsequences: false).allSatisfy { part in
      guard let first = part.utf8.first, let last = part.utf8.last, isLower(first), isLower(last) else { return false }
      return part.utf8.allSatisfy { isLower($0) || $0 == 0x5F || $0 == 0x2E || $0 == 0x2D } && !part.contains("..")
    }
  }

  private static func isHost(_ text: String) -> Bool {
    var name = Substring(text)
    if name.hasPrefix("["), let end = name.firstIndex(of: "]") {
      let port = name[name.index(after: end)...]
      guard name[..<end].dropFirst().utf8.allSatisfy({ $0 == 0x3A || isAlphanumeric($0) || $0 == 0x2E }) else {
        return false
      }
      return port.isEmpty || port.hasPrefix(":") && UInt16(port.dropFirst()) != nil
    }
    if let colon = name.lastIndex(of: ":") {
      guard UInt16(name[name.index(after: colon)...]) != nil else { return false }
      name = name[..<colon]
    }
    guard let first = name.utf8.first, isAlphanumeric(first), name.utf8.count <= 253 else { return false }
    return name.utf8.allSatisfy { isAlphanumeric($0) || $0 == 0x2D || $0 == 0x2E }
  }

  private static func isLower(_ byte: UInt8) -> Bool { (0x61...0x7A).contains(byte) || (0x30...0x39).contains(byte) }
  private static func isAlphanumeric(_ byte: UInt8) -> Bool { isLower(byte) || (0x41...0x5A).contains(byte) }
}

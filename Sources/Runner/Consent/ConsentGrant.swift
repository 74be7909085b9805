package import Digests
internal import SystemIO

/// What the launcher has to know of a consent, in one small file: which policy of which version may be started, and
/// whether it starts with less for a while. The whole record, with the policies, is for whoever asks (`Consent`).
package struct ConsentGrant: Hashable, Sendable {
  /// Until when a reduced plan takes the place of the bundle's.
  package struct CoolDown: Hashable, Sendable {
    /// Seconds since 1970-01-01 UTC.
    package var until: Int64
    /// Of the reduced plan's canonical JSON and of its filter, the files beside this one.
    package var plan: Digest
    package var filter: Digest

    package init(until: Int64, plan: Digest, filter: Digest) {
      self.until = until
      self.plan = plan
      self.filter = filter
    }
  }

  package var version: String
  package var policy: Digest
  package var coolDown: CoolDown?

  package init(version: String, policy: Digest, coolDown: CoolDown? = nil) {
    self.version = version
    self.policy = policy
    self.coolDown = coolDown
  }

  private static let magic = "locara consent 1"

  /// Lines of a word and a value; the last is the SHA-256 of those before it.
  package var bytes: [UInt8] {
    var lines = [ConsentGrant.magic, "version \(version)", "policy \(policy.hexadecimal)"]
    if let coolDown {
      lines += [
        "until \(coolDown.until)", "plan \(coolDown.plan.hexadecimal)", "filter \(coolDown.filter.hexadecimal)",
      ]
    }
    // Byte by byte: this is on the way of every start, and the generic ways cost the runtime a search for conformances.
    var bytes: [UInt8] = []
    func add(_ line: String) {
      bytes.append(contentsOf: line.utf8)
      bytes.append(UInt8(ascii: "\n"))
    }
    for line in lines { add(line) }
    add("sum \(Digest.of(bytes).hexadecimal)")
    return bytes
  }

  /// Nil for bytes that are not exactly what `bytes` writes: damaged records grant nothing.
  package init?(parsing bytes: [UInt8]) {
    let lines = String(decoding: bytes, as: UTF8.self).split(separator: "\n", omittingEmptySubsequences: false)
    guard lines.first == ConsentGrant.magic[...] else { return nil }
    var values: [Substring: String] = [:]
    for line in lines.dropFirst() {
      guard let space = line.firstIndex(of: " ") else { continue }
      values[line[..<space]] = String(line[line.index(after: space)...])
    }
    guard let version = values["version"], let policy = values["policy"].flatMap({ Digest(hexadecimal: $0) }) else {
      return nil
    }
    self.init(version: version, policy: policy)
    if let until = values["until"].flatMap({ Int64($0) }),
      let plan = values["plan"].flatMap({ Digest(hexadecimal: $0) }),
      let filter = values["filter"].flatMap({ Digest(hexadecimal: $0) })
    {
      coolDown = CoolDown(until: until, plan: plan, filter: filter)
    }
    guard self.bytes == bytes else { return nil }
  }
}

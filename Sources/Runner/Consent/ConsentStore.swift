// INVARIANT: this module keeps and compares what a user agreed to. It shows nothing and starts nothing.

internal import CanonicalJSON
package import Digests
package import PolicyIR
package import SystemIO

/// What this user agreed to, below `$XDG_STATE_HOME/locara/consent`:
///
///     PUBLISHER/NAME.json     the whole record: the policies that were agreed to
///     PUBLISHER/NAME.grant    what the launcher reads: ConsentGrant
///     PUBLISHER/NAME.plan     while a cool-down lasts, the plan that is used meanwhile
///     PUBLISHER/NAME.filter   and its system-call filter
///
/// Each is written aside, synced and renamed. The grant comes last, and names the others by digest: whatever is
/// interrupted leaves the earlier grant, or one that does not fit and is asked for again.
package struct ConsentStore: Sendable {
  package let root: String

  package init(root: String) { self.root = root }

  /// The store of this user, by the XDG Base Directory Specification.
  ///
  /// - Throws: LX006 when neither variable says where.
  package static func ofUser() throws(Failure) -> ConsentStore {
    ConsentStore(root: "\(try UserDirectories.state())/consent")
  }

  /// - Throws: LR037 for a name that cannot name a file.
  private func path(_ publisher: String, _ name: String, _ suffix: String) throws(Failure) -> String {
    for part in [publisher, name] where part.isEmpty || part.contains("/") || part.hasPrefix(".") {
      throw Failure("LR037", "the bundle's name cannot name a file: `\(part)`", path: root)
    }
    return "\(root)/\(publisher)/\(name).\(suffix)"
  }

  // MARK: The grant

  /// Where the grant of an app is, or would be.
  ///
  /// - Throws: LR037 for a name that cannot name a file.
  package func grantPath(publisher: String, name: String) throws(Failure) -> String {
    try path(publisher, name, "grant")
  }

  /// What may be started without asking anybody; nil when nothing was agreed to.
  ///
  /// - Parameter expected: what it says nearly always; comparing is quicker than reading.
  /// - Throws: LP009 when the record is damaged: then nothing is taken as agreed to.
  package func grant(
    publisher: String, name: String, expecting expected: ConsentGrant? = nil
  ) throws(Failure) -> ConsentGrant? {
    let path = try grantPath(publisher: publisher, name: name)
    let bytes: [UInt8]
    do throws(Failure) { bytes = try Files.read(path, limit: 4096) } catch {
      if error.code == "LX007" || !Files.exists(path) { return nil }
      throw error
    }
    if let expected, expected.bytes == bytes { return expected }
    guard let grant = ConsentGrant(parsing: bytes) else {
      throw damaged(publisher, name, "it is not as it was written", path: path)
    }
    return grant
  }

  /// A file that a cool-down names, with the bytes that it had when it was written.
  ///
  /// - Throws: LP009 when it is damaged.
  package func reduced(_ suffix: String, publisher: String, name: String, digest: Digest) throws(Failure) -> [UInt8] {
    let path = try path(publisher, name, suffix)
    let bytes = try Files.read(path, limit: 64 << 20)
    guard Digest.of(bytes) == digest else {
      throw damaged(publisher, name, "its reduced \(suffix) is not as it was written", path: path)
    }
    return bytes
  }

  private func damaged(_ publisher: String, _ name: String, _ problem: String, path: String) -> Failure {
    Failure(
      "LP009", "the record of what you agreed to for \(publisher)/\(name) is damaged: \(problem)", path: path,
      help: "`locara consent forget \(publisher)/\(name)` removes it; the next start is then a first one")
  }

  // MARK: The whole record

  /// What was agreed to for an app; nil when nothing was.
  ///
  /// - Throws: LP009 when the record is malformed: then nothing is taken as agreed to.
  package func read(publisher: String, name: String) throws(Failure) -> Consent? {
    let path = try path(publisher, name, "json")
    guard Files.exists(path) else { return nil }
    let bytes = try Files.read(path, limit: 64 << 20)
    let problem: String
    do throws(JSONError) {
      let json = try JSON(parsing: bytes, limits: JSONLimits(bytes: 64 << 20))
      do throws(PolicyFormatError) {
        let consent = try Consent(json: json)
        if (consent.app.id.publisher, consent.app.id.name) == (publisher, name) { return consent }
        problem = "it is of \(consent.app.id.publisher)/\(consent.app.id.name)"
      } catch { problem = error.description }
    } catch { problem = error.description }
    throw damaged(publisher, name, problem, path: path)
  }

  /// Records what was agreed to.
  ///
  /// - Parameter reduced: what the update starts with until `consent.pending` counts; nil when nothing waits.
  package func write(_ consent: Consent, reduced: (plan: [UInt8], filter: [UInt8])? = nil) throws(Failure) {
    let id = consent.app.id
    try Directories.create(Files.parent(of: try path(id.publisher, id.name, "json")), mode: 0o700)
    var grant = ConsentGrant(version: id.version, policy: consent.app.policy.digest)
    if let pending = consent.pending, let reduced {
      grant = ConsentGrant(
        version: pending.app.id.version, policy: pending.app.policy.digest,
        coolDown: ConsentGrant.CoolDown(
          until: pending.from, plan: Digest.of(reduced.plan), filter: Digest.of(reduced.filter)))
      try Files.replace(try path(id.publisher, id.name, "plan"), with: reduced.plan, mode: 0o600)
      try Files.replace(try path(id.publisher, id.name, "filter"), with: reduced.filter, mode: 0o600)
    }
    try Files.replace(try path(id.publisher, id.name, "json"), with: consent.json.prettyBytes, mode: 0o600)
    try Files.replace(try path(id.publisher, id.name, "grant"), with: grant.bytes, mode: 0o600)
    guard grant.coolDown == nil else { return }
    for suffix in ["plan", "filter"] { try Files.remove(try path(id.publisher, id.name, suffix)) }
  }

  /// Removes what was agreed to for an app, damaged or not.
  ///
  /// - Returns: whether there was anything.
  package func forget(publisher: String, name: String) throws(Failure) -> Bool {
    var found = false
    for suffix in ["grant", "json", "plan", "filter"] {
      let path = try path(publisher, name, suffix)
      found = found || Files.exists(path)
      try Files.remove(path)
    }
    return found
  }

  /// The apps that something is recorded for, `PUBLISHER/NAME`, sorted.
  package func apps() throws(Failure) -> [String] {
    guard Files.isDirectory(root) else { return [] }
    var found: [String] = []
    for publisher in try Directories.names(in: root) where Files.isDirectory("\(root)/\(publisher)") {
      for file in try Directories.names(in: "\(root)/\(publisher)") where file.hasSuffix(".json") {
        found.append("\(publisher)/\(file.dropLast(".json".count))")
      }
    }
    return found.sorted()
  }
}

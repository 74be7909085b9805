internal import CanonicalJSON
package import PolicyIR
package import SystemIO

/// What this user agreed to, one file an app: `$XDG_STATE_HOME/locara/consent/PUBLISHER/NAME.json`.
package struct ConsentStore {
  package let root: String

  package init(root: String) { self.root = root }

  /// The store of this user, by the XDG Base Directory Specification.
  ///
  /// - Throws: LX006 when neither variable says where.
  package static func ofUser() throws(Failure) -> ConsentStore {
    if let state = Environment.value("XDG_STATE_HOME"), state.hasPrefix("/") {
      return ConsentStore(root: "\(state)/locara/consent")
    }
    guard let home = Environment.value("HOME"), home.hasPrefix("/") else {
      throw Failure(
        "LX006", "cannot tell where this user's state belongs: neither XDG_STATE_HOME nor HOME is an absolute path",
        help: "set HOME")
    }
    return ConsentStore(root: "\(home)/.local/state/locara/consent")
  }

  private func path(_ id: AppID) -> String { "\(root)/\(id.publisher)/\(id.name).json" }

  /// What was agreed to for an app; nil when nothing was.
  ///
  /// - Throws: LP009 when the record is malformed: then nothing is taken as agreed to.
  package func read(_ id: AppID) throws(Failure) -> Consent? {
    let path = path(id)
    guard Files.exists(path) else { return nil }
    let bytes = try Files.read(path, limit: 64 << 20)
    let problem: String
    do throws(JSONError) {
      let json = try JSON(parsing: bytes, limits: JSONLimits(bytes: 64 << 20))
      do throws(PolicyFormatError) { return try Consent(json: json) } catch { problem = error.description }
    } catch { problem = error.description }
    throw Failure(
      "LP009", "the record of what you agreed to is malformed: \(problem)", path: path,
      help: "remove the file; the next start asks again")
  }

  package func write(_ consent: Consent) throws(Failure) {
    let path = path(consent.app.id)
    try Directories.create(Files.parent(of: path), mode: 0o700)
    try Files.replace(path, with: consent.json.prettyBytes, mode: 0o600)
  }
}

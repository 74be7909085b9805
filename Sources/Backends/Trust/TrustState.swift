internal import BundleFormat
internal import CanonicalJSON
internal import Digests
package import SystemIO

/// What this user accepted before, so that an old bundle or an old list is noticed:
/// `$XDG_STATE_HOME/locara/trust/versions/PUBLISHER/NAME.json` and `revocations.dsse.json`.
package struct TrustState: Sendable {
  package let root: String

  package init(root: String) { self.root = root }

  /// The state of this user, by the XDG Base Directory Specification.
  ///
  /// - Throws: LX006 when neither variable says where.
  package static func ofUser() throws(Failure) -> TrustState {
    TrustState(root: "\(try UserDirectories.state())/trust")
  }

  private var listPath: String { "\(root)/revocations.dsse.json" }

  /// The last list that was kept, verified again; nil when there is none.
  func lastRevocations(signedBy source: TrustPolicy.Revocations) throws(Failure) -> RevocationList? {
    guard Files.exists(listPath) else { return nil }
    return try RevocationList(
      verifying: try Files.read(listPath, limit: RevocationList.limit), by: source, path: listPath)
  }

  func keep(revocations bytes: [UInt8]) throws(Failure) {
    try Directories.create(root, mode: 0o700)
    try Files.replace(listPath, with: bytes, mode: 0o600)
  }

  /// Refuses a version that goes back; records one that goes on.
  ///
  /// - Parameter minimum: the oldest version that the trust file accepts.
  func accept(
    _ configuration: BundleConfiguration, digest: Digest, minimum: String?, allowDowngrade: Bool
  ) throws(Failure) {
    // Both are names of files from here on.
    guard [configuration.publisher, configuration.name].allSatisfy(TrustState.isName),
      let version = VersionPrecedence(configuration.version)
    else {
      throw Failure("LB007", "the bundle's name or version is malformed: \(configuration.identifier)")
    }
    if let minimum, let least = VersionPrecedence(minimum), version < least {
      throw Failure(
        "LB036", "version \(configuration.version) is older than \(minimum), which the trust file asks for",
        help: "get a newer version")
    }
    let path = "\(root)/versions/\(configuration.publisher)/\(configuration.name).json"
    if let last = try read(path), !allowDowngrade, let known = VersionPrecedence(last.version) {
      if version < known {
        throw Failure(
          "LB036", "version \(configuration.version) is older than \(last.version), which was accepted before",
          path: path, help: "an old version may bring old faults back; when you mean it, say --allow-downgrade")
      }
      guard configuration.version != last.version || digest == last.digest else {
        throw Failure(
          "LB036", "another bundle was accepted as version \(last.version) before: \(last.digest)", path: path,
          help: "a version is published once; when you mean it, say --allow-downgrade")
      }
      if version == known, digest == last.digest { return }
    }
    let record: JSON = ["version": .string(configuration.version), "digest": .string(digest.description)]
    try Directories.create(Files.parent(of: path), mode: 0o700)
    try Files.replace(path, with: record.prettyBytes, mode: 0o600)
  }

  private func read(_ path: String) throws(Failure) -> (version: String, digest: Digest)? {
    guard Files.exists(path) else { return nil }
    let json = try? JSON(
      parsing: try Files.read(path, limit: 4096), limits: JSONLimits(bytes: 4096, depth: 2, values: 8))
    guard let version = json?["version"]?.stringValue, VersionPrecedence(version) != nil,
      let digest = json?["digest"]?.stringValue.flatMap({ Digest($0) })
    else {
      throw Failure(
        "LB037", "the record of the version that was accepted last is malformed", path: path,
        help: "remove the file; older versions are then no longer noticed until the next one is accepted")
    }
    return (version, digest)
  }

  private static func isName(_ text: String) -> Bool {
    !text.isEmpty && text.utf8.count <= 128 && !text.hasPrefix(".")
      && text.utf8.allSatisfy { byte in
        (0x30...0x39).contains(byte) || (0x61...0x7A).contains(byte) || (0x41...0x5A).contains(byte)
          || [0x2D, 0x2E, 0x5F].contains(byte)
      }
  }
}

package import CanonicalJSON
internal import Diagnostics
package import Signing
package import SystemIO
internal import Text

/// `trust.yaml`: whose bundles a user accepts.
///
///     publishers:
///       acme:
///         keys: [acme.pub, backup.pub]     # files beside this one, or the base64 of a PEM public key
///         threshold: 2                     # 1 when left out
///         expires: 2027-12-31              # last day; may be left out
///         minimum-versions: {notes: 1.4.0} # may be left out
///     revocations:                         # may be left out
///       keys: [root.pub]
///       threshold: 1
///       list: revocations.dsse.json        # where newer lists are found; may be left out
package struct TrustPolicy: Hashable, Sendable {
  package struct Publisher: Hashable, Sendable {
    package let name: String
    package let keys: [PublicKey]
    package let threshold: Int
    package let expires: String?
    /// The oldest version that is accepted, by app.
    package let minimums: [String: String]
  }

  package struct Revocations: Hashable, Sendable {
    package let keys: [PublicKey]
    package let threshold: Int
    package let list: String?
  }

  /// The file that it was read from.
  package let path: String
  /// In order of name.
  package let publishers: [Publisher]
  package let revocations: Revocations?

  /// Bytes that the file, and a key's file, may have at the most.
  private static let limit = 1 << 20
  private static let keyLimit = 4096

  /// The trust file of this user: `$XDG_CONFIG_HOME/locara/trust.yaml`, else below `~/.config`; nil when neither
  /// variable says where.
  package static var userPath: String? {
    (try? UserDirectories.configuration()).map { "\($0)/trust.yaml" }
  }

  /// - Throws: LB037 when the file is not of this form, with the place; LB020 for a key that is none.
  package init(reading path: String) throws(Failure) {
    let source = Source(path: path, bytes: try Files.read(path, limit: TrustPolicy.limit))
    let tree = SyntaxTree(parsing: source)
    if let error = tree.diagnostics.first(where: { $0.severity == .error }) {
      let position = source.position(of: error.primary.span.start)
      throw TrustPolicy.malformed(error.headline, path: "\(path):\(position.line):\(position.column)")
    }
    self.path = path
    let document: TrustDocument
    do throws(DocumentError) { document = try TrustDocument(DocumentReader(tree.json)) } catch let error {
      throw TrustPolicy.malformed("\(error)", path: path)
    }
    let directory = Files.parent(of: path)
    var publishers: [Publisher] = []
    for entry in document.publishers {
      publishers.append(
        Publisher(
          name: entry.name, keys: try TrustPolicy.keys(entry.signers, directory, path: path),
          threshold: entry.signers.threshold, expires: entry.expires, minimums: entry.minimums))
    }
    self.publishers = publishers
    guard let signers = document.revocations else {
      revocations = nil
      return
    }
    revocations = Revocations(
      keys: try TrustPolicy.keys(signers, directory, path: path), threshold: signers.threshold,
      list: document.list.map { TrustPolicy.resolved($0, in: directory) })
  }

  /// What `locara trust show --format json` prints.
  package var json: JSON {
    let list = publishers.map { publisher -> JSON in
      [
        "name": .string(publisher.name), "threshold": .integer(Int64(publisher.threshold)),
        "keys": .array(publisher.keys.map { .string($0.identifier) }),
        "expires": publisher.expires.map(JSON.string) ?? .null,
        "minimumVersions": .object(publisher.minimums.mapValues(JSON.string)),
      ]
    }
    var members: [String: JSON] = ["formatVersion": 1, "publishers": .array(list)]
    if let revocations {
      members["revocations"] = [
        "threshold": .integer(Int64(revocations.threshold)),
        "keys": .array(revocations.keys.map { .string($0.identifier) }),
        "list": revocations.list.map(JSON.string) ?? .null,
      ]
    }
    return .object(members)
  }

  private static func resolved(_ name: String, in directory: String) -> String {
    name.hasPrefix("/") ? name : "\(directory)/\(name)"
  }

  private static func keys(
    _ signers: TrustDocument.Signers, _ directory: String, path: String
  ) throws(Failure) -> [PublicKey] {
    var keys: [PublicKey] = []
    for name in signers.keys {
      let key: PublicKey
      // The base64 of every Ed25519 key begins like this, and no sensible file name does.
      if name.hasPrefix("MCowBQYDK2VwAyEA") {
        key = try PublicKey(pem: "-----BEGIN PUBLIC KEY-----\n\(name)\n-----END PUBLIC KEY-----\n", path: path)
      } else {
        let file = resolved(name, in: directory)
        key = try PublicKey(reading: String(decoding: try Files.read(file, limit: keyLimit), as: UTF8.self), path: file)
      }
      guard !keys.contains(key) else { throw malformed("the key \(name) is there twice", path: path) }
      keys.append(key)
    }
    guard signers.threshold <= keys.count else {
      throw malformed("\(signers.threshold) of \(keys.count) keys can never sign", path: path)
    }
    return keys
  }

  private static func malformed(_ problem: String, path: String) -> Failure {
    Failure(
      "LB037", "the trust file is refused: \(problem)", path: path,
      help: "`locara trust --help` shows a trust file; a part that is not understood is never skipped")
  }
}

/// The document as it is written, before keys are read.
private struct TrustDocument {
  struct Signers {
    var keys: [String]
    var threshold: Int

    init(_ members: DocumentReader.Members) throws(DocumentError) {
      keys = try members["keys"].strings()
      guard !keys.isEmpty, keys.count <= 64 else { throw members["keys"].error("expected 1 to 64 keys") }
      threshold = Int(try members.optional("threshold")?.integer(1...64) ?? 1)
    }
  }

  struct Entry {
    var name: String
    var signers: Signers
    var expires: String?
    var minimums: [String: String] = [:]
  }

  var publishers: [Entry] = []
  var revocations: Signers?
  var list: String?

  init(_ reader: DocumentReader) throws(DocumentError) {
    let members = try reader.members("publishers", "revocations?")
    for (name, value) in try members["publishers"].named() {
      let parts = try value.members("keys", "threshold?", "expires?", "minimum-versions?")
      var entry = Entry(name: name, signers: try Signers(parts), expires: try parts.optional("expires")?.string())
      if let day = entry.expires, !Day.isOne(day) { throw parts["expires"].error("expected YYYY-MM-DD") }
      for (app, version) in try parts.optional("minimum-versions")?.named() ?? [] {
        let text = try version.string()
        guard VersionPrecedence(text) != nil else { throw version.error("expected a version such as 1.4.0") }
        entry.minimums[app] = text
      }
      publishers.append(entry)
    }
    guard let section = members.optional("revocations") else { return }
    let parts = try section.members("keys", "threshold?", "list?")
    revocations = try Signers(parts)
    list = try parts.optional("list")?.string()
  }
}

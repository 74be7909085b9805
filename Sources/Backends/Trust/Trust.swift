// INVARIANT: this module decides whose bundles a user accepts. It reads keys, lists and what was seen before, and says yes
// or throws; it never asks a network, and nothing that it reads is believed before a trusted key signed it.

package import BundleFormat
package import Digests
package import Signing
package import SystemIO

/// What was found out about a bundle that is trusted.
package struct TrustVerdict: Hashable, Sendable {
  /// `publisher/name@version`
  package let identifier: String
  package let digest: Digest
  /// The trusted keys that signed, in the order of the trust file.
  package let signers: [PublicKey]
  /// Serial number of the revocation list that was obeyed; nil when the trust file asks for none.
  package let revocationSerial: Int64?
  /// What the user should know though it is no reason to refuse.
  package let notes: [String]
}

/// Decides by a trust file, the revocation list, and what this user accepted before.
package struct TrustDecision {
  package let policy: TrustPolicy
  package let state: TrustState
  /// `YYYY-MM-DD`, UTC.
  package let today: String

  package init(policy: TrustPolicy, state: TrustState, today: String) {
    self.policy = policy
    self.state = state
    self.today = today
  }

  /// Decides about an open bundle, whose digests are therefore right.
  ///
  /// On success the version is recorded, so that an older one is refused from now on.
  /// - Parameters:
  ///   - revocations: a list to look at besides the one that the trust file names; nil for none.
  ///   - allowDowngrade: accept an older version than was accepted before.
  /// - Throws: LB022 to LB024 for the signature; LB030 publisher not trusted; LB031 trust expired; LB032 to LB034 for
  ///   the revocation list; LB035 revoked; LB036 a version that goes back.
  package func decide(
    _ bundle: Bundle, envelopes: [(envelope: Envelope, path: String)], revocations: String? = nil,
    allowDowngrade: Bool = false
  ) throws(Failure) -> TrustVerdict {
    let configuration = bundle.configuration
    guard let publisher = policy.publishers.first(where: { $0.name == configuration.publisher }) else {
      throw Failure(
        "LB030", "nobody you trust may publish as \(configuration.publisher)", path: bundle.path,
        help:
          "when you trust that publisher, add its keys to \(policy.path) under publishers.\(configuration.publisher)")
    }
    if let expires = publisher.expires, expires < today {
      throw Failure(
        "LB031", "the trust in \(publisher.name) ended on \(expires)", path: policy.path,
        help: "ask the publisher whether the keys are still right, then set a later day")
    }
    let list = try currentRevocations(also: revocations)
    if list?.bundles.contains(bundle.digest) == true {
      throw Failure(
        "LB035", "this bundle was revoked: \(bundle.digest)", path: bundle.path,
        help: "do not run it; get a newer version from the publisher")
    }
    let revoked = Set(list?.keys ?? [])
    let trusted = publisher.keys.filter { !revoked.contains($0.identifier) }
    var notes: [String] = []
    for key in publisher.keys where revoked.contains(key.identifier) {
      notes.append("key \(key.identifier) is revoked")
    }
    let signers = try signers(of: bundle, among: trusted, threshold: publisher.threshold, envelopes)
    try state.accept(
      configuration, digest: bundle.digest, minimum: publisher.minimums[configuration.name],
      allowDowngrade: allowDowngrade)
    return TrustVerdict(
      identifier: configuration.identifier, digest: bundle.digest, signers: signers, revocationSerial: list?.serial,
      notes: notes)
  }

  /// The same for signatures as they came: what is no envelope, such as a signature of minisign, says nothing of provenance
  /// and is passed over.
  ///
  /// - Parameter signatures: bytes, and what they are called in messages.
  /// - Throws: also LB023 for an envelope that is malformed.
  package func decide(
    _ bundle: Bundle, signatures: [(bytes: [UInt8], path: String)], revocations: String? = nil,
    allowDowngrade: Bool = false
  ) throws(Failure) -> TrustVerdict {
    var envelopes: [(envelope: Envelope, path: String)] = []
    for (bytes, path) in signatures where !Minisignature.isOne(bytes) {
      envelopes.append((envelope: try Envelope(parsing: bytes, path: path), path: path))
    }
    return try decide(bundle, envelopes: envelopes, revocations: revocations, allowDowngrade: allowDowngrade)
  }

  /// The keys among `trusted` that signed the bundle's provenance, over all envelopes together.
  private func signers(
    of bundle: Bundle, among trusted: [PublicKey], threshold: Int, _ envelopes: [(envelope: Envelope, path: String)]
  ) throws(Failure) -> [PublicKey] {
    guard !envelopes.isEmpty else {
      throw Failure(
        "LB022", "the bundle has no signature, and \(threshold) must be there", path: bundle.path,
        help: "get the signatures from where the bundle came from, or name them with --signature")
    }
    var found: Set<PublicKey> = []
    var refusal: Failure?
    for (envelope, path) in envelopes {
      for key in trusted {
        do throws(Failure) {
          let statement = try bundle.verify(envelope, keys: [key], envelopePath: path)
          // A trusted key may have signed other things about the same bundle, such as that it is vulnerable.
          guard statement.predicateType == Provenance.predicateType else { continue }
          found.insert(key)
        } catch let failure {
          if refusal == nil || failure.code != "LB022" { refusal = failure }
        }
      }
    }
    guard found.count >= threshold else {
      // With nothing right at all, what was wrong tells more than how many are missing.
      if found.isEmpty, let refusal, refusal.code != "LB022" { throw refusal }
      throw Failure(
        "LB022",
        "\(found.count) of \(trusted.count) keys that are trusted for \(bundle.configuration.publisher) signed this, and"
          + " \(threshold) must",
        path: bundle.path, help: "get the missing signatures; one that is older than a new key must be made again")
    }
    return trusted.filter(found.contains)
  }

  /// The newest list that is signed as the trust file asks; what was seen last is used when there is no other.
  private func currentRevocations(also path: String?) throws(Failure) -> RevocationList? {
    guard let source = policy.revocations else {
      guard let path else { return nil }
      throw Failure(
        "LB032", "the trust file does not say who may revoke", path: policy.path,
        help: "add the keys under revocations.keys, or leave \(path) out")
    }
    var newest = try state.lastRevocations(signedBy: source)
    let named = [path, source.list].compactMap { $0 }
    for (index, file) in named.enumerated() {
      // The usual place may be empty as long as there is a copy; a file that somebody names must be there.
      if !(index == 0 && path != nil), !Files.exists(file) { continue }
      let bytes = try Files.read(file, limit: RevocationList.limit)
      let list = try RevocationList(verifying: bytes, by: source, path: file)
      if let known = newest, list.serial < known.serial {
        throw Failure(
          "LB033", "the revocation list has number \(list.serial), and number \(known.serial) was seen before",
          path: file, help: "somebody gave you an old list; get the newest one")
      }
      if newest.map({ list.serial > $0.serial }) ?? true {
        try state.keep(revocations: bytes)
        newest = list
      }
    }
    guard let newest else {
      throw Failure(
        "LB034", "the trust file asks for a revocation list, and none was ever seen", path: policy.path,
        help: "name one with --revocations FILE; the copy is kept from then on")
    }
    guard newest.expires >= today else {
      throw Failure(
        "LB034", "the newest revocation list that is known ended on \(newest.expires)", path: policy.path,
        help: "get a newer list and name it with --revocations FILE; without one a revoked key would go unnoticed")
    }
    return newest
  }
}

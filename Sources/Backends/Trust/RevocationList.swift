internal import CanonicalJSON
package import Digests
internal import Signing
package import SystemIO

/// Keys and bundles that must not be accepted any more: a DSSE envelope around one canonical JSON document.
package struct RevocationList: Hashable, Sendable {
  package static let payloadType = "application/vnd.locara.revocations.v1+json"
  /// Bytes that a list may have at the most.
  package static let limit = 8 << 20

  /// Counts up with each list; a smaller one is an old list.
  package let serial: Int64
  /// Last day on which the list may be relied on, `YYYY-MM-DD`, UTC.
  package let expires: String
  /// Identifiers of keys, sorted.
  package let keys: [String]
  /// Digests of bundles, sorted.
  package let bundles: [Digest]

  package init(serial: Int64, expires: String, keys: [String], bundles: [Digest]) {
    self.serial = serial
    self.expires = expires
    self.keys = Array(Set(keys)).sorted()
    self.bundles = Array(Set(bundles)).sorted()
  }

  /// Reads a list that enough of the trust file's keys signed.
  ///
  /// - Throws: LB032 when it is malformed or not signed so.
  package init(verifying bytes: [UInt8], by source: TrustPolicy.Revocations, path: String) throws(Failure) {
    let payload: [UInt8]
    do throws(Failure) {
      let envelope = try Envelope(parsing: bytes, path: path)
      guard envelope.payloadType == RevocationList.payloadType else {
        throw RevocationList.malformed("it is of type \(envelope.payloadType)", path: path)
      }
      payload = try envelope.verified(by: source.keys, threshold: source.threshold, path: path)
    } catch let failure {
      throw Failure("LB032", "the revocation list is refused: \(failure.message)", path: path, help: failure.help)
    }
    try self.init(payload: payload, path: path)
  }

  /// Reads the document itself, whoever signed it: to make the next one.
  package init(payload: [UInt8], path: String) throws(Failure) {
    let problem: String
    do throws(JSONError) {
      let json = try JSON(parsing: payload, limits: JSONLimits(bytes: RevocationList.limit, depth: 3, values: 200_000))
      do throws(DocumentError) {
        let members = try DocumentReader(json).members("formatVersion", "serial", "expires", "keys", "bundles")
        _ = try members["formatVersion"].integer(1...1)
        let day = try members["expires"].string()
        guard Day.isOne(day) else { throw members["expires"].error("expected YYYY-MM-DD") }
        self.init(
          serial: try members["serial"].integer(1...Int64.max), expires: day,
          keys: try members["keys"].list { reader throws(DocumentError) in
            let text = try reader.string()
            guard Digest(hexadecimal: text) != nil else { throw reader.error("expected 64 hexadecimal digits") }
            return text
          },
          bundles: try members["bundles"].list { reader throws(DocumentError) in
            guard let digest = Digest(try reader.string()) else { throw reader.error("expected sha256: and 64 digits") }
            return digest
          })
        return
      } catch { problem = error.description }
    } catch { problem = "\(error)" }
    throw RevocationList.malformed(problem, path: path)
  }

  package var payload: [UInt8] {
    let document: JSON = [
      "formatVersion": 1, "serial": .integer(serial), "expires": .string(expires),
      "keys": .array(keys.map(JSON.string)), "bundles": .array(bundles.map { .string($0.description) }),
    ]
    return document.canonicalBytes
  }

  private static func malformed(_ problem: String, path: String) -> Failure {
    Failure(
      "LB032", "the revocation list is malformed: \(problem)", path: path,
      help: "`locara trust revoke` writes such lists; get it again from where it came from")
  }
}

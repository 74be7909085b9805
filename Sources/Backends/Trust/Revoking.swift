package import Digests
package import Signing
package import SystemIO

/// Making the next revocation list.
package enum Revoking {
  /// Writes the list at `path`, the next one of the list that is there.
  ///
  /// - Parameters:
  ///   - onlySign: leave the list as it is and add a signature.
  ///   - key: of those that trust files name under `revocations.keys`; one that is not makes a list that nobody obeys.
  /// - Throws: LB032 when what is there is no list.
  package static func write(
    _ path: String, keys: [String], bundles: [Digest], expires: String, onlySign: Bool, with key: SigningKey
  ) throws(Failure) -> RevocationList {
    var list = RevocationList(serial: 1, expires: expires, keys: keys, bundles: bundles)
    var envelope = Envelope(payloadType: RevocationList.payloadType, payload: list.payload)
    if onlySign || Files.exists(path) {
      let known = try Envelope(parsing: try Files.read(path, limit: RevocationList.limit), path: path)
      guard known.payloadType == RevocationList.payloadType else {
        throw Failure(
          "LB032", "the file holds something else than a revocation list", path: path,
          help: "write to another file with -o")
      }
      let last = try RevocationList(payload: known.unverifiedPayload, path: path)
      if onlySign {
        list = last
        envelope = known
      } else {
        list = RevocationList(
          serial: last.serial + 1, expires: expires, keys: last.keys + keys, bundles: last.bundles + bundles)
        envelope = Envelope(payloadType: RevocationList.payloadType, payload: list.payload)
      }
    }
    try envelope.sign(with: key)
    try Files.replace(path, with: envelope.bytes)
    return list
  }
}

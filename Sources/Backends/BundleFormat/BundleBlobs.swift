internal import CanonicalJSON
package import Digests
internal import OCI

// A bundle as registries see it: a manifest, and blobs by digest.
extension Bundle {
  /// The OCI manifest's bytes.
  package var manifestBytes: [UInt8] { head.manifest.bytes }

  /// Config and layers other than the payload: small, held in memory, verified. Each digest once.
  package var blobs: [(digest: Digest, bytes: [UInt8])] {
    var found: [(digest: Digest, bytes: [UInt8])] = []
    let config = head.configuration.json.canonicalBytes
    for (digest, bytes) in [(head.manifest.config.digest, config)]
      + head.manifest.layers.dropLast().map({ ($0.descriptor.digest, head.contents[$0.kind] ?? []) })
    where !found.contains(where: { $0.digest == digest }) {
      found.append((digest, bytes))
    }
    return found
  }

  /// Where the payload is in the bundle's file. The descriptor is the bundle's, and open as long as the bundle lives.
  package var payloadBlob: (digest: Digest, size: Int64, descriptor: Int32, offset: Int64) {
    (head.payload.digest, head.payload.size, file.number, head.payloadOffset)
  }

  /// Where a carried model file is, likewise.
  package func place(of model: CarriedModel) -> (descriptor: Int32, offset: Int64) { (file.number, model.offset) }
}

import BundleFormat
import Digests
import SandboxPlan
import SystemIO
import TestSupport

/// What the suites make bundles of.
enum Sample {
  static let configuration = BundleConfiguration(
    publisher: "acme", name: "hello", version: "0.1.0", displayName: "Hello", compiler: "locara 0.1.0",
    fullyLocal: true, hermetic: false)

  static let layers: [(LayerKind, [UInt8])] = [
    (.manifest, Array("schema: locara/v1\n".utf8)),
    (.policy, Array("{\"files\":{}}".utf8)),
    (.policyText, Array("nothing\n".utf8)),
    (.origins, Array("{}".utf8)),
    (.plan, Array("{\"mounts\":[]}".utf8)),
    (.seccompFilter(.aarch64), [6, 0, 0, 0, 0, 0, 0, 0x80]),
    (.seccompFilter(.x86_64), [6, 0, 0, 0, 0, 0, 0xFF, 0x7F]),
    (.ociSeccomp(.x86_64), Array("{\"defaultAction\":\"SCMP_ACT_ERRNO\"}".utf8)),
    (.schema, Array("CREATE TABLE note(text TEXT) STRICT;\n".utf8)),
    (.lock, Array("{\"models\":[]}".utf8)),
  ]

  static let payload: [PayloadItem] = [
    PayloadItem("bin/hello", .bytes(Array("#!/bin/sh\necho hello\n".utf8), executable: true)),
    PayloadItem("share/empty", .directory),
    PayloadItem("share/text", .bytes(Array("text".utf8), executable: false)),
    PayloadItem("share/link", .symbolicLink(target: "../bin/hello")),
  ]

  static func writer(
    _ configuration: BundleConfiguration = configuration, layers: [(LayerKind, [UInt8])] = layers,
    payload: [PayloadItem] = payload
  ) throws -> BundleWriter {
    var writer = BundleWriter(configuration)
    for (kind, bytes) in layers { try writer.add(kind, bytes) }
    try writer.setPayload(payload)
    return writer
  }

  /// A bundle file in `directory`, and its digest.
  static func bundle(in directory: TemporaryDirectory, name: String = "sample.locapp") throws -> (String, Digest) {
    let path = directory(name)
    return (path, try writer().write(to: path))
  }
}

/// The failure that `body` ends with; nil when it succeeds.
func failure<Result>(of body: () throws -> Result) -> Failure? {
  do {
    _ = try body()
    return nil
  } catch {
    return error as? Failure ?? Failure("none", "\(error)")
  }
}

import BundleFormat
import CanonicalJSON
import Digests
import SandboxPlan
import SystemIO
import TestSupport
import Testing

/// A bundle that must be refused with this code, and a part of the reason.
struct HostileBundle: Sendable, CustomTestStringConvertible {
  let name: String
  let code: String
  let reason: String
  let bytes: [UInt8]
  var testDescription: String { name }

  init(_ name: String, _ code: String, _ reason: String, _ change: (inout RawBundle) -> Void) {
    self.name = name
    self.code = code
    self.reason = reason
    bytes = RawBundle().with(change).bytes
  }
}

@Suite struct HostileBundleTests {
  let directory = TemporaryDirectory("hostile-bundle")

  @Test(arguments: index + manifest + layers + config + container)
  func isRefused(hostile: HostileBundle) throws {
    directory.write(hostile.bytes, to: "hostile.locapp")
    let refused = failure { try Bundle.open(directory("hostile.locapp")) }
    #expect(refused?.code == hostile.code, "\(String(describing: refused))")
    #expect(refused?.message.contains(hostile.reason) == true, "\(String(describing: refused))")
    #expect(refused?.help != nil)
  }

  @Test func theFrameIsAccepted() throws {
    directory.write(RawBundle().bytes, to: "good.locapp")
    let bundle = try Bundle.open(directory("good.locapp"))
    #expect(bundle.layers == [.policy, .plan, .seccompFilter(.x86_64), .payload])
    // Our writer makes the same bytes.
    var writer = BundleWriter(Sample.configuration)
    for kind in bundle.layers.dropLast() { try writer.add(kind, bundle.layer(kind)) }
    #expect(try writer.write(to: directory("ours.locapp")) == bundle.digest)
    #expect(contents(of: directory("ours.locapp")) == contents(of: directory("good.locapp")))
  }
}

extension HostileBundleTests {
  static let index: [HostileBundle] = [
    .init("an index of two manifests", "LB007", "found 2") { $0.index["manifests"] = [[:], [:]] },
    .init("an index of none", "LB007", "found 0") { $0.index["manifests"] = [] },
    .init("an index without a list", "LB007", "missing") { $0.index["manifests"] = .null },
    .init("an index that is a list", "LB007", "missing") { $0.indexBytes = Array("[]".utf8) },
    .init("an index that is no JSON", "LB007", "expected") { $0.indexBytes = Array("hello".utf8) },
    .init("an index without content", "LB007", "found the end") { $0.indexBytes = [] },
    .init("an index with a byte-order mark", "LB007", "expected") { $0.indexBytes = Array("\u{FEFF}{}".utf8) },
    .init("an index that is nested deeply", "LB007", "deeper") {
      $0.indexBytes = [UInt8](repeating: UInt8(ascii: "["), count: 10_000)
    },
    .init("an index that is too large", "LB011", "index.json") {
      $0.indexBytes = [UInt8](repeating: 0x20, count: 65 << 10)
    },
    .init("an index with another member", "LB007", "form") { $0.index["annotations"] = ["a": "b"] },
    .init("an index with white space", "LB007", "descriptor") {
      $0.indexBytes = Array("{ \"manifests\": [ { } ] }".utf8)
    },
    .init("a manifest with a reference name", "LB007", "form") {
      $0.manifestDescriptor["annotations"] = ["org.opencontainers.image.ref.name": "x"]
    },
    .init("another media type", "LB007", "form") { $0.manifestDescriptor["mediaType"] = "application/json" },
    .init("a digest of another algorithm", "LB007", "sha256") {
      $0.manifestDescriptor["digest"] = .string("sha512:" + String(repeating: "0", count: 128))
    },
    .init("a digest that climbs", "LB007", "sha256") { $0.manifestDescriptor["digest"] = "sha256:../../victim" },
    .init("a digest in capitals", "LB007", "sha256") {
      $0.manifestDescriptor["digest"] = .string("sha256:" + String(repeating: "A", count: 64))
    },
    .init("a negative size", "LB007", "size") { $0.manifestDescriptor["size"] = -1 },
    .init("a size with a fraction", "LB007", "size") { $0.manifestDescriptor["size"] = .number("12.5") },
    .init("a size beyond 64 bits", "LB007", "size") { $0.manifestDescriptor["size"] = .number("99999999999999999999") },
    .init("a huge manifest", "LB011", "manifest") { $0.manifestDescriptor["size"] = .integer(.max) },
    .init("a manifest that is smaller", "LB003", "manifest") { $0.manifestDescriptor["size"] = 10 },
    .init("a manifest of another digest", "LB003", "manifest") {
      $0.manifestDescriptor["digest"] = .string(Digest.of([1]).description)
    },
    .init("no artifact type", "LB001", "artifact type") { $0.manifestDescriptor["artifactType"] = .null },
    .init("another artifact", "LB005", "application/vnd.example") {
      $0.manifestDescriptor["artifactType"] = "application/vnd.example"
    },
    .init("an artifact type with an escape", "LB005", "found ?[2J") {
      $0.manifestDescriptor["artifactType"] = "\u{1B}[2J"
    },
    .init("a later version", "LB006", "application/vnd.locara.app.v2") {
      $0.manifestDescriptor["artifactType"] = "application/vnd.locara.app.v2"
    },
  ]

  static let manifest: [HostileBundle] = [
    .init("a manifest of another artifact", "LB005", "expected artifact type") { $0.manifest["artifactType"] = "x/y" },
    .init("a manifest of a later version", "LB006", "app.v9") {
      $0.manifest["artifactType"] = "application/vnd.locara.app.v9"
    },
    .init("a manifest that is no JSON", "LB007", "manifest") { $0.manifestBytes = [0, 1, 2] },
    .init("a manifest with a key twice", "LB007", "duplicate key") {
      $0.manifestBytes = Array("{\"artifactType\":\"a\",\"artifactType\":\"b\"}".utf8)
    },
    .init("a manifest with a subject", "LB007", "canonical") { $0.manifest["subject"] = [:] },
    .init("a manifest with annotations", "LB007", "canonical") { $0.manifest["annotations"] = ["a": "b"] },
    .init("another schema version", "LB007", "canonical") { $0.manifest["schemaVersion"] = 3 },
    .init("no layers", "LB007", "no payload") { $0.manifest["layers"] = [] },
    .init("layers that are a text", "LB007", "no payload") { $0.manifest["layers"] = "x" },
    .init("no config", "LB007", "descriptor") { $0.manifest["config"] = .null },
    .init("a config of another type", "LB007", "media type") { $0.configDescriptor["mediaType"] = "application/json" },
    .init("a config with data", "LB007", "canonical") { $0.configDescriptor["data"] = "e30=" },
    .init("a config at a URL", "LB007", "canonical") { $0.configDescriptor["urls"] = ["https://example.com"] },
    .init("a huge config", "LB011", "config") { $0.configDescriptor["size"] = .integer(1 << 40) },
    .init("an annotation that is a number", "LB007", "not a string") { $0.layers[0].annotations["a"] = 1 },
    .init("many values", "LB007", "more than") {
      $0.manifest["layers"] = .array([JSON](repeating: 0, count: 20_000))
    },
  ]

  static let layers: [HostileBundle] = [
    .init("no payload", "LB007", "no payload") { $0.layers.removeLast() },
    .init("no policy", "LB007", "policy.json") { $0.layers.removeFirst() },
    .init("no plan", "LB007", "plan.json") { $0.layers.remove(at: 1) },
    .init("no filter", "LB007", "architectures") { $0.layers.remove(at: 2) },
    .init("a layer twice", "LB007", "repeated") { $0.layers.insert($0.layers[0], at: 0) },
    .init("layers in another order", "LB007", "out of order") { $0.layers.swapAt(0, 1) },
    .init("a layer after the payload", "LB007", "out of order") { $0.layers.append($0.layers[0]) },
    .init("an unknown layer", "LB007", "known") { $0.layers[0].mediaType = "application/vnd.example" },
    .init("a layer without a title", "LB007", "known") { $0.layers[0].annotations = [:] },
    .init("a layer with another title", "LB007", "known") {
      $0.layers[0].annotations["org.opencontainers.image.title"] = "../victim"
    },
    .init("a layer with one annotation more", "LB007", "known") { $0.layers[0].annotations["dev.locara.x"] = "y" },
    .init("a filter for an unknown architecture", "LB007", "known") {
      $0.layers[2].annotations["dev.locara.architecture"] = "vax"
    },
    .init("a layer with other content", "LB004", "policy.json is damaged") { $0.layers[0].stored = Array("[]".utf8) },
    .init("a layer with less content", "LB003", "policy.json") { $0.layers[0].stored = [1] },
    .init("a layer that claims more", "LB003", "policy.json") { $0.layers[0].descriptor["size"] = 3 },
    .init("a layer that claims too much", "LB011", "policy.json") { $0.layers[0].descriptor["size"] = .integer(.max) },
    .init("a payload that claims too much", "LB011", "payload") { $0.layers[3].descriptor["size"] = .integer(.max) },
    .init("a payload that claims 8 GiB", "LB003", "payload") {
      $0.layers[3].descriptor["size"] = .integer(0o77777777777)
    },
    .init("a payload with other content", "LB004", "payload") {
      $0.layers[3].stored = [UInt8](repeating: 1, count: 1024)
    },
    .init("one blob with two sizes", "LB007", "two sizes") {
      $0.layers[1].bytes = $0.layers[0].bytes
      $0.layers[1].descriptor["size"] = 99
      $0.entries = { $0.remove(at: 5) }
    },
    .init("a blob twice", "LB003", "header") { $0.layers[1].bytes = $0.layers[0].bytes },
    .init("a payload that is a layer too", "LB007", "another blob") {
      $0.layers.insert(RawBundle.layer(.schema, endOfArchive), at: 3)
      $0.entries = { $0.removeLast() }
    },
    .init("a filter without instructions", "LB007", "instructions") { $0.layers[2].bytes = [] },
    .init("a filter of half an instruction", "LB007", "instructions") { $0.layers[2].bytes = [1, 2, 3, 4] },
    .init("a filter of 4097 instructions", "LB007", "instructions") {
      $0.layers[2].bytes = [UInt8](repeating: 0, count: 8 * 4097)
    },
  ]

  static let config: [HostileBundle] = [
    .init("a later format", "LB006", "format version 2") { $0.config["formatVersion"] = 2 },
    .init("a format that is a text", "LB007", "formatVersion") { $0.config["formatVersion"] = "1" },
    .init("no format", "LB007", "formatVersion") { $0.config["formatVersion"] = .null },
    .init("no name", "LB007", "`name`") { $0.config["name"] = .null },
    .init("an empty name", "LB007", "`name`") { $0.config["name"] = "" },
    .init("a long name", "LB007", "`displayName`") {
      $0.config["displayName"] = .string(String(repeating: "x", count: 300))
    },
    .init("an escape in a name", "LB007", "control") { $0.config["displayName"] = "\u{1B}]0;x\u{07}" },
    .init("text that runs backwards", "LB007", "control") { $0.config["displayName"] = "a\u{202E}b" },
    .init("truth that is a text", "LB007", "`fullyLocal`") { $0.config["fullyLocal"] = "yes" },
    .init("one member more", "LB007", "canonical") { $0.config["network"] = true },
    .init("another policy", "LB007", "another policy") { $0.config["policy"] = .string(Digest.of([9]).description) },
    .init("another plan", "LB007", "another plan") { $0.config["plan"] = .string(Digest.of([9]).description) },
    .init("a policy that is no digest", "LB007", "`policy`") { $0.config["policy"] = "x" },
    .init("architectures without filters", "LB007", "architectures") {
      $0.config["architectures"] = ["aarch64", "x86_64"]
    },
    .init("no architectures", "LB007", "architectures") { $0.config["architectures"] = [] },
    .init("an unknown architecture", "LB007", "not known") { $0.config["architectures"] = ["vax"] },
    .init("a config with white space", "LB007", "missing") { $0.configBytes = Array("{ }".utf8) },
    .init("a config that is no JSON", "LB007", "config") { $0.configBytes = Array("\u{0}\u{1}".utf8) },
    .init("a config with a lone surrogate", "LB007", "surrogate") {
      $0.configBytes = Array("{\"name\":\"\\ud800\"}".utf8)
    },
  ]

  static let container: [HostileBundle] = [
    .init("a later layout", "LB001", "1.0.0") { $0.layout = Array("{\"imageLayoutVersion\":\"2.0.0\"}".utf8) },
    .init("a layout of another length", "LB003", "oci-layout") { $0.layout = Array("{}".utf8) },
    .init("no layout", "LB001", "first file") { $0.entries = { $0.removeFirst() } },
    .init("the index first", "LB001", "first file") { $0.entries = { $0.swapAt(0, 1) } },
    .init("a directory first", "LB001", "first file") { $0.entries = { $0.insert(.directory("blobs"), at: 0) } },
    .init("a directory in between", "LB003", "index.json") { $0.entries = { $0.insert(.directory("blobs"), at: 1) } },
    .init("one file more", "LB003", "header") { $0.entries = { $0.insert(.file("x"), at: 4) } },
    .init("one file more at the end", "LB003", "blob after the payload") {
      $0.entries = { $0.append(.file("../victim")) }
    },
    .init("a missing blob", "LB003", "header") { $0.entries = { $0.remove(at: 4) } },
    .init("blobs in another order", "LB003", "header") { $0.entries = { $0.swapAt(4, 5) } },
    .init("a blob that is a link", "LB003", "header") { $0.entries = { $0[4] = .link("blobs", to: "/etc/passwd") } },
    .init("a blob with a time", "LB003", "header") { $0.entries = { $0[4].time = "00000000001\0" } },
    .init("a layout with an owner", "LB003", "oci-layout") { $0.entries = { $0[0].owner = "0001750\0" } },
    .init("an index with a wrong checksum", "LB003", "checksum") { $0.entries = { $0[1].checksum = "000000\0 " } },
    .init("an index that claims more than there is", "LB002", "index.json") {
      $0.entries = { $0[1].size = Array("00000177777\0".utf8) }
    },
    .init("padding that is not zero", "LB003", "zeros") { $0.entries = { $0[4].filler = 7 } },
    .init("no end", "LB002", "expected") { $0.end = [] },
    .init("half an end", "LB002", "expected") { $0.end = [UInt8](repeating: 0, count: 512) },
    .init("an end that is not zero", "LB003", "follows the payload") { $0.end = [UInt8](repeating: 1, count: 1024) },
    .init("a longer end", "LB003", "more follows") { $0.end = [UInt8](repeating: 0, count: 10_240) },
  ]
}

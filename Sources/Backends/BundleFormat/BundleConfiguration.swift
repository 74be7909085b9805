internal import CanonicalJSON
package import Digests
package import SandboxPlan
internal import SystemIO

/// What a bundle says about itself: the OCI config blob.
package struct BundleConfiguration: Hashable, Sendable {
  /// The one version of the format that this program writes and reads.
  package static let currentVersion: Int64 = 1

  package var publisher: String
  package var name: String
  package var version: String
  /// What people are shown; the name when the manifest says nothing.
  package var displayName: String
  /// Name and version of the compiler that made the bundle: "locara 0.1.0".
  package var compiler: String
  /// Whether the policy grants no network at all.
  package var fullyLocal: Bool
  /// Whether nothing of the machine's `/usr` is used.
  package var hermetic: Bool
  /// Of the policy's canonical bytes. `BundleWriter` sets it from the layer.
  package internal(set) var policy: Digest
  /// Of the sandbox plan's canonical bytes. `BundleWriter` sets it from the layer.
  package internal(set) var plan: Digest
  /// The architectures that there is a filter for, sorted. `BundleWriter` sets it from the layers.
  package internal(set) var architectures: [Architecture]

  /// - Parameters: as the properties; what is derived from layers is left out.
  package init(
    publisher: String, name: String, version: String, displayName: String, compiler: String, fullyLocal: Bool,
    hermetic: Bool
  ) {
    self.publisher = publisher
    self.name = name
    self.version = version
    self.displayName = displayName
    self.compiler = compiler
    self.fullyLocal = fullyLocal
    self.hermetic = hermetic
    policy = Digest.of([])
    plan = Digest.of([])
    architectures = []
  }

  /// `publisher/name@version`.
  package var identifier: String { "\(publisher)/\(name)@\(version)" }

  var json: JSON {
    [
      "formatVersion": .integer(BundleConfiguration.currentVersion),
      "publisher": .string(publisher),
      "name": .string(name),
      "version": .string(version),
      "displayName": .string(displayName),
      "compiler": .string(compiler),
      "fullyLocal": .bool(fullyLocal),
      "hermetic": .bool(hermetic),
      "policy": .string(policy.description),
      "plan": .string(plan.description),
      "architectures": .array(architectures.map { .string($0.rawValue) }),
    ]
  }

  /// Reads the config blob. The bytes must be exactly what this program would write for the same values.
  init(parsing bytes: [UInt8], path: String) throws(Failure) {
    let json = try BundleJSON.parse(bytes, what: "config", path: path)
    guard let version = json["formatVersion"]?.integerValue else {
      throw BundleJSON.malformed("config", "`formatVersion` is missing", path: path)
    }
    guard version == BundleConfiguration.currentVersion else {
      throw .unknownVersion("format version \(version)", path: path)
    }
    func text(_ key: String) throws(Failure) -> String {
      guard let value = json[key]?.stringValue else {
        throw BundleJSON.malformed("config", "`\(key)` is missing or not a string", path: path)
      }
      return value
    }
    func truth(_ key: String) throws(Failure) -> Bool {
      guard let value = json[key]?.boolValue else {
        throw BundleJSON.malformed("config", "`\(key)` is missing or not a boolean", path: path)
      }
      return value
    }
    func digest(_ key: String) throws(Failure) -> Digest {
      guard let value = Digest(try text(key)) else {
        throw BundleJSON.malformed("config", "`\(key)` is not `sha256:` and 64 hexadecimal digits", path: path)
      }
      return value
    }
    self.init(
      publisher: try text("publisher"), name: try text("name"), version: try text("version"),
      displayName: try text("displayName"), compiler: try text("compiler"), fullyLocal: try truth("fullyLocal"),
      hermetic: try truth("hermetic"))
    policy = try digest("policy")
    plan = try digest("plan")
    for element in json["architectures"]?.arrayValue ?? [] {
      guard let architecture = element.stringValue.flatMap(Architecture.init(rawValue:)) else {
        throw BundleJSON.malformed("config", "`architectures` names one that is not known", path: path)
      }
      architectures.append(architecture)
    }
    try check(path: path)
    guard self.json.canonicalBytes == bytes else {
      throw BundleJSON.malformed("config", "it is not in canonical form, or has keys that are not known", path: path)
    }
  }

  /// Every text is there, short, and without control characters, since people are shown it.
  func check(path: String) throws(Failure) {
    let fields = [
      ("publisher", publisher), ("name", name), ("version", version), ("displayName", displayName),
      ("compiler", compiler),
    ]
    for (key, value) in fields {
      guard !value.isEmpty, value.utf8.count <= BundleLimits.field else {
        throw BundleJSON.malformed("config", "`\(key)` must have 1 to \(BundleLimits.field) bytes", path: path)
      }
      let isPrintable = value.unicodeScalars.allSatisfy {
        $0.properties.generalCategory != .control && $0.properties.generalCategory != .format
      }
      guard isPrintable else {
        throw BundleJSON.malformed("config", "`\(key)` has control characters", path: path)
      }
    }
  }
}

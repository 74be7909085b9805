package import CanonicalJSON
internal import Digests
internal import PolicyIR

/// A CycloneDX 1.6 bill of materials of an app and its models, made from the lock.
///
/// The same lock gives the same bytes: there is no time in it, and the serial number is derived from the content.
package struct BillOfMaterials: Sendable {
  package var publisher: String
  package var name: String
  package var version: String
  /// SPDX expression; empty when not stated.
  package var license: String
  /// The compiler's version.
  package var compilerVersion: String
  package var lock: LockFile

  package init(
    publisher: String, name: String, version: String, license: String, compilerVersion: String, lock: LockFile
  ) {
    self.publisher = publisher
    self.name = name
    self.version = version
    self.license = license
    self.compilerVersion = compilerVersion
    self.lock = lock
  }

  /// The document, canonical.
  package var bytes: [UInt8] { json.canonicalBytes }

  package var json: JSON {
    var document = content
    document["serialNumber"] = .string(
      "urn:uuid:\(BillOfMaterials.uuid(Digest.of(JSON.object(document).canonicalBytes)))")
    return .object(document)
  }

  private var reference: String { "app:\(publisher)/\(name)@\(version)" }

  private var content: [String: JSON] {
    var app: [String: JSON] = [
      "type": "application", "bom-ref": .string(reference), "group": .string(publisher), "name": .string(name),
      "version": .string(version),
    ]
    app["licenses"] = BillOfMaterials.licenses(license)
    let tool: JSON = ["type": "application", "name": "locara", "version": .string(compilerVersion)]
    let models = lock.models.map { JSON.string(BillOfMaterials.reference(of: $0)) }
    return [
      "bomFormat": "CycloneDX", "specVersion": "1.6", "version": 1,
      "metadata": [
        "component": .object(app), "tools": ["components": [tool]],
        "properties": [["name": "cdx:reproducible", "value": "true"]],
      ],
      "components": .array(lock.models.map(component)),
      "dependencies": .array(
        [["ref": .string(reference), "dependsOn": .array(models)]] + models.map { ["ref": $0] }),
    ]
  }

  private func component(_ model: ModelPin) -> JSON {
    let (group, name) = BillOfMaterials.names(of: model)
    var members: [String: JSON] = [
      "type": "machine-learning-model", "bom-ref": .string(BillOfMaterials.reference(of: model)), "name": .string(name),
      "modelCard": ["modelParameters": .object(parameters(model))],
      "components": .array(model.files.map { file(of: model, $0) }),
    ]
    members["group"] = group.map(JSON.string)
    if !model.revision.isEmpty { members["version"] = .string(model.revision) }
    members["purl"] = BillOfMaterials.packageURL(of: model).map(JSON.string)
    members["licenses"] = BillOfMaterials.licenses(model.license)
    if model.source.hasPrefix("https://") {
      members["externalReferences"] = [["type": "distribution", "url": .string(model.source)]]
    }
    return .object(members)
  }

  /// `modelParameters`: the task, and what the first weights file that says something says.
  private func parameters(_ model: ModelPin) -> [String: JSON] {
    let facts = model.files.lazy.compactMap { lock.facts[$0.digest] }.first
    var members: [String: JSON] = ["task": .string(model.role)]
    members["modelArchitecture"] = facts?.architecture.map(JSON.string)
    return members
  }

  private func file(of model: ModelPin, _ file: ModelPin.File) -> JSON {
    var properties: [(String, String)] = [("locara:size", String(file.size))]
    if let facts = lock.facts[file.digest] {
      properties.append(("locara:format", facts.format.rawValue))
      if let value = facts.parameters { properties.append(("locara:parameters", String(value))) }
      if let value = facts.dimension { properties.append(("locara:dimension", String(value))) }
      if let value = facts.contextLength { properties.append(("locara:context-length", String(value))) }
      if let value = facts.quantization { properties.append(("locara:quantization", value)) }
      if let value = facts.chatTemplate { properties.append(("locara:chat-template", value.description)) }
    }
    return [
      "type": "file", "bom-ref": .string("\(BillOfMaterials.reference(of: model))/\(file.path)"),
      "name": .string(file.path),
      "hashes": [["alg": "SHA-256", "content": .string(file.digest.hexadecimal)]],
      "properties": .array(properties.map { ["name": .string($0.0), "value": .string($0.1)] }),
    ]
  }

  private static func reference(of model: ModelPin) -> String { "model:\(model.id)" }

  /// `hf:org/name` has a group and a name of its own; other models are called by their id.
  private static func names(of model: ModelPin) -> (group: String?, name: String) {
    let parts = hubPath(of: model)?.split(separator: "/", omittingEmptySubsequences: false) ?? []
    return parts.count == 2 ? (String(parts[0]), String(parts[1])) : (nil, model.id)
  }

  /// The part of an `hf:` source that names the repository.
  private static func hubPath(of model: ModelPin) -> String? {
    guard model.source.hasPrefix("hf:") else { return nil }
    return String(model.source.dropFirst(3).prefix { $0 != "@" })
  }

  /// purl-spec, type `huggingface`; it needs the commit.
  private static func packageURL(of model: ModelPin) -> String? {
    guard let path = hubPath(of: model), path.split(separator: "/").count == 2, model.revision.utf8.count == 40,
      model.revision.utf8.allSatisfy({ (0x30...0x39).contains($0) || (0x61...0x66).contains($0) })
    else { return nil }
    let isPlain = path.utf8.allSatisfy {
      switch $0 {
      case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x2E, 0x2F, 0x5F: true
      default: false
      }
    }
    return isPlain ? "pkg:huggingface/\(path)@\(model.revision)" : nil
  }

  /// An expression over the SPDX license list as such, any other text as a name; nil for none.
  private static func licenses(_ text: String) -> JSON? {
    if text.isEmpty { return nil }
    if let expression = LicenseList.canonical(text) { return [["expression": .string(expression)]] }
    return [["license": ["name": .string(text)]]]
  }

  /// A version 8 UUID (RFC 9562) of the first bytes of a digest.
  private static func uuid(_ digest: Digest) -> String {
    var digits = Array(digest.hexadecimal.utf8.prefix(32))
    digits[12] = UInt8(ascii: "8")
    digits[16] = Array("89ab".utf8)[Int(digest.bytes[8] >> 4 & 3)]
    var text: [UInt8] = []
    for (index, digit) in digits.enumerated() {
      if [8, 12, 16, 20].contains(index) { text.append(UInt8(ascii: "-")) }
      text.append(digit)
    }
    return String(decoding: text, as: UTF8.self)
  }
}

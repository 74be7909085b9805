import CanonicalJSON
import Diagnostics
import Foundation
import Manifest
import TestSupport
import Testing
import Text

/// What the compiler accepts, the JSON Schema accepts too: an editor must not underline a manifest that is right.
@Suite struct SchemaTests {
  /// Every manifest of the fixtures and of the reference that has no errors, with its name.
  private static func accepted() throws -> [(name: String, json: JSON)] {
    var manifests: [(String, [UInt8])] = []
    for folder in ["apps", "bundles", "diagnostics", "manifests", "review", "sandbox"] {
      for path in entries(below: Locations.fixture(folder)) where path.hasSuffix(".yaml") {
        manifests.append(("\(folder)/\(path)", try #require(contents(of: Locations.fixture("\(folder)/\(path)")))))
      }
    }
    for page in CodePage.all { manifests.append((page.code, CodePage.manifest(page.right))) }
    for (index, line) in unusual.enumerated() {
      manifests.append(("unusual \(index)", Array((CodePage.identity + line + "\n").utf8)))
    }
    return manifests.compactMap { name, bytes in
      let reading = ManifestReading(Source(path: name, bytes: bytes))
      guard !reading.diagnostics.contains(where: { $0.severity == .error }) else { return nil }
      return (name, SyntaxTree(parsing: Source(path: name, bytes: bytes)).json)
    }
  }

  /// Ways to write that are seldom seen, each of them accepted.
  private static let unusual = [
    "limits: {memory: 1   GiB}", "limits: {memory: 1.000000GiB, file-size: 1B}", "limits: {cpu: '0.500000'}",
    "limits: {cpu: 2.5}", "limits: {wall-time: 1d2h3m4s5ms}", "limits: {processes: 0x10}",
    "displayName: \(String(repeating: "\u{E9}", count: 40))",
    "capabilities: {net: {allowed_hosts: [example.com.], allowed_ports: ['80-90', 443]}}",
    "author: {name: A, url: 'https://[::1]:1/', email: 'é@b.c'}", "version: 1.0.0-rc.1+x.2",
    "models: [a@sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855]",
  ]

  @Test func everyAcceptedManifestFitsTheSchema() throws {
    let manifests = try Self.accepted()
    #expect(manifests.count > 60, "\(manifests.count)")
    #expect(manifests.count { $0.name.hasPrefix("unusual") } >= Self.unusual.count - 1)
    let input: JSON = [
      "schema": ManifestSchema.json,
      "manifests": .object(Dictionary(manifests.map { ($0.name, $0.json) }, uniquingKeysWith: { first, _ in first })),
    ]
    let program = """
      import json, sys
      import jsonschema
      given = json.load(sys.stdin)
      validator = jsonschema.Draft202012Validator(given["schema"])
      for name, manifest in given["manifests"].items():
          for error in validator.iter_errors(manifest): print(name, error.json_path, error.message[:200])
      """
    let outcome = run(["/usr/bin/python3", "-c", program], input: input.canonicalBytes)
    #expect(outcome.status == 0 && outcome.output.isEmpty, "\(outcome)")
  }

  /// A name of forty characters that people see may be of more code points, which is what both count.
  @Test func lengthsAreCodePoints() {
    let name = String(repeating: "e\u{301}", count: 21)
    let manifest = CodePage.identity + "displayName: \(name)\n"
    let reading = ManifestReading(Source(path: "t", bytes: Array(manifest.utf8)))
    #expect(reading.diagnostics.map(\.headline).first?.hasSuffix("is too long") == true)
  }
}

import CanonicalJSON
import Digests
import ModelStore
import PolicyIR
import TestSupport
import Testing

@Suite struct BillOfMaterialsTests {
  private func bill(_ lock: LockFile = LockFileTests.sample, license: String = "Apache-2.0") -> BillOfMaterials {
    BillOfMaterials(
      publisher: "acme", name: "semantic-notes", version: "0.1.0", license: license, compilerVersion: "0.1.0",
      lock: lock)
  }

  @Test func theDocumentIsTheGoldenOne() {
    expectGolden(bill().json.prettyBytes, "bundles/bom.cdx.json")
  }

  @Test func everyFileOfTheLockIsThereWithItsHash() throws {
    let components = try #require(bill().json["components"]?.arrayValue)
    let hashes = components.flatMap { $0["components"]?.arrayValue ?? [] }.map {
      $0["hashes"]?.arrayValue?.first?["content"]?.stringValue
    }
    #expect(hashes == LockFileTests.sample.models.flatMap(\.files).map(\.digest.hexadecimal))
    let purl = "pkg:huggingface/sentence-transformers/all-MiniLM-L6-v2@1110a243fdf4706b3f48f1d95db1a4f5529b4d41"
    #expect(components[0]["purl"]?.stringValue == purl)
    #expect(components[1]["purl"] == nil)
    #expect(components[1]["name"]?.stringValue == "whisper-tiny")
  }

  @Test func referencesAreUniqueAndResolve() throws {
    let json = bill().json
    var references: [String] = []
    func visit(_ value: JSON) {
      if let reference = value["bom-ref"]?.stringValue { references.append(reference) }
      value.objectValue?.values.forEach(visit)
      value.arrayValue?.forEach(visit)
    }
    visit(json)
    #expect(Set(references).count == references.count)
    for dependency in try #require(json["dependencies"]?.arrayValue) {
      let named = [dependency["ref"]] + (dependency["dependsOn"]?.arrayValue ?? [])
      #expect(named.allSatisfy { references.contains($0?.stringValue ?? "") })
    }
  }

  @Test func theSerialNumberFollowsFromTheContent() {
    let first = bill().json["serialNumber"]?.stringValue
    #expect(first == bill().json["serialNumber"]?.stringValue)
    #expect(first != bill(license: "MIT").json["serialNumber"]?.stringValue)
    let pattern = /urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}/
    #expect(first?.wholeMatch(of: pattern) != nil)
  }

  @Test func licensesAreExpressionsOrNames() {
    func licenses(_ text: String) -> JSON? { bill(license: text).json["metadata"]?["component"]?["licenses"] }
    #expect(licenses("") == nil)
    #expect(licenses("MIT") == [["expression": "MIT"]])
    #expect(
      licenses("MIT OR (Apache-2.0 AND BSD-3-Clause)") == [["expression": "MIT OR (Apache-2.0 AND BSD-3-Clause)"]])
    #expect(licenses("Llama 3 Community License") == [["license": ["name": "Llama 3 Community License"]]])
  }
}

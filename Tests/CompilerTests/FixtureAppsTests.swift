import Diagnostics
import Digests
import Foundation
import Lowering
import PolicyIR
import TestSupport
import Testing

@Suite struct FixtureAppsTests {
  private func source(_ path: String) throws -> Source {
    let data = try Data(contentsOf: URL(fileURLWithPath: Locations.fixture(path)))
    return Source(path: path.split(separator: "/").last.map(String.init) ?? path, bytes: [UInt8](data))
  }

  @Test func helloCompiles() throws {
    let output = compile(
      CompilerInput(manifest: try source("apps/hello-c/locara.yaml"), files: ["bin/hello"]))
    #expect(output.diagnostics == [])
    expectGolden(try #require(output.policy).text, "manifests/hello-c.policy")
  }

  @Test func semanticNotesCompiles() throws {
    let files = ["model.safetensors", "tokenizer.json", "config.json"].enumerated().map { index, name in
      ModelPin.File(path: name, size: Int64(index), digest: Digest.of([UInt8(index)]))
    }
    let pin = ModelPin(
      id: "all-minilm-l6-v2", role: "text-to-embedding", source: "hf:sentence-transformers/all-MiniLM-L6-v2",
      revision: "", files: files, license: "Apache-2.0")
    let output = compile(
      CompilerInput(
        manifest: try source("apps/semantic-notes/locara.yaml"), lock: [pin],
        schema: try source("apps/semantic-notes/db/schema.sql"),
        files: ["app/main.py", "vendor/sqlite_vec/vec0.so"]))
    #expect(output.diagnostics == [])
    let policy = try #require(output.policy)
    #expect(policy.policy.storage?.extensions == ["vendor/sqlite_vec/vec0.so"])
    expectGolden(policy.text, "manifests/semantic-notes.policy")
  }

  @Test func aVectorTableNeedsItsEngine() throws {
    let text = ManifestTests.identity + "storage: {schema: s.sql}\n"
    let schema = Source(path: "s.sql", bytes: Array("CREATE VIRTUAL TABLE v USING vec0(e float[4]);".utf8))
    let output = compile(CompilerInput(manifest: Source(path: "l", bytes: Array(text.utf8)), schema: schema))
    #expect(output.diagnostics.map(\.code) == ["LM086"])
  }
}

import Diagnostics
import Digests
import Lowering
import PolicyIR
import Schemas
import TestSupport
import Testing

/// The dimension of a vector against the locked model that fills it.
@Suite struct VectorModelTests {
  private static let sql = """
    CREATE VIRTUAL TABLE v USING vec0(e float[384], coarse bit[384]);
    CREATE VIRTUAL TABLE w USING vec0(e float[8]);
    """

  /// Code and text of every diagnostic.
  private func findings(
    _ models: [String], _ vector: String, dimensions: [String: Int64], sql: String = sql, roles: [String: String] = [:]
  ) -> [String] {
    let entries = models.map {
      "{id: \($0), role: \(roles[$0] ?? "text-to-embedding"), source: \"file:m\", files: [w]}"
    }
    let modalities = Set(models.map { roles[$0] ?? "text-to-embedding" }).sorted().joined(separator: ", ")
    let text =
      ManifestTests.identity + "modalities: [\(modalities)]\nmodels: [\(entries.joined(separator: ", "))]\n"
      + "storage: {schema: s.sql, vector: {extension: vec0.so\(vector.isEmpty ? "" : ", \(vector)")}}\n"
    let source = Source(path: "locara.yaml", bytes: Array(text.utf8))
    let lock = models.map { id in
      ModelPin(
        id: id, role: roles[id] ?? "text-to-embedding", source: "file:m", revision: "",
        files: [ModelPin.File(path: "w", size: 1, digest: Digest.of(Array(id.utf8)))], license: "")
    }
    let output = compile(
      CompilerInput(
        manifest: source, lock: lock, vectorDimensions: dimensions,
        schema: Source(path: "s.sql", bytes: Array(sql.utf8)), files: ["bin/app", "vec0.so"]))
    return output.diagnostics.map { "\($0.code) \(source.text($0.primary.span)): \($0.headline)" }
  }

  private static let small = "CREATE VIRTUAL TABLE v USING vec0(e float[384], coarse bit[384]);"

  @Test func theOnlyModelFillsEveryVector() {
    #expect(findings(["m"], "", dimensions: ["m": 384], sql: Self.small) == [])
    #expect(
      findings(["m"], "", dimensions: ["m": 384]) == [
        "LM095 s.sql: `w.e` has 8 elements, and the model `m` makes 384"
      ])
    #expect(findings(["m"], "models: {w.e: none}", dimensions: ["m": 384]) == [])
  }

  @Test func aNamedModelIsTheOneThatCounts() {
    let models = "models: {v.e: a, v.coarse: a, w.e: b}"
    #expect(findings(["a", "b"], models, dimensions: ["a": 384, "b": 8]) == [])
    #expect(
      findings(["a", "b"], models, dimensions: ["a": 384, "b": 16]) == [
        "LM095 b: `w.e` has 8 elements, and the model `b` makes 16"
      ])
  }

  @Test func whatIsNotCheckedIsSaid() {
    let unnamed = findings(["a", "b"], "", dimensions: ["a": 384, "b": 8])
    #expect(unnamed.count == 3 && unnamed.allSatisfy { $0.hasPrefix("LM096 s.sql: it is not said which model") })
    let unknown = findings(["a"], "models: {v.e: a}", dimensions: [:], sql: Self.small)
    #expect(unknown == ["LM096 a: the lock does not say how long the vectors of `a` are"])
  }

  @Test func wrongNamesAreFound() {
    let base = "v.e: m, v.coarse: m, w.e: none"
    #expect(
      findings(["m"], "models: {\(base), v.f: m}", dimensions: ["m": 384]) == [
        "LM093 v.f: the schema has no vector `v.f`"
      ])
    #expect(
      findings(["m"], "models: {v.e: mm, v.coarse: m, w.e: none}", dimensions: ["m": 384]) == [
        "LM094 mm: the app has no model `mm`"
      ])
    #expect(
      findings(
        ["m", "talk"], "models: {v.e: talk, v.coarse: m, w.e: none}", dimensions: ["m": 384],
        roles: ["talk": "text-to-text"]) == ["LM094 talk: the model `talk` makes no vectors"])
  }
}

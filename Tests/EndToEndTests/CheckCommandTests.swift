import TestSupport
import Testing

/// `check`, `explain`, `test`, `diff` and `git`: what a manifest says, and what a change of it means.
@Suite struct CheckCommandTests {
  static let misspelt = BadManifestTests.good + "capabilites: {net: false}\n"

  /// An app of one file, and its manifest's path.
  func app(_ text: String, as name: String = "app", in world: World) -> String {
    world.directory.write("a program\n", to: "\(name)/bin/small")
    return world.directory.write(text, to: "\(name)/locara.yaml")
  }

  /// What a Python expression over the JSON `document` that was printed gives, a line for each value.
  func query(_ filter: String, _ outcome: Outcome, sourceLocation: SourceLocation = #_sourceLocation) -> [String] {
    let program = """
      import json, sys
      document = json.load(sys.stdin)
      for value in \(filter): print(value)
      """
    let answer = run(["/usr/bin/python3", "-c", program], input: outcome.bytes)
    #expect(answer.status == 0, "\(answer)\(outcome)", sourceLocation: sourceLocation)
    return answer.output.split(separator: "\n").map(String.init)
  }

  @Test func checkSaysItInJSON() {
    let world = World("json")
    let outcome = world.locara("check", app(Self.misspelt, in: world), "--format", "json")
    #expect(outcome.status == 65 && outcome.errors == "", "\(outcome)")
    #expect(query("[document['errors'], document['warnings']]", outcome) == ["1", "0"])
    #expect(query("[d['code'] for d in document['diagnostics']]", outcome) == ["LM001"])
    #expect(
      query("[document['diagnostics'][0]['primary'][k] for k in ('line', 'column', 'endColumn')]", outcome)
        == ["7", "1", "12"])
    let good = world.locara("check", app(BadManifestTests.good, as: "good", in: world), "--format", "json")
    expectSuccess(good)
    #expect(query("[document['errors'], len(document['diagnostics'])]", good) == ["0", "0"])
  }

  @Test func checkSaysItInSARIF() {
    let world = World("sarif")
    let outcome = world.locara("check", app(Self.misspelt, in: world), "--format", "sarif")
    #expect(outcome.status == 65 && outcome.errors == "", "\(outcome)")
    #expect(
      query("[document['version'], document['runs'][0]['tool']['driver']['name']]", outcome) == ["2.1.0", "locara"])
    #expect(
      query("[(r['ruleId'], r['level']) for r in document['runs'][0]['results']]", outcome) == ["('LM001', 'error')"])
    #expect(
      query(
        "[document['runs'][0]['results'][0]['locations'][0]['physicalLocation']['region']['startLine']]", outcome)
        == ["7"])
    let good = world.locara("check", app(BadManifestTests.good, as: "good", in: world), "--format", "sarif")
    expectSuccess(good)
    #expect(query("document['runs'][0]['results']", good) == [])
  }

  @Test func checkSaysItForGitHub() {
    let world = World("github")
    let outcome = world.locara("check", app(Self.misspelt, in: world), "--format", "github")
    #expect(outcome.status == 65 && outcome.errors == "", "\(outcome)")
    #expect(outcome.output.hasPrefix("::error file="), "\(outcome)")
    #expect(outcome.output.contains("line=7,") && outcome.output.contains("title=LM001::"), "\(outcome)")
    // An annotation is one line, whatever its text.
    #expect(outcome.output.split(separator: "\n").count == 1, "\(outcome)")
    let good = world.locara("check", app(BadManifestTests.good, as: "good", in: world), "--format", "github")
    expectSuccess(good)
    #expect(good.output == "")
  }

  @Test func fixMendsWhatIsCertain() {
    let world = World("fix")
    let manifest = app(BadManifestTests.good + "# kept\ncapabilities: {net: no}\n", in: world)
    let outcome = world.locara("check", manifest, "--fix")
    expectSuccess(outcome)
    #expect(outcome.errors.contains("1 fix applied"), "\(outcome)")
    let mended = Array((BadManifestTests.good + "# kept\ncapabilities: {net: false}\n").utf8)
    #expect(contents(of: manifest) == mended)
    // Nothing is left to mend.
    expectSuccess(world.locara("check", manifest, "--fix"))
    #expect(contents(of: manifest) == mended)
  }

  @Test func fixLeavesWhatIsOnlyProbable() {
    let world = World("probable")
    let manifest = app(Self.misspelt, in: world)
    expectRefused(world.locara("check", manifest, "--fix"), status: 65, codes: ["LM001"])
    #expect(contents(of: manifest) == Array(Self.misspelt.utf8))
    #expect(world.locara("check", manifest, "--unsafe-fixes").status == 64)
    #expect(contents(of: manifest) == Array(Self.misspelt.utf8))
    expectSuccess(world.locara("check", manifest, "--fix", "--unsafe-fixes"))
    #expect(contents(of: manifest) == Array(Self.misspelt.replacing("capabilites", with: "capabilities").utf8))
  }

  /// A report on standard output is one document, whatever was mended before.
  @Test func fixesAreToldBesideTheReport() {
    let world = World("fix-json")
    let manifest = app(BadManifestTests.good + "capabilities: {net: no}\n", in: world)
    let outcome = world.locara("check", manifest, "--fix", "--format", "json")
    expectSuccess(outcome)
    #expect(query("[document['errors']]", outcome) == ["0"])
    #expect(outcome.errors.contains("1 fix applied"), "\(outcome)")
  }

  @Test func whatCannotBeReadKeepsNoOtherFromBeingMended() {
    let world = World("fix-gone")
    let manifest = app(BadManifestTests.good + "capabilities: {net: no}\n", in: world)
    let outcome = world.locara("check", "--fix", "nothere.yaml", manifest)
    #expect(outcome.status == 65 && outcome.errors.contains("nothere.yaml"), "\(outcome)")
    #expect(contents(of: manifest) == Array((BadManifestTests.good + "capabilities: {net: false}\n").utf8))
  }

  /// What `--strict` says is mended like anything else.
  @Test func strictFixesAreApplied() {
    let world = World("fix-strict")
    let manifest = app(BadManifestTests.good + "license: Apache2\n", in: world)
    let outcome = world.locara("check", "--strict", "--fix", "--unsafe-fixes", manifest)
    expectSuccess(outcome)
    #expect(contents(of: manifest) == Array((BadManifestTests.good + "license: Apache-2.0\n").utf8))
  }

  @Test func explainsKeysAndCodes() {
    let world = World("explain")
    for (topic, word) in [
      ("limits.memory", "512MiB"), ("LM012", "not a size"), ("LP104", "widening"),
      ("capabilities.net", "capabilities.net"),
    ] {
      let outcome = world.locara("explain", topic)
      expectSuccess(outcome)
      #expect(outcome.output.contains(topic) && outcome.output.contains(word), "\(outcome)")
    }
    let keys = world.locara("explain").output.split(separator: "\n").map(String.init)
    #expect(keys.count > 40 && keys.contains("limits.memory"), "\(keys)")
    for (topic, meant) in [
      ("limits.memroy", "limits.memory"), ("LM0012", "LM001"), ("net", "capabilities.net"), ("limits.", "limits"),
    ] {
      let outcome = world.locara("explain", topic)
      #expect(outcome.status == 64 && outcome.errors.contains("`\(meant)`"), "\(outcome)")
      expectNoTrace(outcome)
    }
  }

  @Test func explainsTheLanguageAsASchema() {
    let outcome = World("schema").locara("explain", "--schema")
    expectSuccess(outcome)
    #expect(query("[document['$schema']]", outcome) == ["https://json-schema.org/draft/2020-12/schema"])
    #expect(
      query("[k in document['properties'] for k in ('schema', 'limits', 'tests')]", outcome) == [
        "True", "True", "True",
      ])
    #expect(query("[document['additionalProperties']]", outcome) == ["False"])
  }

  @Test func testsWhatTheManifestStates() {
    let world = World("tests")
    let tests = """
      tests:
        - name: nothing leaves
          deny: ["connect example.com:443"]
        - name: data is kept
          allow: ["write app-data/x"]

      """
    let outcome = world.locara("test", "--policy-only", app(BadManifestTests.good + tests, in: world))
    expectSuccess(outcome)
    #expect(
      outcome.output == """
        ok   nothing leaves: deny connect example.com:443
        ok   data is kept: allow write app-data/x

        """)
    let wrong = app(BadManifestTests.good + "capabilities: {net: true}\n" + tests, as: "wrong", in: world)
    // The statement, and the place that grants what it denies.
    expectRefused(
      world.locara("test", wrong), status: 65, codes: ["LM076"], naming: ["nothing leaves", "granted here"])
  }
}

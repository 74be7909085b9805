import TestSupport
import Testing

/// What `locara compile` writes for the fixture apps, byte for byte. `make golden` records it anew.
@Suite struct ArtifactTests {
  private func expectArtifacts(of app: String, in world: World, sourceLocation: SourceLocation = #_sourceLocation) {
    let output = world.directory("artifacts-\(app)")
    let outcome = world.locara("compile", Locations.fixture("apps/\(app)/locara.yaml"), "-o", output)
    expectSuccess(outcome, sourceLocation: sourceLocation)
    let files = entries(below: output).filter { contents(of: "\(output)/\($0)") != nil }
    #expect(files.count >= 5, "\(files)", sourceLocation: sourceLocation)
    for file in files {
      expectGolden(contents(of: "\(output)/\(file)") ?? [], "golden/\(app)/\(file)", sourceLocation: sourceLocation)
    }
    let golden = Locations.fixture("golden/\(app)")
    let expected = entries(below: golden).filter { contents(of: "\(golden)/\($0)") != nil }
    #expect(files == expected, "other files than fixtures/golden/\(app) has", sourceLocation: sourceLocation)
  }

  @Test func hello() { expectArtifacts(of: "hello-c", in: World("artifacts")) }

  @Test(.enabled(if: SemanticNotes.canRun, "\(SemanticNotes.reason)"))
  func semanticNotes() { expectArtifacts(of: "semantic-notes", in: World("artifacts")) }

  @Test(arguments: ["syntax", "manifest", "policy", "plan"])
  func emitsOnRequest(artifact: String) {
    let outcome = World("emit").locara("compile", Locations.fixture("apps/hello-c/locara.yaml"), "--emit", artifact)
    expectSuccess(outcome)
    expectGolden(outcome.output, "golden/emit/hello-c.\(artifact)")
  }

  /// The filters as the kernel reads them: whole instructions, and no more than it accepts.
  @Test func filtersAreWhole() throws {
    let world = World("filters")
    let output = world.directory("out")
    expectSuccess(world.locara("compile", Locations.fixture("apps/hello-c/locara.yaml"), "-o", output))
    let filters = entries(below: output).filter { $0.hasSuffix(".bpf") }
    #expect(filters.count >= 2, "one for each architecture: \(entries(below: output))")
    for filter in filters {
      let size = try #require(contents(of: "\(output)/\(filter)")).count
      #expect(size > 0 && size % 8 == 0 && size <= 4096 * 8)
    }
  }
}

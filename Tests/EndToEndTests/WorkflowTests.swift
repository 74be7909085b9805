import TestSupport
import Testing

/// The workflows of `spec/ci.md`: valid by the schemas of both services, and exercised by running their very commands in
/// a clone as the services make one.
@Suite struct WorkflowTests {
  /// The YAML blocks of the page, in order.
  static let workflows: [String] = {
    let text = String(decoding: contents(of: "\(Locations.repository)/spec/ci.md") ?? [], as: UTF8.self)
    return text.matches(of: /(?s)```yaml\n(.*?)```/).map { String($0.output.1) }
  }()

  @Test(.enabled(if: PythonPackages.areExpected, "\(PythonPackages.reason)"))
  func areValid() throws {
    try #require(Self.workflows.count == 2)
    for (workflow, schema) in zip(Self.workflows, ["github-workflows.json", "gitlab-ci.json"]) {
      #expect(SchemaValidation.problems(Array(workflow.utf8), against: schema, isYAML: true) == [])
    }
    let wrong = Self.workflows[0].replacing("runs-on:", with: "run-on:")
    #expect(SchemaValidation.problems(Array(wrong.utf8), against: "github-workflows.json", isYAML: true) != [])
  }

  /// A clone with the base as a remote branch and the change checked out.
  private func clone(_ change: String) throws -> (repository: DiffCommandTests.Repository, place: String) {
    let repository = try DiffCommandTests.Repository()
    repository.world.directory.write(change, to: "repository/locara.yaml")
    for words in [
      ["checkout", "-q", "-b", "change"], ["add", "-A"], ["commit", "-q", "--allow-empty", "-m", "change"],
      ["clone", "-q", "--branch", "change", repository.path, "\(repository.world.directory("clone"))"],
    ] {
      expectSuccess(repository.git(words))
    }
    // The services find `locara` in the path.
    _ = run(["mkdir", "-p", repository.world.directory("bin")])
    _ = run(["ln", "-sfn", Locations.locara, repository.world.directory("bin/locara")])
    return (repository, repository.world.directory("clone"))
  }

  /// Runs one command as a service's shell does.
  private func step(_ command: String, _ clone: (repository: DiffCommandTests.Repository, place: String)) -> Outcome {
    let world = clone.repository.world
    let base = run(["git", "-C", clone.place, "rev-parse", "origin/main"]).output.split(separator: "\n").first ?? ""
    return world.command(
      ["/bin/bash", "-e", "-o", "pipefail", "-c", command.replacing("${{ github.base_ref }}", with: "main")],
      in: clone.place,
      environment: [
        "PATH": "\(world.directory("bin")):/usr/bin:/bin", "CI_MERGE_REQUEST_DIFF_BASE_SHA": String(base),
        "GITHUB_STEP_SUMMARY": world.directory("summary.md"),
      ])
  }

  private static let gitHub = workflows[0].matches(of: /run: (.*)/).map { String($0.output.1) }
  private static let gitLab = workflows[1].matches(of: /\ {4}- (locara .*)/).map { String($0.output.1) }

  @Test func gitHubStopsAtWhatIsNew() throws {
    try #require(Self.gitHub.count == 3)
    let clone = try clone(DiffCommandTests.open)
    let annotations = step(Self.gitHub[0], clone)
    #expect(annotations.status == 2 && annotations.output.hasPrefix("::error file=locara.yaml,line="), "\(annotations)")
    let summary = step(Self.gitHub[1], clone)
    expectSuccess(summary)
    let written = contents(of: clone.repository.world.directory("summary.md")) ?? []
    #expect(
      String(decoding: written, as: UTF8.self).hasPrefix("## Policy review: 1 app compared, 1 can do something new"))
    expectSuccess(step(Self.gitHub[2], clone))
    let sarif = try #require(contents(of: "\(clone.place)/policy.sarif"))
    if PythonPackages.areExpected { #expect(SchemaValidation.problems(sarif, against: "sarif.json") == []) }
  }

  @Test func gitLabStopsAtWhatIsNew() throws {
    try #require(Self.gitLab.count == 2)
    let clone = try clone(DiffCommandTests.open)
    expectSuccess(step(Self.gitLab[0], clone))
    #expect(contents(of: "\(clone.place)/policy.html")?.starts(with: "<!DOCTYPE html>".utf8) == true)
    let gate = step(Self.gitLab[1], clone)
    #expect(gate.status == 2 && gate.output.contains("now allowed: connect"), "\(gate)")
  }

  @Test func aChangeOfNothingPasses() throws {
    let clone = try clone(DiffCommandTests.closed + "# a comment\n")
    for command in Self.gitHub + Self.gitLab { expectSuccess(step(command, clone)) }
  }
}

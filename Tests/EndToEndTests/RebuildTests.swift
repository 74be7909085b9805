import BundleFormat
import TestSupport
import Testing

/// `build --check` and `verify --rebuild`: whether a build says the same twice, here and from the bundle alone.
@Suite struct RebuildTests {
  static let build = "{sources: [src/**], steps: [{run: [sh, src/make.sh], outputs: [out/made]}]}"

  /// Steps of which no clock, place or order reaches the output.
  @Test func aReproducibleBuildIsTheSameTwice() throws {
    let app = SteppedApp(
      build: Self.build,
      files: ["src/make.sh": "{ date -u -d @$SOURCE_DATE_EPOCH; env | sort; cat src/*; ls src | sort; } > out/made"])
    let outcome = app.build("--check")
    expectSuccess(outcome)
    for condition in ["directory", "home", "locale", "time zone", "umask", "time"] {
      #expect(outcome.errors.contains(condition), "\(condition) was not varied: \(outcome)")
    }
    #expect(outcome.output.hasPrefix("\(app.bundle) sha256:"))
  }

  /// The control: a step that writes what time it is. The file and the byte are named.
  @Test func aClockInTheOutputIsFound() throws {
    let app = SteppedApp(build: Self.build, files: ["src/make.sh": "echo always the same > out/made; date >> out/made"])
    let outcome = app.build("--check")
    #expect(outcome.status == 2, "\(outcome)")
    #expect(outcome.errors.contains("not reproducible: out/made: byte "), "\(outcome)")
    let json = app.build("--check", "--format", "json")
    #expect(json.status == 2)
    #expect(
      json.output.contains("\"reproducible\": false") && json.output.contains("\"place\": \"out/made\""), "\(json)")
  }

  @Test func aRandomByteIsFound() throws {
    let app = SteppedApp(
      build: Self.build, files: ["src/make.sh": "head -c 5 /dev/zero > out/made; head -c 16 /dev/urandom >> out/made"])
    let outcome = app.build("--check")
    #expect(outcome.status == 2, "\(outcome)")
    #expect(outcome.errors.contains("out/made: byte 5 differs"), "\(outcome)")
  }

  @Test func aBundleIsBuiltAgainFromItselfAlone() throws {
    let app = SteppedApp(build: Self.build, files: ["src/make.sh": "cat src/data > out/made", "src/data": "data\n"])
    expectSuccess(app.build())
    // Somebody else, who has the bundle and nothing more.
    let other = World("reviewer")
    let bundle = other.directory.copy(app.bundle, to: "got.locapp")
    let outcome = other.locara("verify", bundle, "--rebuild")
    expectSuccess(outcome)
    #expect(outcome.output.contains("acme/stepped@0.1.0 \(try Bundle.open(bundle).digest)"))
  }

  @Test func helloIsBuiltAgainFromItselfAlone() throws {
    expectSuccess(World("reviewer").locara("verify", Hello.built.bundle, "--rebuild"))
  }

  @Test(.enabled(if: SemanticNotes.canRun, "\(SemanticNotes.reason)"))
  func theDemoIsBuiltAgainFromItselfAlone() throws {
    let prepared = try #require(SemanticNotes.prepared)
    let outcome = World("reviewer").locara(["verify", prepared.bundle, "--rebuild"], timeout: 300)
    expectSuccess(outcome)
  }

  /// A bundle that was not made from what it says: a reviewer must see it.
  @Test func aBundleOfAnotherMakingIsFound() throws {
    let app = SteppedApp(build: Self.build, files: ["src/make.sh": "date +%s%N > out/made"])
    expectSuccess(app.build())
    let outcome = app.world.locara("verify", app.bundle, "--rebuild")
    #expect(outcome.status == 2, "\(outcome)")
    #expect(outcome.errors.contains("first difference: out/made: byte "), "\(outcome)")
  }

  @Test func inputsAreNeededForARebuild() throws {
    let hash = "\(run(["sh", "-c", "printf input | sha256sum | cut -d' ' -f1"]).output)".trimmed
    let app = SteppedApp(
      build:
        "{sources: [src/**], inputs: [{url: \"file:third\", sha256: \(hash)}], steps: [{run: [cp, third, out/made], outputs: [out/made]}]}",
      files: ["src/a": "", "third": "input"])
    expectSuccess(app.build())
    let other = World("reviewer")
    expectRefused(other.locara("verify", app.bundle, "--rebuild"), status: 65, codes: ["LB055"], naming: [hash])
    expectSuccess(other.locara("verify", app.bundle, "--rebuild", "--input", "\(app.directory)/third"))
  }

  @Test func verifyWantsToKnowWhat() {
    expectUsage(World().locara("verify", Hello.built.bundle))
  }

  private func expectUsage(_ outcome: Outcome) {
    #expect(outcome.status == 64, "\(outcome)")
    #expect(outcome.errors.contains("--rebuild"))
  }
}

extension String {
  fileprivate var trimmed: String { split(separator: "\n").first.map(String.init) ?? self }
}

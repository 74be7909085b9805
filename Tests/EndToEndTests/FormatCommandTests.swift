import TestSupport
import Testing

/// `locara fmt`: what is written, and what is only said.
@Suite struct FormatCommandTests {
  private static let untidy = "schema:   locara/v1   # the language\nname: small\ntags:\n- a\n- b\n"
  private static let tidy = "schema: locara/v1  # the language\nname: small\ntags:\n  - a\n  - b\n"

  @Test func filesAreWrittenOnceAndNamed() {
    let world = World("fmt")
    let path = world.directory.write(Self.untidy, to: "app/locara.yaml")
    expectSuccess(world.command(["chmod", "640", path]))
    let outcome = world.locara("fmt", "app")
    expectSuccess(outcome)
    #expect(outcome.output == "app/locara.yaml\n")
    #expect(contents(of: path) == Array(Self.tidy.utf8))
    #expect(world.command(["stat", "-c", "%a", path]).output == "640\n")
    let again = world.locara("fmt", "app")
    #expect(again.status == 0 && again.everything == "", "\(again)")
  }

  @Test func checkAndDiffWriteNothing() {
    let world = World("fmt-check")
    let path = world.directory.write(Self.untidy, to: "app/locara.yaml")
    let check = world.locara("fmt", "--check", "app")
    #expect(check.status == 2 && check.output == "app/locara.yaml\n", "\(check)")
    let diff = world.locara("fmt", "--diff", path)
    expectSuccess(diff)
    #expect(contents(of: path) == Array(Self.untidy.utf8))
    #expect(
      diff.output.split(separator: "\n").dropFirst(2).map(String.init) == [
        "@@ -1,5 +1,5 @@", "-schema:   locara/v1   # the language", "+schema: locara/v1  # the language",
        " name: small",
        " tags:", "-- a", "-- b", "+  - a", "+  - b",
      ], "\(diff)")
  }

  @Test func standardInputGoesToStandardOutput() {
    let world = World("fmt-input")
    let outcome = world.locara(["fmt", "-"], input: Array(Self.untidy.utf8))
    expectSuccess(outcome)
    #expect(outcome.output == Self.tidy)
    #expect(world.locara(["fmt", "--check", "-"], input: Array(Self.untidy.utf8)).status == 2)
    #expect(world.locara(["fmt", "--check", "-"], input: Array(Self.tidy.utf8)).status == 0)
  }

  @Test func whatIsNotYAMLStaysAsItIs() {
    let world = World("fmt-wrong")
    let path = world.directory.write("a: [1\n", to: "locara.yaml")
    expectRefused(world.locara("fmt", path), status: 65, codes: ["LY016"])
    #expect(contents(of: path) == Array("a: [1\n".utf8))
    #expect(world.locara("fmt", "-", path).status == 64)
    expectRefused(
      world.locara(["fmt", "-"], input: [UInt8](repeating: 32, count: 17 << 20)), status: 65, codes: ["LX004"])
  }
}

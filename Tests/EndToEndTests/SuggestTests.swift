import Foundation
import TestSupport
import Testing

/// What an app was denied becomes a patch for its manifest, and the patch allows it.
@Suite struct SuggestTests {
  private let world = World("suggest")

  /// Runs hello-c with `--suggest`, as built from its own manifest.
  private func suggestion(_ words: String...) -> Outcome {
    expectSuccess(Hello.built.outcome)
    let outcome = world.locara(["run", Hello.built.bundle, "--suggest", "--"] + words)
    expectNoTrace(outcome)
    return outcome
  }

  /// The lines of a text that are a patch.
  private func patch(_ text: String) -> String {
    guard let start = text.range(of: "--- a/locara.yaml\n") else { return "" }
    return text[start.lowerBound...].split(separator: "\n", omittingEmptySubsequences: false)
      .prefix { !$0.hasPrefix("#") && !$0.isEmpty }.joined(separator: "\n") + "\n"
  }

  /// Applies the patch to a copy of the manifest with patch(1), builds, and runs again.
  private func patched(_ patch: String, _ words: [String], without tests: String? = nil) -> Outcome {
    let app = world.copy(app: "hello-c", to: "patched")
    if let tests { rewrite(app, tests, "") }
    let applied = world.command(["patch", "-p1", "--fuzz=0"], in: app, input: Array(patch.utf8))
    #expect(applied.status == 0, "\(applied) \(patch)")
    // The same version with other rights would be refused.
    rewrite(app, "version: 0.1.0", "version: 0.2.0")
    let bundle = world.directory("patched.locapp")
    expectSuccess(world.locara("build", "\(app)/locara.yaml", "-o", bundle))
    return world.locara(["run", "--accept-widening", bundle, "--"] + words)
  }

  private func rewrite(_ app: String, _ old: String, _ new: String) {
    let place = "\(app)/locara.yaml"
    let manifest = (try? String(contentsOfFile: place, encoding: .utf8)) ?? ""
    #expect(manifest.contains(old), "\(manifest)")
    #expect(throws: Never.self) {
      try manifest.replacing(old, with: new).write(toFile: place, atomically: true, encoding: .utf8)
    }
  }

  private func command(_ words: [String], input: String) -> Outcome { run(words, input: Array(input.utf8)) }

  /// The manifest's own test says that there shall be no network: no patch undoes that behind its author's back.
  @Test func aTestOfTheManifestStandsInTheWay() {
    let outcome = suggestion("socket", "inet")
    #expect(patch(outcome.errors) == "", "\(outcome)")
    #expect(outcome.errors.contains("# Also needed, for you to complete: capabilities.net: true"), "\(outcome)")
    #expect(outcome.errors.contains("nothing leaves the machine"), "\(outcome)")
  }

  private static let test = """
      - name: nothing leaves the machine
        deny: ["connect example.com:443", "connect 1.1.1.1:53"]

    """

  @Test func aSocketNeedsTheNetwork() {
    let app = world.copy(app: "hello-c")
    rewrite(app, Self.test, "")
    let bundle = world.directory("untested.locapp")
    expectSuccess(world.locara("build", "\(app)/locara.yaml", "-o", bundle))
    let outcome = world.locara(["run", bundle, "--suggest", "--", "socket", "inet"])
    #expect(outcome.output == "denied EPERM\n", "\(outcome)")
    #expect(
      patch(outcome.errors).contains("-  net: false\n+  net: true\n"), "\(outcome)")
    #expect(outcome.errors.contains("# What this allows:"), "\(outcome)")
    #expect(outcome.errors.contains("connect "), "no operation that shows it: \(outcome)")
    #expect(patched(patch(outcome.errors), ["socket", "inet"], without: Self.test).output == "ok\n")
  }

  /// A file that is not in the app's tree: the kernel says that there is none.
  @Test func aFileOfTheUserNeedsItsPath() {
    let diary = "\(world.home)/Documents/diary.txt"
    let outcome = suggestion("read", diary)
    #expect(outcome.output == "denied ENOENT\n", "\(outcome)")
    #expect(
      outcome.errors.contains("denied openat(\"\(diary)\"") || outcome.errors.contains("denied open(\"\(diary)\""))
    #expect(outcome.errors.contains("read: [\"~/Documents/diary.txt\"]"), "\(outcome)")
    #expect(outcome.errors.contains("read home/Documents/diary.txt") || outcome.errors.contains("~/Documents"))
    let again = patched(patch(outcome.errors), ["read", "/home/Documents/diary.txt"])
    #expect(again.output.contains("private"), "\(again)")
  }

  @Test func whatNoManifestAllowsIsSaid() {
    let outcome = suggestion("call", "mount")
    #expect(outcome.errors.contains("# No manifest allows what was denied."), "\(outcome)")
    #expect(patch(outcome.errors) == "", "\(outcome)")
    #expect(suggestion("write", "/app/x").errors.contains("an app's own files never change"))
  }

  @Test func nothingDeniedNeedsNothing() {
    let outcome = suggestion("greet", "x")
    #expect(outcome.errors.contains("# Nothing was denied: no line is missing."), "\(outcome)")
    #expect(outcome.output == "Hello, x!\n")
  }

  /// Without the option nobody asks about files, and the app is no slower; a failed app says where to look.
  @Test func filesAreToldOfWhenAskedFor() {
    let diary = "\(world.home)/Documents/diary.txt"
    let quiet = world.locara(["run", Hello.built.bundle, "--", "read", diary])
    #expect(!quiet.errors.contains("diary"), "\(quiet)")
    let told = world.locara(["run", Hello.built.bundle, "--explain-files", "--", "read", diary])
    #expect(told.errors.contains("the app's file tree does not have it"), "\(told)")
    #expect(told.output == quiet.output && told.status == quiet.status)
    let change = world.locara(["run", Hello.built.bundle, "--explain-files", "--", "write", "/usr/x"])
    #expect(change.errors.contains("/usr/x"), "\(change)")
    // What is allowed is not told of.
    expectSuccess(world.locara(["run", Hello.built.bundle, "--explain-files", "--", "keep", "a", "b"]))
    #expect(!world.locara(["run", Hello.built.bundle, "--explain-files", "--", "show", "a"]).errors.contains("denied"))
  }

  @Test func denialsOfAFileBecomeAPatch() {
    let file = world.directory("denials.jsonl")
    _ = world.locara(["run", Hello.built.bundle, "--denials", file, "--", "socket", "unix"])
    let text = world.locara("suggest", Hello.built.bundle, "--denials", file)
    #expect(text.status == 0 && text.output.contains("+"), "\(text)")
    let json = world.locara("suggest", Hello.built.bundle, "--denials", file, "--format", "json")
    #expect(json.status == 0 && json.output.contains("\"patch\""), "\(json)")
    world.directory.write("not a denial\n", to: "wrong.jsonl")
    expectRefused(
      world.locara("suggest", Hello.built.bundle, "--denials", world.directory("wrong.jsonl")), status: 65,
      codes: ["LP020"])
  }
}

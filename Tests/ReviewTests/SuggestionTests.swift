import Review
import SystemIO
import TestSupport
import Testing

/// Patches for manifests of every style, each the smallest that allows what was denied.
@Suite struct SuggestionTests {
  private let directory = TemporaryDirectory("suggestion")
  private static let head = "schema: locara/v1\nname: a\npublisher: b\nversion: 1.0.0\nentry: {command: [python3]}\n"

  /// The lines that a patch adds and removes.
  private func changes(_ manifest: String, _ lines: [String]) throws -> [String] {
    directory.write(Self.head + manifest, to: "locara.yaml")
    let denials = lines.map { line in
      let escaped = line.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"")
      return
        "{\"answer\":\"EPERM\",\"arguments\":[],\"call\":\"x\",\"capability\":\"\",\"manifest\":\"\(escaped)\",\"reason\":\"r\"}\n"
    }
    let suggestion = try ManifestSuggestion(
      ManifestSource(directory("locara.yaml")), denials: Array(denials.joined().utf8), place: "denials")
    let patched = suggestion.patch
    if !patched.isEmpty {
      let outcome = run(["patch", "-p1", "--fuzz=0", "--dry-run"], in: directory.path, input: Array(patched.utf8))
      #expect(outcome.status == 0, "\(outcome)\n\(patched)")
      #expect(suggestion.report?.entries.isEmpty == false)
    }
    return patched.split(separator: "\n").map(String.init).filter {
      ($0.hasPrefix("+") || $0.hasPrefix("-")) && !$0.hasPrefix("+++") && !$0.hasPrefix("---")
    }
  }

  @Test(
    arguments: [
      ("", "net: true", ["+capabilities: {net: true}"]),
      (
        "capabilities:\n  net: false  # private\n", "net: true",
        ["-  net: false  # private", "+  net: true  # private"]
      ),
      ("capabilities: {net: false}\n", "net: true", ["-capabilities: {net: false}", "+capabilities: {net: true}"]),
      ("capabilities: {}\n", "net: true", ["-capabilities: {}", "+capabilities: {net: true}"]),
      (
        "capabilities:\n  fs:\n    app-data: read\n", "fs: {read: [\"~/x\"]}", ["+    read: [\"~/x\"]"]
      ),
      (
        "capabilities:\n  fs:\n    read:\n      - ~/a  # one\n", "fs: {read: [\"~/x\"]}", ["+      - \"~/x\""]
      ),
      (
        "capabilities: {fs: {read: [~/a]}}\n", "fs: {read: [\"~/x\"]}",
        ["-capabilities: {fs: {read: [~/a]}}", "+capabilities: {fs: {read: [~/a, \"~/x\"]}}"]
      ),
      ("capabilities:\n  net: false\n", "ipc: {shared-memory: true}", ["+  ipc: {shared-memory: true}"]),
      (
        "capabilities:\n  fs:\n    user-selected: false\n", "fs: {user-selected: read}",
        ["-    user-selected: false", "+    user-selected: read"]
      ),
    ] as [(String, String, [String])])
  func oneLineIsChangedWhereItBelongs(_ manifest: String, _ line: String, _ expected: [String]) throws {
    #expect(try changes(manifest, [line]) == expected)
  }

  @Test func whatIsGrantedAlreadyIsNotAdded() throws {
    #expect(try changes("capabilities: {net: true}\n", ["net: true"]) == [])
    #expect(try changes("capabilities:\n  fs:\n    read: [\"~/x\"]\n", ["fs: {read: [\"~/x\"]}"]) == [])
  }

  /// What one change brings along is not asked for twice.
  @Test func theChangeIsTheSmallest() throws {
    let lines = ["fs: {read: [\"~/d/**\"]}", "fs: {read: [\"~/d/a\"]}", "fs: {read: [\"~/d/b/c\"]}"]
    #expect(try changes("capabilities:\n  net: false\n", lines) == ["+  fs: {read: [\"~/d/**\"]}"])
  }

  @Test func whatTheAuthorMustChooseIsLeftOpen() throws {
    directory.write(Self.head, to: "locara.yaml")
    let line = "{\"manifest\":\"process: {spawn: [PROGRAM]}\"}\n{\"manifest\":\"\"}\n"
    let suggestion = try ManifestSuggestion(
      ManifestSource(directory("locara.yaml")), denials: Array(line.utf8), place: "denials")
    #expect(suggestion.patch == "" && suggestion.open == ["process: {spawn: [PROGRAM]}"] && suggestion.refused == 1)
  }

  @Test func whatIsNoDenialIsRefused() {
    directory.write(Self.head, to: "locara.yaml")
    for text in ["x\n", "{}\n", "[]\n", "{\"manifest\":1}\n", "\u{FFFD}\0\n"] {
      let failure = #expect(throws: Failure.self) {
        _ = try ManifestSuggestion(
          ManifestSource(directory("locara.yaml")), denials: Array(text.utf8), place: "denials")
      }
      #expect(failure?.code == "LP020")
    }
  }
}

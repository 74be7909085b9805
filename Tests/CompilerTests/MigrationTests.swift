import Diagnostics
import Lowering
import Manifest
import Testing

/// The way from older versions of the language, over versions that never were: `demo/v1` and `demo/v2`.
@Suite struct MigrationTests {
  static let table = [
    ManifestMigration(
      from: "demo/v1", to: "demo/v2",
      steps: [
        .rename(["title"], to: "displayName"), .rename(["network", "hosts"], to: "allowed_hosts"),
        .rename(["models", "file"], to: "files"), .wrap(["models", "files"], in: "list"),
      ]),
    ManifestMigration(
      from: "demo/v2", to: "locara/v1",
      steps: [
        .wrap(["network"], in: "net"), .rename(["network"], to: "capabilities"),
        .rename(["models", "files", "list"], to: "names"), .replace(["category"], "tools", with: "utilities"),
        .remove(["telemetry"], because: "an app says nothing of its users"),
        .remove(["models", "checksum"], because: "the lock has the hashes"),
        .remove(["*", "net", "legacy"], because: "it had no effect"),
        .remove(["models", "legacy"], because: "it had no effect"),
        .replace(["tags"], "old", with: "new"),
      ]),
  ]

  private func migrated(_ text: String) -> (text: String, notes: [String])? {
    let source = Source(path: "locara.yaml", bytes: Array(text.utf8))
    guard case .migrated(let bytes, let notes) = migrate(source, by: Self.table) else { return nil }
    return (String(decoding: bytes, as: UTF8.self), notes)
  }

  @Test func everyVersionBetweenIsPassed() {
    let result = migrated(
      """
      # The oldest of all.
      schema: demo/v1   # soon newer
      name: app
      "title":   Notes
      category: tools
      telemetry: true   # gone
      tags: [old, older] # kept
      network:
        # Where it may connect.
        hosts:
          - a.example
        legacy: 1

      models:
        - checksum: 12
          file: [w]
        - {checksum: 13, file: [x], legacy: yes}
      entry: {command: [bin/app]}

      """)
    #expect(
      result?.text == """
        # The oldest of all.
        schema: locara/v1   # soon newer
        name: app
        displayName:   Notes
        category: utilities
        tags: [new, older] # kept
        capabilities:
          # Where it may connect.
          net:
            allowed_hosts:
              - a.example

        models:
          - files: {names: [w]}
          - {files: {names: [x]}}
        entry: {command: [bin/app]}

        """)
    #expect(
      result?.notes.contains("`telemetry` is gone: an app says nothing of its users") == true
        && result?.notes.count == 5)
  }

  /// What comes out is a manifest of the newest version, and says the same as if it had been written so.
  @Test func whatComesOutCompiles() throws {
    let identity = "name: app\npublisher: acme\nversion: 0.1.0\nentry: {command: [bin/app]}\n"
    let old = "schema: demo/v2\n" + identity + "category: tools\nnetwork: {allowed_hosts: [a.example]}\n"
    let new =
      "schema: locara/v1\n" + identity + "category: utilities\ncapabilities: {net: {allowed_hosts: [a.example]}}\n"
    let result = try #require(migrated(old))
    func digest(_ text: String) -> String? {
      compile(CompilerInput(manifest: Source(path: "l", bytes: Array(text.utf8)))).policy.map { "\($0.policy.digest)" }
    }
    #expect(result.text == new)
    #expect(digest(result.text) != nil && digest(result.text) == digest(new))
  }

  @Test func whatIsNotKnownIsRefused() {
    func outcome(_ text: String, _ table: [ManifestMigration] = MigrationTests.table) -> [String] {
      switch migrate(Source(path: "l", bytes: Array(text.utf8)), by: table) {
      case .current: ["current"]
      case .migrated: ["migrated"]
      case .refused(let problems): problems.map(\.code)
      }
    }
    #expect(outcome("schema: locara/v1\nname: x\n") == ["current"])
    #expect(outcome("schema: locara/v9\n") == ["LM042"])
    #expect(outcome("name: x\n") == ["LM043"])
    #expect(outcome("") == ["LM043"])
    #expect(outcome("schema: [a") == ["LY016"])
    #expect(outcome("schema: demo/v1\n", []) == ["LM042"])
    let circle = [ManifestMigration(from: "a", to: "b", steps: []), ManifestMigration(from: "b", to: "a", steps: [])]
    #expect(outcome("schema: a\n", circle) == ["LM042"])
  }

  @Test func theTableLeadsToTheNewestVersion() {
    for migration in ManifestMigration.all {
      let source = Source(path: "l", bytes: Array("schema: \(migration.from)\n".utf8))
      guard case .migrated = migrate(source) else {
        Issue.record("no way from \(migration.from)")
        continue
      }
    }
  }
}

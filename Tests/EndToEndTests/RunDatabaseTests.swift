import Foundation
import TestSupport
import Testing

/// What `locara run` does with an app's database before the app starts.
@Suite struct RunDatabaseTests {
  private let database = DatabaseWorld()
  private var world: World { database.world }

  /// hello-c with a schema of its own, built. Another schema is another policy, so it has another version.
  private func build(_ name: String, _ storage: String, version: String = "0.1.0") throws -> String {
    let app = world.copy(app: "hello-c", to: name)
    let manifest = try String(contentsOfFile: "\(app)/locara.yaml", encoding: .utf8)
    world.directory.write(
      manifest.replacing("0.1.0", with: version) + "\nstorage:\n" + storage, to: "\(name)/locara.yaml")
    let bundle = world.directory("\(name).locapp")
    expectSuccess(world.locara("build", "\(app)/locara.yaml", "-o", bundle))
    return bundle
  }

  private func start(_ bundle: String) -> Outcome {
    world.locara("run", "--accept-widening", "--data", world.directory("state"), bundle, "--", "greet")
  }

  private static func notes(_ columns: String) -> String {
    "  tables: {notes: {columns: {id: {type: integer, primary-key: true}, \(columns)}}}\n"
  }

  @Test func aDatabaseIsMadeMigratedAndLeftAloneWhenBlocked() throws {
    let first = try build("first", Self.notes("body: text, mood: text"))
    #expect(start(first).output.contains("Hello"))
    let file = world.directory("state/app.db")
    database.sql("INSERT INTO notes (body, mood) VALUES ('a', 'glad'), (NULL, NULL)", in: file)
    let before = database.sql("SELECT * FROM notes", in: file)

    // A row is in the way: the app does not start, and the row is told.
    let second = try build("second", Self.notes("body: {type: text, not-null: true}, mood: text"), version: "0.2.0")
    let stopped = start(second)
    expectRefused(stopped, status: 125, codes: ["LS114"], naming: ["1 row of `notes`", "LR030"])
    #expect(!stopped.output.contains("Hello"))
    #expect(database.sql("SELECT * FROM notes", in: file) == before)

    // A loss that nobody allowed.
    let third = try build("third", Self.notes("body: text"), version: "0.3.0")
    expectRefused(start(third), status: 125, codes: ["LS113"], naming: ["drop column notes.mood"])
    #expect(database.sql("SELECT * FROM notes", in: file) == before)
    #expect(start(first).output.contains("Hello"))

    // Mended, it goes on; the backup has what was there.
    database.sql("UPDATE notes SET body = 'b' WHERE body IS NULL", in: file)
    let started = start(second)
    #expect(started.output.contains("Hello"), "\(started)")
    #expect(database.sql("SELECT body FROM notes", in: file) == "a\nb\n")
    #expect(database.sql("SELECT mood FROM notes WHERE id = 1", in: file + ".backup-1") == "glad\n")
    #expect(database.sql("PRAGMA journal_mode", in: file) == "wal\n")
    #expect(database.sql("SELECT count(*) FROM __locara_schema", in: file) == "2\n")
    expectSuccess(database.db("restore", file))
    #expect(database.sql("SELECT count(*) FROM __locara_schema", in: file) == "1\n")
    #expect(start(second).output.contains("Hello"), "migrated again after the restore")
  }

  /// Several first runs at once: one makes the database, the others find it.
  @Test func firstRunsAtOnce() throws {
    let bundle = try build("once", Self.notes("body: text"))
    let script =
      "for i in 1 2 3 4; do \"$tool\" run --data \"$state\" \"$bundle\" -- greet & done; "
      + "for job in $(jobs -p); do wait $job || exit 1; done"
    let outcome = world.command(
      ["/bin/bash", "-c", script],
      environment: ["tool": Locations.locara, "state": world.directory("state"), "bundle": bundle])
    expectSuccess(outcome)
    #expect(outcome.output.components(separatedBy: "Hello").count == 5, "\(outcome)")
    #expect(database.sql("SELECT count(*) FROM __locara_schema", in: world.directory("state/app.db")) == "1\n")
  }
}

import Backends
import Foundation
import PolicyIR
import SQLite
import SQLiteSchema
import SystemIO
import TestSupport
import Testing

/// A process that is killed in the middle of a migration leaves the old schema or the new one, with all rows.
@Suite struct CrashTests {
  /// Pairs of many kinds whose plans run.
  private static let cases = MigrationCase.all.filter { $0.expect.hasSuffix(" applied") && $0.group != "vec0" }
    .enumerated().filter { $0.offset % 5 == 0 }.map(\.element)

  @Test func thereAreEnough() { #expect(CrashTests.cases.count >= 20) }

  @Test(arguments: cases) func killedAtEveryStep(_ example: MigrationCase) async throws {
    let from = try compiled(example.from)
    let to = try compiled(example.to)
    let count = try MigrationPlanner.plan(from: from, to: to).steps.count + 1
    for step in 1...count {
      let directory = TemporaryDirectory("crash")
      let path = directory("app.db")
      _ = try DatabaseApply.apply(schema: from, to: path, extensions: [])
      do {
        let database = try Database(.file(path))
        try database.execute(example.rows)
      }
      let before = try dump(Database(.file(path)), from)
      await #expect(processExitsWith: .signal(SIGKILL)) {
        [path = path as String, sql = example.to as String, step = step as Int] in
        var options = DatabaseApply.Options()
        options.progress = { number, _ in if number == step { kill(getpid(), SIGKILL) } }
        _ = try DatabaseApply.apply(schema: compiled(sql), to: path, extensions: [], options: options)
      }
      // Whoever opens it next finds the old state, complete, and can go on from there.
      do {
        let database = try Database(.file(path))
        #expect(try database.value("PRAGMA integrity_check") == .text("ok"))
        #expect(try database.value("PRAGMA user_version") == .integer(Int64(from.userVersion)))
        #expect(try dump(database, from) == before)
        #expect(try LiveSchema.read(database) == .success(from))
      }
      guard case .migrated = try DatabaseApply.apply(schema: to, to: path, extensions: []) else {
        Issue.record("nothing was left to do")
        return
      }
      let database = try Database(.file(path))
      #expect(try LiveSchema.read(database) == .success(to))
    }
  }
}

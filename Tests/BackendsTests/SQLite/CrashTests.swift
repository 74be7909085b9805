import Foundation
import Migrations
import SQLite
import SQLiteSchema
import Schemas
import SystemIO
import TestSupport
import Testing

/// A process that is killed in the middle of a migration leaves the old schema or the new one, with all rows.
@Suite struct CrashTests {
  /// Pairs of every kind whose plans run: more of those with full-text indexes and vectors, which keep tables of their
  /// own.
  static let cases = MigrationCase.groups.flatMap { group in
    let applied = MigrationCase.all.filter { $0.expect.hasSuffix(" applied") && $0.group == group }
    let wanted = group == "fts5" || group == "vec0" ? 5 : 2
    let stride = max(1, applied.count / wanted)
    return applied.enumerated().filter { $0.offset % stride == 0 }.prefix(wanted).map(\.element)
  }

  @Test func thereAreEnough() {
    #expect(CrashTests.cases.count >= 20)
    for group in ["fts5", "vec0"] { #expect(CrashTests.cases.count { $0.group == group } >= 5) }
  }

  /// A connection that knows vec0: the extension where there is one, else the stand-in, whose rows are in a table as well.
  private static func open(_ path: String) throws -> Database {
    let database = try Database(.file(path))
    if let library = VectorExtensionTests.path {
      try database.loadExtension(library)
    } else {
      try ScratchDatabase.addVectors(to: database)
    }
    return database
  }

  private struct State: Equatable {
    var schema: Schema
    var version: Int64?
    var rows: [String]

    init(_ path: String, _ from: Schema, _ to: Schema) throws {
      let database = try CrashTests.open(path)
      #expect(try database.value("PRAGMA integrity_check") == .text("ok"))
      guard case .success(let live) = try LiveSchema.read(database) else { throw CancellationError() }
      schema = live
      version = try database.value("PRAGMA user_version")?.integerValue
      rows = try dump(database, live == from ? from : to)
    }
  }

  /// Boundaries: before the backup, before each statement of the plan, before verifying, recording and committing, and
  /// after the commit.
  @Test(arguments: cases) func killedAtEveryBoundary(_ example: MigrationCase) async throws {
    let from = try compiled(example.from)
    let to = try compiled(example.to)
    let directory = TemporaryDirectory("crash")
    let original = directory("original.db")
    do {
      let database = try CrashTests.open(original)
      #expect(try DatabaseApply.apply(schema: from, in: database, path: original) == .created)
      try database.execute(example.rows)
      _ = try database.query("PRAGMA wal_checkpoint(TRUNCATE)")
    }
    let old = try State(original, from, to)
    let finished = directory("finished.db")
    try Files.replace(finished, with: Files.read(original, limit: 1 << 26))
    guard case .migrated = try DatabaseApply.apply(schema: to, in: CrashTests.open(finished), path: finished) else {
      Issue.record("nothing to do")
      return
    }
    let new = try State(finished, from, to)
    let count = try MigrationPlanner.plan(from: from, to: to).steps.count + 4
    for step in 0...count {
      let path = directory("\(step).db")
      try Files.replace(path, with: Files.read(original, limit: 1 << 26))
      await #expect(processExitsWith: .signal(SIGKILL)) {
        [path = path as String, sql = example.to as String, step = step as Int] in
        var options = DatabaseApply.Options()
        options.progress = { number, _ in if number == step { kill(getpid(), SIGKILL) } }
        let database = try CrashTests.open(path)
        _ = try DatabaseApply.apply(schema: compiled(sql), in: database, path: path, options: options)
      }
      // Whoever opens it next finds one of the two, complete: the new one after the commit and not before.
      let state = try State(path, from, to)
      #expect(state == (step < count ? old : new), "killed at \(step) of \(count)")
      let after = try DatabaseApply.apply(schema: to, in: CrashTests.open(path), path: path)
      if step == count { #expect(after == .unchanged) }
      #expect(try State(path, from, to) == new)
    }
  }
}

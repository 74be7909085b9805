internal import SQLite
internal import SQLiteSchema
internal import Schemas
internal import SystemIO

/// Runs plans. The caller has opened a transaction, with foreign keys off: inside one that switch does nothing, and with
/// them on `DROP TABLE` deletes the rows of children.
enum MigrationRunner {
  /// What stopped a plan: nothing that was done by then is to be kept.
  enum Stop: Error {
    /// A check counted rows that the plan cannot take along.
    case refused(count: Int64, problem: String)
    case failed(step: String, SQLiteError)
    case broken(String)
  }

  /// - Parameter progress: called before each step of the plan, with its number from 1, and before verifying.
  static func run(
    _ plan: MigrationPlan, to schema: Schema, in database: borrowing Database,
    progress: (_ step: Int) -> Void = { _ in }
  ) throws(Stop) {
    for (index, step) in plan.steps.enumerated() {
      progress(index + 1)
      switch step {
      case .run(let sql):
        do throws(SQLiteError) {
          try database.execute(sql)
        } catch {
          throw .failed(step: sql, error)
        }
      case .expectZero(let sql, let problem):
        let count: Int64?
        do throws(SQLiteError) {
          count = try database.value(sql)?.integerValue
        } catch {
          throw .failed(step: sql, error)
        }
        guard count == 0 else { throw .refused(count: count ?? -1, problem: problem) }
      }
    }
    progress(plan.steps.count + 1)
    try verify(schema, after: plan, in: database)
  }

  /// What has to hold before the transaction is committed.
  private static func verify(
    _ schema: Schema, after plan: MigrationPlan, in database: borrowing Database
  ) throws(Stop) {
    do {
      if let row = try database.query("PRAGMA foreign_key_check").first {
        let child = row.first?.textValue ?? ""
        let parent = row.count > 2 ? row[2].textValue ?? "" : ""
        let count = try database.value("SELECT count(*) FROM pragma_foreign_key_check")?.integerValue ?? 1
        throw Stop.refused(
          count: count, problem: "references have no parent, first from `\(child)` to `\(parent)`")
      }
      for table in schema.tables where plan.writes(table.name) {
        let report = try database.value("PRAGMA integrity_check(\(table.name.sql))")?.textValue
        guard report == "ok" else { throw Stop.broken("integrity check of `\(table.name)`: \(report ?? "no answer")") }
      }
      switch try LiveSchema.read(database) {
      case .success(let live) where live == schema: return
      case .success(let live):
        throw Stop.broken("the schema came out other: \(live.differences(from: schema).joined(separator: ", "))")
      case .failure(let error): throw Stop.broken("the schema came out unreadable: \(error.problem)")
      }
    } catch let error as SQLiteError {
      throw .failed(step: "verify", error)
    } catch let stop as Stop {
      throw stop
    } catch {
      throw .broken("\(error)")
    }
  }
}

extension MigrationPlan {
  /// Whether a step creates, fills or alters a table or an index of it.
  fileprivate func writes(_ table: SQLName) -> Bool {
    let ends = [" RENAME TO \(table.sql)", "CREATE TABLE \(table.sql) ("]
    let middles = ["ALTER TABLE \(table.sql) ", " ON \(table.sql) ("]
    return steps.contains { step in
      guard case .run(let sql) = step else { return false }
      return ends.contains { sql.hasSuffix($0) || sql.hasPrefix($0) } || middles.contains { sql.contains($0) }
    }
  }
}

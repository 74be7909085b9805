internal import SQLite
internal import Schemas

/// How much a migration writes, and about how long it takes, by a measurement on the database itself.
package struct MigrationEstimate: Hashable, Sendable {
  /// Rows that are copied or indexed, those that are gone through twice counted twice.
  package var rows: Int64
  /// Bytes of the whole database.
  package var bytes: Int64
  /// Wall-clock time with the backup; a quarter of it more or less is usual.
  package var duration: Duration

  package init(rows: Int64, bytes: Int64, duration: Duration) {
    self.rows = rows
    self.bytes = bytes
    self.duration = duration
  }

  /// Databases of fewer bytes are migrated in well under a second.
  private static let threshold: Int64 = 4 << 20
  /// Rows and bytes that are copied on trial.
  private static let sample = (rows: 20_000.0, bytes: Double(1 << 20))

  /// How much longer rows take that go through the log into the file and are checked there, than those of the trial
  /// (measured with a million rows of 60 bytes and one index).
  private static let throughDisk = 2.0

  /// Copies some rows of the largest table and undoes it.
  ///
  /// - Parameter backsUp: whether the database is copied first.
  /// - Returns: nil when it is not worth telling.
  static func measure(
    _ plan: MigrationPlan, backsUp: Bool, in database: borrowing Database
  ) throws(SQLiteError) -> MigrationEstimate? {
    let pages = try database.value("PRAGMA page_count")?.integerValue ?? 0
    let bytes = pages * (try database.value("PRAGMA page_size")?.integerValue ?? 0)
    guard bytes >= threshold, !plan.copies.isEmpty || backsUp else { return nil }
    var counts: [SQLName: Int64] = [:]
    var rows: Int64 = 0
    var work = 0.0
    for copy in plan.copies {
      if counts[copy.table] == nil { counts[copy.table] = try count(copy.table, database) }
      let count = counts[copy.table] ?? 0
      rows += count
      work += Double(count) * copy.cost
    }
    let largest = counts.max { ($0.value, $1.key) < ($1.value, $0.key) }
    var seconds = 0.0
    if let largest, largest.value > 0 {
      let size = max(1, Double(bytes) / Double(largest.value))
      let limit = Int(max(50, min(sample.rows, sample.bytes / size)))
      let taken = min(Double(limit), Double(largest.value))
      let perRow = try time(copying: largest.key, limit, database) / taken
      seconds = perRow * work * throughDisk
      // A copy of the file is about as fast as one of its rows.
      if backsUp { seconds += perRow * Double(bytes) / size * 0.5 }
    } else if backsUp {
      seconds = Double(bytes) / 200e6
    }
    return MigrationEstimate(rows: rows, bytes: bytes, duration: .milliseconds(Int64(seconds * 1000)))
  }

  private static func count(_ table: SQLName, _ database: borrowing Database) throws(SQLiteError) -> Int64 {
    try database.value("SELECT count(*) FROM \(table.sql)")?.integerValue ?? 0
  }

  /// Seconds. Nothing of it reaches the disk: it fits into the cache, and is rolled back.
  private static func time(
    copying table: SQLName, _ limit: Int, _ database: borrowing Database
  ) throws(SQLiteError) -> Double {
    try database.execute("BEGIN IMMEDIATE")
    defer { try? database.execute("ROLLBACK") }
    let start = ContinuousClock.now
    try database.execute("CREATE TABLE __locara_sample AS SELECT * FROM \(table.sql) LIMIT \(limit)")
    let took = start.duration(to: .now).components
    return Double(took.seconds) + Double(took.attoseconds) / 1e18
  }
}

internal import Glibc
internal import SQLite
package import SystemIO

/// Copies of a database: `NAME.backup-N` from before its migrations, `NAME.before-restore-N` from before a backup was put
/// back. Each new one has the next number, so that the highest is the latest, also after `locara db restore`.
package enum DatabaseBackup {
  /// How many are kept: the latest ones.
  package static let kept = 2
  /// How long they are kept, in days. Older ones go when the database is migrated, or brought to its schema, again.
  package static let days: Int64 = 30
  /// Databases of more bytes are migrated without a copy; the transaction protects them all the same.
  package static let sizeLimit: Int64 = 1 << 30

  enum Occasion: String {
    case migration = "backup"
    case restore = "before-restore"
  }

  /// The backups of a database from before its migrations, the latest first.
  package static func list(of path: String) throws(Failure) -> [String] { try list(of: path, .migration) }

  static func list(of path: String, _ occasion: Occasion) throws(Failure) -> [String] {
    try numbers(of: path, occasion).map { name(path, occasion, $0) }
  }

  private static func name(_ path: String, _ occasion: Occasion, _ number: Int64) -> String {
    "\(path).\(occasion.rawValue)-\(number)"
  }

  private static func numbers(of path: String, _ occasion: Occasion) throws(Failure) -> [Int64] {
    let prefix = Files.name(of: path) + ".\(occasion.rawValue)-"
    return try Directories.names(in: Files.parent(of: path)).compactMap { name -> Int64? in
      guard name.hasPrefix(prefix) else { return nil }
      let digits = name.dropFirst(prefix.count)
      return digits.allSatisfy { ("0"..."9").contains($0) } ? Int64(digits) : nil
    }.sorted(by: >)
  }

  /// Makes a file durable, and a copy by the next number.
  static func keep(_ temporary: String, of path: String, _ occasion: Occasion) throws(Failure) -> String {
    try FileDescriptor.open(temporary, O_RDONLY).synchronize(path: temporary)
    let last = try numbers(of: path, occasion).first ?? 0
    let copy = name(path, occasion, last &+ 1)
    try Files.move(temporary, to: copy)
    try Files.synchronizeDirectory(Files.parent(of: path))
    return copy
  }

  /// Copies the database, compact and checked by SQLite while it reads.
  ///
  /// - Returns: the backup's path; nil when the database is larger than `limit`.
  static func make(
    of database: borrowing Database, at path: String, limit: Int64
  ) throws(Failure) -> String? {
    let size = try size(of: database, path)
    guard size <= limit else { return nil }
    let temporary = Files.temporaryName(beside: path)
    do throws(SQLiteError) {
      _ = try database.query("VACUUM INTO ?1", .text(temporary))
    } catch {
      try? Files.remove(temporary)
      throw .database("back the database up", error, path: path)
    }
    do throws(Failure) {
      return try keep(temporary, of: path, .migration)
    } catch {
      try? Files.remove(temporary)
      throw error
    }
  }

  /// Bytes of a database.
  static func size(of database: borrowing Database, _ path: String) throws(Failure) -> Int64 {
    do throws(SQLiteError) {
      return (try database.value("PRAGMA page_count")?.integerValue ?? 0)
        * (try database.value("PRAGMA page_size")?.integerValue ?? 0)
    } catch {
      throw .database("measure the database", error, path: path)
    }
  }

  /// Removes the copies that are outside of the window: all but the latest ones, and those that are too old.
  static func prune(_ path: String) throws(Failure) {
    var now = timespec()
    guard unsafe clock_gettime(CLOCK_REALTIME, &now) == 0 else { return }
    let oldest = (Int64(now.tv_sec) - days * 86_400) * 1_000_000_000
    for occasion in [Occasion.migration, .restore] {
      for (index, copy) in try list(of: path, occasion).enumerated() {
        let modified = try FileIdentity(of: copy).modified
        if index >= kept || modified < oldest { try Files.remove(copy) }
      }
    }
  }
}

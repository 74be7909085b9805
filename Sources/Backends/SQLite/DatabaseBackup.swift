internal import Glibc
internal import SQLite
package import SystemIO

/// Copies of a database from before its migrations: `NAME.backup-N`, where N counts the schemas that it has been at.
package enum DatabaseBackup {
  /// How many are kept: the latest ones.
  package static let kept = 2
  /// How long they are kept, in days. Older ones go when the database is migrated, or brought to its schema, again.
  package static let days: Int64 = 30
  /// Databases of more bytes are migrated without a copy; the transaction protects them all the same.
  package static let sizeLimit: Int64 = 1 << 30

  static func name(_ path: String, _ version: Int64) -> String { "\(path).backup-\(version)" }

  /// The backups of a database, the latest first.
  package static func list(of path: String) throws(Failure) -> [String] {
    let prefix = Files.name(of: path) + ".backup-"
    let versions = try Directories.names(in: Files.parent(of: path)).compactMap { name in
      name.hasPrefix(prefix) ? Int64(name.dropFirst(prefix.count)) : nil
    }
    return versions.sorted(by: >).map { name(path, $0) }
  }

  /// Copies the database, compact and checked by SQLite while it reads, and removes backups that are too old.
  ///
  /// - Returns: the backup's path; nil when the database is larger than `limit`.
  static func make(
    of database: borrowing Database, at path: String, version: Int64, limit: Int64
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
    let backup = name(path, version)
    do throws(Failure) {
      try FileDescriptor.open(temporary, O_RDONLY).synchronize(path: temporary)
      guard unsafe rename(temporary, backup) == 0 else {
        throw Failure.system("rename into place", path: backup, errno: errno)
      }
      try Files.synchronizeDirectory(Files.parent(of: path))
    } catch {
      try? Files.remove(temporary)
      throw error
    }
    try prune(path)
    return backup
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

  /// Removes the backups that are outside of the window: all but the latest ones, and those that are too old.
  static func prune(_ path: String) throws(Failure) {
    var now = timespec()
    guard unsafe clock_gettime(CLOCK_REALTIME, &now) == 0 else { return }
    let oldest = (Int64(now.tv_sec) - days * 86_400) * 1_000_000_000
    for (index, backup) in try list(of: path).enumerated() {
      let modified = try FileIdentity(of: backup).modified
      if index >= kept || modified < oldest { try Files.remove(backup) }
    }
  }

  /// Puts the content of a backup into the database, in one transaction.
  ///
  /// - Parameters:
  ///   - backup: nil takes the latest.
  ///   - progress: called with the pages that are left and the pages there are.
  /// - Returns: the backup that was taken.
  package static func restore(
    _ path: String, from backup: String? = nil, progress: (_ left: Int, _ of: Int) -> Void = { _, _ in }
  ) throws(Failure) -> String {
    let latest = try list(of: path).first
    guard let backup = backup ?? latest else {
      throw Failure("LS115", "there is no backup of the database", path: path)
    }
    do throws(SQLiteError) {
      let source = try Database(.file(backup), mode: .readOnly)
      let report = try source.value("PRAGMA integrity_check")?.textValue
      guard report == "ok" else { throw SQLiteError(code: 11, message: report ?? "no answer") }
      let database = try Database(.file(path), mode: .create)
      try database.setBusyTimeout(milliseconds: 10_000)
      try database.copy(from: source, progress: progress)
      _ = try database.value("PRAGMA journal_mode=WAL")
      _ = try database.query("PRAGMA wal_checkpoint(TRUNCATE)")
    } catch {
      throw .database("restore the backup \(Files.name(of: backup))", error, path: path)
    }
    return backup
  }
}

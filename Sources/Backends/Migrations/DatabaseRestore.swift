internal import Glibc
internal import SQLite
package import SystemIO

extension DatabaseBackup {
  /// What was done to put a backup back.
  package struct Restored: Hashable, Sendable {
    /// The backup that was taken.
    package var backup: String
    /// The copy of what was there before; nil when there was nothing.
    package var before: String?
  }

  /// Puts the content of a backup into the database, in one transaction, after a copy of what is there.
  ///
  /// - Parameters:
  ///   - backup: nil takes the latest.
  ///   - progress: called with the pages that are left and the pages there are.
  package static func restore(
    _ path: String, from backup: String? = nil, progress: (_ left: Int, _ of: Int) -> Void = { _, _ in }
  ) throws(Failure) -> Restored {
    let own = try list(of: path)
    guard let backup = backup ?? own.first else {
      throw Failure("LS115", "there is no backup of the database", path: path)
    }
    try DatabaseApply.expectFile(path)
    try DatabaseApply.expectFile(backup)
    let step = "restore the backup \(Files.name(of: backup))"
    let source = try open(backup, step)
    try check(backup, source, of: path, isOwn: own.contains(backup))
    let before = try keepPresent(path)
    do throws(SQLiteError) {
      let database = try Database(.file(path), mode: .create)
      try database.setBusyTimeout(milliseconds: 10_000)
      try database.copy(from: source, progress: progress)
      _ = try database.value("PRAGMA journal_mode=WAL")
      _ = try database.query("PRAGMA wal_checkpoint(TRUNCATE)")
    } catch {
      throw .database(step, error, path: path)
    }
    return Restored(backup: backup, before: before)
  }

  private static func open(_ backup: String, _ step: String) throws(Failure) -> Database {
    do throws(SQLiteError) {
      let source = try Database(.file(backup), mode: .readOnly)
      let report = try source.value("PRAGMA integrity_check")?.textValue
      guard report == "ok" else { throw SQLiteError(code: 11, message: report ?? "no answer") }
      return source
    } catch {
      throw .database(step, error, path: backup)
    }
  }

  /// - Parameter isOwn: whether the name is one of this database's backups: from before `--adopt` there is one that locara
  ///   did not make.
  private static func check(
    _ backup: String, _ source: borrowing Database, of path: String, isOwn: Bool
  ) throws(Failure) {
    if let present = try? FileIdentity(of: path) {
      let taken = try FileIdentity(of: backup)
      guard present.device != taken.device || present.inode != taken.inode else {
        throw Failure(
          "LS119", "the backup is the database itself", path: backup, help: "`locara db inspect` lists the backups")
      }
    }
    switch try DatabaseState.read(source, path: backup) {
    case .known, .drifted: return
    case .foreign where isOwn: return
    case .foreign:
      throw Failure(
        "LS119", "the file is no backup: locara did not make this database", path: backup,
        help: "`locara db inspect` lists the backups")
    case .empty:
      throw Failure(
        "LS119", "the file is no backup: it is empty", path: backup, help: "`locara db inspect` lists the backups")
    }
  }

  /// Copies what is in the database's place.
  ///
  /// - Returns: the copy; nil when nothing is there.
  private static func keepPresent(_ path: String) throws(Failure) -> String? {
    guard let present = try? FileIdentity(of: path), present.size > 0 else { return nil }
    let temporary = Files.temporaryName(beside: path)
    do throws(Failure) {
      do throws(SQLiteError) {
        let database = try Database(.file(path), mode: .readWrite)
        try database.setBusyTimeout(milliseconds: 10_000)
        // Page by page, since a damaged database may hold what can still be saved, too.
        let copy = try Database(.file(temporary), mode: .create)
        try copy.copy(from: database)
        _ = try copy.value("PRAGMA journal_mode=DELETE")
      } catch {
        guard error.isCorrupt else { throw Failure.database("copy what is there before", error, path: path) }
        try? Files.remove(temporary)
        try copyBytes(of: path, to: temporary)
      }
      return try keep(temporary, of: path, .restore)
    } catch {
      for name in [temporary, "\(temporary)-wal", "\(temporary)-shm", "\(temporary)-journal"] {
        try? Files.remove(name)
      }
      throw error
    }
  }

  private static func copyBytes(of path: String, to copy: String) throws(Failure) {
    let source = try FileDescriptor.open(path, O_RDONLY)
    try Files.replace(copy, mode: 0o600) { (target, name) throws(Failure) in
      while true {
        let bytes = try source.read(upTo: 1 << 20, path: path)
        guard !bytes.isEmpty else { return }
        try target.write(bytes, path: name)
      }
    }
  }
}

internal import ArgumentParser
internal import Migrations
internal import SystemIO

/// `locara db restore FILE.db`.
struct DatabaseRestoreCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "restore", abstract: "Put a backup from before a migration back in place.",
    discussion: """
      The last \(DatabaseBackup.kept) backups stand beside the database as NAME.backup-N, for \(DatabaseBackup.days) days; \
      `locara db inspect` lists them. The database is replaced in one transaction, after a \
      copy of it was made as NAME.before-restore-N: rows written since the backup are in that copy alone.
      Exit: 0 restored, 1 failed, or the file is no backup.

      Examples:
        locara db restore notes.db
        locara db restore notes.db --backup notes.db.before-restore-1
      """)

  @Argument(help: "The database file.")
  var database: String

  @Option(name: .long, help: "The backup. Default: the latest.")
  var backup: String?

  func run() throws {
    let line = ProgressLine("restoring \(Files.name(of: database))")
    defer { line.end() }
    let restored = try DatabaseBackup.restore(database, from: backup) { left, count in
      line.step("\(count > 0 ? 100 * (count - left) / count : 100)%")
    }
    line.end()
    Console.print("restored \(database) from \(restored.backup)")
    if let before = restored.before { Console.print("what was there before is kept: \(before)") }
  }
}

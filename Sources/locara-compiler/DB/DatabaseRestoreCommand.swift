internal import ArgumentParser
internal import Backends
internal import SystemIO

/// `locara db restore FILE.db`.
struct DatabaseRestoreCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "restore", abstract: "Put a backup from before a migration back in place.",
    discussion: "The last \(DatabaseBackup.kept) backups stand beside the database as NAME.backup-N.")

  @Argument(help: "The database file.")
  var database: String

  @Option(name: .long, help: "The backup. Default: the latest.")
  var backup: String?

  func run() throws {
    Console.print("restored \(database) from \(try DatabaseBackup.restore(database, from: backup))")
  }
}

internal import SQLite
internal import SystemIO

extension Failure {
  /// What SQLite said about a database of an app.
  ///
  /// - Parameter step: what was being done, as an infinitive: "create the schema".
  static func database(_ step: String, _ error: SQLiteError, path: String) -> Failure {
    if error.isBusy {
      return Failure(
        "LS101", "cannot \(step): another program has locked the database", path: path,
        help: "stop the other instances of the app, then try again")
    }
    if error.isCorrupt {
      return Failure(
        "LS102", "cannot \(step): the file is no SQLite database, or a damaged one (\(error.message))", path: path,
        help: "restore a backup with `locara db restore`, or move the file away to start empty")
    }
    if error.isFull {
      return Failure(
        "LS103", "cannot \(step): no space is left for the database", path: path,
        help: "free some space, then try again; the database is as it was")
    }
    if error.isReadOnly {
      return Failure(
        "LS104", "cannot \(step): the database cannot be written", path: path,
        help: "check who owns the file and its directory, and whether the file system is writable")
    }
    return Failure("LS105", "cannot \(step): \(error)", path: path)
  }
}

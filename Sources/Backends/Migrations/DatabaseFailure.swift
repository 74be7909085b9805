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
    if error.isFull || error.isWriteFailure {
      return Failure(
        "LS103", "cannot \(step): no space is left for the database, or a limit on the size of files is reached",
        path: path,
        help: "free some space, then try again; the database is as it was")
    }
    if error.isReadOnly || error.cannotOpen {
      return Failure(
        "LS104", "cannot \(step): the database cannot be \(error.cannotOpen ? "opened" : "written")", path: path,
        help: "check that the directory is there, who owns it and the file, and whether the file system is writable")
    }
    if error.message.hasPrefix("no such module: ") {
      let module = error.message.dropFirst("no such module: ".count)
      return Failure(
        "LS110", "cannot \(step): the module `\(module)` is part of an extension that is not loaded", path: path,
        help: "name its library with `--extension`, such as `--extension vendor/vec0.so`")
    }
    return Failure("LS105", "cannot \(step): \(error)", path: path)
  }
}

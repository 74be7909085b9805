internal import CSQLite

/// A connection to a database, closed when its owner goes.
@safe package struct Database: ~Copyable {
  package enum Location: Hashable, Sendable {
    /// A private database that goes with the connection.
    case memory
    /// A file; never read as a URI.
    case file(String)
  }

  package enum Mode: Hashable, Sendable {
    case readOnly
    /// The file has to be there.
    case readWrite
    /// The file is made when it is not there.
    case create
  }

  let handle: OpaquePointer  // sqlite3, owned
  let hooks = Hooks()

  package init(_ location: Location, mode: Mode = .create) throws(SQLiteError) {
    var flags = SQLITE_OPEN_EXRESCODE | SQLITE_OPEN_NOFOLLOW
    switch mode {
    case .readOnly: flags |= SQLITE_OPEN_READONLY
    case .readWrite: flags |= SQLITE_OPEN_READWRITE
    case .create: flags |= SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE
    }
    let path: String
    switch location {
    case .memory:
      path = ":memory:"
      flags |= SQLITE_OPEN_MEMORY
    case .file(let file): path = file.hasPrefix("/") ? file : "./\(file)"  // so that no name has a meaning of its own
    }
    var opened: OpaquePointer?
    let code = unsafe sqlite3_open_v2(path, &opened, flags, nil)
    guard code == SQLITE_OK, let handle = unsafe opened else {
      let message = unsafe opened.flatMap { unsafe sqlite3_errmsg($0) }.map { unsafe String(cString: $0) }
      let number = unsafe opened.map { unsafe sqlite3_extended_errcode($0) } ?? code
      unsafe sqlite3_close_v2(opened)
      throw SQLiteError(code: number, message: message ?? "out of memory")
    }
    unsafe self.handle = handle
  }

  deinit {
    // The hooks go with this value, and a statement that is still there must not call them.
    _ = unsafe sqlite3_set_authorizer(handle, nil, nil)
    unsafe sqlite3_progress_handler(handle, 0, nil, nil)
    unsafe sqlite3_close_v2(handle)
  }

  /// The last error of this connection.
  func error(_ code: Int32, offset base: Int = 0) -> SQLiteError {
    unsafe Database.error(handle, code, offset: base)
  }

  static func error(_ handle: OpaquePointer?, _ code: Int32, offset base: Int = 0) -> SQLiteError {
    let extended = unsafe sqlite3_extended_errcode(handle)
    let message = unsafe sqlite3_errmsg(handle).map { unsafe String(cString: $0) } ?? "unknown error"
    let offset = unsafe sqlite3_error_offset(handle)
    return SQLiteError(
      code: extended & 0xFF == code & 0xFF ? extended : code, message: message,
      offset: offset >= 0 ? Int(offset) + base : nil)
  }

  func check(_ code: Int32) throws(SQLiteError) {
    guard code == SQLITE_OK else { throw error(code) }
  }

  // MARK: Statements

  /// Compiles the first statement of `sql`.
  ///
  /// - Throws: also when there is none.
  package func prepare(_ sql: String) throws(SQLiteError) -> Statement {
    var first = try prepareFirst(of: Array(sql.utf8), from: 0)
    guard let statement = first.statement.take() else {
      throw SQLiteError(code: SQLITE_MISUSE, message: "no statement in `\(sql.prefix(80))`")
    }
    return statement
  }

  /// Compiles the first statement in `sql` from the byte `start`.
  ///
  /// - Returns: no statement when there are only spaces and comments; `end` is the byte after what was read.
  package func prepareFirst(of sql: [UInt8], from start: Int) throws(SQLiteError) -> FirstStatement {
    var statement: OpaquePointer?
    var end = start
    var code = SQLITE_OK
    unsafe sql.withUnsafeBytes { buffer in
      let bytes = unsafe buffer.baseAddress?.assumingMemoryBound(to: CChar.self)
      guard let first = unsafe bytes.map({ unsafe $0 + start }) else { return }
      var tail: UnsafePointer<CChar>?
      unsafe code = sqlite3_prepare_v2(handle, first, Int32(clamping: sql.count - start), &statement, &tail)
      if let tail = unsafe tail { unsafe end = start + (tail - first) }
    }
    guard code == SQLITE_OK else { throw error(code, offset: start) }
    guard let prepared = unsafe statement else { return FirstStatement(statement: nil, end: end) }
    return FirstStatement(statement: unsafe Statement(owning: prepared, of: handle), end: end)
  }

  /// A statement and where its text ends.
  package struct FirstStatement: ~Copyable {
    package var statement: Statement?
    package let end: Int
  }

  /// Runs every statement of `sql` and drops their rows; stops at the first that fails.
  package func execute(_ sql: String) throws(SQLiteError) {
    let bytes = Array(sql.utf8)
    var position = 0
    while position < bytes.count {
      var first = try prepareFirst(of: bytes, from: position)
      position = first.end
      guard let statement = first.statement.take() else { continue }
      while try statement.step() {}
    }
  }

  /// Runs one statement with values for its parameters and gives its rows.
  package func query(_ sql: String, _ values: SQLiteValue...) throws(SQLiteError) -> [[SQLiteValue]] {
    let statement = try prepare(sql)
    for (index, value) in values.enumerated() { try statement.bind(value, at: index + 1) }
    var rows: [[SQLiteValue]] = []
    while try statement.step() { rows.append(statement.row) }
    return rows
  }

  /// The first value of the first row.
  package func value(_ sql: String, _ values: SQLiteValue...) throws(SQLiteError) -> SQLiteValue? {
    let statement = try prepare(sql)
    for (index, value) in values.enumerated() { try statement.bind(value, at: index + 1) }
    return try statement.step() ? statement.column(0) : nil
  }

  /// Rows changed by the last INSERT, UPDATE or DELETE.
  package var changes: Int64 { unsafe sqlite3_changes64(handle) }

  /// The version of the library that is running, `3.40.1`.
  package static var version: String { unsafe String(cString: sqlite3_libversion()) }
  /// Whether SQLite's tokenizer takes `word` for a keyword.
  package static func isKeyword(_ word: String) -> Bool {
    unsafe sqlite3_keyword_check(word, Int32(word.utf8.count)) != 0
  }
}

extension Database {
  /// Replaces everything in this database by what is in `source`, in one transaction
  /// (https://sqlite.org/backup.html).
  ///
  /// - Parameter progress: called now and then with the pages that are left and the pages there are.
  package func copy(
    from source: borrowing Database, progress: (_ left: Int, _ of: Int) -> Void = { _, _ in }
  ) throws(SQLiteError) {
    guard let backup = unsafe sqlite3_backup_init(handle, "main", source.handle, "main") else {
      throw error(SQLITE_ERROR)
    }
    var stepped = SQLITE_OK
    while stepped == SQLITE_OK {
      stepped = unsafe sqlite3_backup_step(backup, 4096)
      progress(
        Int(unsafe sqlite3_backup_remaining(backup)), Int(unsafe sqlite3_backup_pagecount(backup)))
    }
    let finished = unsafe sqlite3_backup_finish(backup)
    guard stepped == SQLITE_DONE else {
      throw SQLiteError(
        code: stepped, message: unsafe sqlite3_errstr(stepped).map { unsafe String(cString: $0) } ?? "cannot copy")
    }
    try check(finished)
  }
}

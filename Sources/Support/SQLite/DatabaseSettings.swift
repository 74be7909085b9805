internal import CSQLite

extension Database {
  /// Switches of a connection (https://sqlite.org/c3ref/c_dbconfig_defensive.html).
  package enum Setting: Hashable, Sendable {
    /// `"x"` that is no name is a string: in CREATE statements and in all others.
    case doubleQuotedStrings
    /// Refuses what could corrupt the file: writing to shadow tables, `writable_schema`.
    case defensive
    /// Functions and virtual tables without a safety mark may be used by triggers and views.
    case trustedSchema
    case foreignKeys
    case legacyAlterTable
    case loadExtension
    case triggers

    var verbs: [Int32] {
      switch self {
      case .doubleQuotedStrings: [SQLITE_DBCONFIG_DQS_DDL, SQLITE_DBCONFIG_DQS_DML]
      case .defensive: [SQLITE_DBCONFIG_DEFENSIVE]
      case .trustedSchema: [SQLITE_DBCONFIG_TRUSTED_SCHEMA]
      case .foreignKeys: [SQLITE_DBCONFIG_ENABLE_FKEY]
      case .legacyAlterTable: [SQLITE_DBCONFIG_LEGACY_ALTER_TABLE]
      case .loadExtension: [SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION]
      case .triggers: [SQLITE_DBCONFIG_ENABLE_TRIGGER]
      }
    }
  }

  /// Turns a setting on or off and reads it back: some switches are silently ignored at times.
  package func set(_ setting: Setting, _ isOn: Bool) throws(SQLiteError) {
    for verb in setting.verbs {
      var now: Int32 = -1
      try check(unsafe locara_sqlite3_db_config_int(handle, verb, isOn ? 1 : 0, &now))
      guard (now != 0) == isOn else {
        throw SQLiteError(code: SQLITE_MISUSE, message: "SQLite did not turn \(setting) \(isOn ? "on" : "off")")
      }
    }
  }

  /// Upper bounds for a connection (https://sqlite.org/limits.html).
  package enum Limit: Hashable, Sendable {
    /// Bytes of a string, a blob or a row.
    case length
    /// Bytes of an SQL statement.
    case sqlLength
    case columns
    case expressionDepth
    case compoundSelects
    case attached
    case triggerDepth

    var identifier: Int32 {
      switch self {
      case .length: SQLITE_LIMIT_LENGTH
      case .sqlLength: SQLITE_LIMIT_SQL_LENGTH
      case .columns: SQLITE_LIMIT_COLUMN
      case .expressionDepth: SQLITE_LIMIT_EXPR_DEPTH
      case .compoundSelects: SQLITE_LIMIT_COMPOUND_SELECT
      case .attached: SQLITE_LIMIT_ATTACHED
      case .triggerDepth: SQLITE_LIMIT_TRIGGER_DEPTH
      }
    }
  }

  /// Lowers a limit; SQLite caps a value above its compiled maximum.
  package func limit(_ limit: Limit, to value: Int32) { _ = unsafe sqlite3_limit(handle, limit.identifier, value) }

  /// How long a call waits for another connection's lock before it fails as busy.
  package func setBusyTimeout(milliseconds: Int32) throws(SQLiteError) {
    try check(unsafe sqlite3_busy_timeout(handle, milliseconds))
  }

  /// Loads a shared library that extends SQLite. Loading is possible during this call only, and never from SQL.
  package func loadExtension(_ path: String, entryPoint: String? = nil) throws(SQLiteError) {
    try set(.loadExtension, true)
    var message: UnsafeMutablePointer<CChar>?
    let code = unsafe sqlite3_load_extension(handle, path, entryPoint, &message)
    let text = unsafe message.map { unsafe String(cString: $0) }
    unsafe sqlite3_free(message)
    try set(.loadExtension, false)
    guard code == SQLITE_OK else { throw SQLiteError(code: code, message: text ?? "cannot load the extension") }
  }
}

/// What SQLite calls back; lives as long as its connection.
final class Hooks {
  var authorizer: ((Database.Action) -> Bool)?
  var progress: (() -> Bool)?
}

extension Database {
  /// What a statement is about to be compiled to (https://sqlite.org/c3ref/c_alter_table.html).
  package struct Action: Hashable, Sendable {
    /// `SQLITE_CREATE_TABLE` and so on.
    package var code: Int32
    package var first: String?
    package var second: String?
    /// `main`, `temp` or the name of an attached database.
    package var database: String?

    package static let attach = SQLITE_ATTACH
    package static let detach = SQLITE_DETACH
    package static let pragma = SQLITE_PRAGMA
    package static let function = SQLITE_FUNCTION
    package static let createTempTable = SQLITE_CREATE_TEMP_TABLE
    package static let createTempIndex = SQLITE_CREATE_TEMP_INDEX
    package static let createTempTrigger = SQLITE_CREATE_TEMP_TRIGGER
    package static let createTempView = SQLITE_CREATE_TEMP_VIEW
  }

  /// Asks `allows` about every action of every statement that is compiled from now on; nil asks nobody.
  package func setAuthorizer(_ allows: ((Action) -> Bool)?) throws(SQLiteError) {
    hooks.authorizer = allows
    guard allows != nil else { return try check(unsafe sqlite3_set_authorizer(handle, nil, nil)) }
    let context = unsafe Unmanaged.passUnretained(hooks).toOpaque()
    let code = unsafe sqlite3_set_authorizer(
      handle,
      { context, code, first, second, database, _ in
        guard let context = unsafe context,
          let allows = unsafe Unmanaged<Hooks>.fromOpaque(context).takeUnretainedValue().authorizer
        else { return SQLITE_DENY }
        let action = unsafe Action(
          code: code, first: first.map { unsafe String(cString: $0) },
          second: second.map { unsafe String(cString: $0) },
          database: database.map { unsafe String(cString: $0) })
        return allows(action) ? SQLITE_OK : SQLITE_DENY
      }, context)
    try check(code)
  }

  /// Asks `continues` after about every `instructions` steps of SQLite's machine; false interrupts the statement.
  package func setProgress(every instructions: Int32, _ continues: (() -> Bool)?) {
    hooks.progress = continues
    guard continues != nil else { return unsafe sqlite3_progress_handler(handle, 0, nil, nil) }
    let context = unsafe Unmanaged.passUnretained(hooks).toOpaque()
    unsafe sqlite3_progress_handler(
      handle, instructions,
      { context in
        guard let context = unsafe context,
          let continues = unsafe Unmanaged<Hooks>.fromOpaque(context).takeUnretainedValue().progress
        else { return 0 }
        return continues() ? 0 : 1
      }, context)
  }
}

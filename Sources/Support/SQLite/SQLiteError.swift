// INVARIANT: this module is SQLite's C interface made safe: one owner for each handle, typed values, typed errors. It
// knows no schema and no policy, and adds no behavior of its own.

internal import CSQLite

/// What SQLite answered when a call failed (https://sqlite.org/rescode.html).
package struct SQLiteError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The extended result code.
  package var code: Int32
  /// SQLite's own words.
  package var message: String
  /// Where in the SQL text, in bytes, when SQLite knows.
  package var offset: Int?

  package init(code: Int32, message: String, offset: Int? = nil) {
    self.code = code
    self.message = message
    self.offset = offset
  }

  package var description: String { message + (offset.map { " at byte \($0)" } ?? "") + " (SQLite code \(code))" }

  /// The result code without its extension.
  package var primaryCode: Int32 { code & 0xFF }

  /// Another connection holds the lock.
  package var isBusy: Bool { primaryCode == SQLITE_BUSY || primaryCode == SQLITE_LOCKED }
  /// The file is no database, or a damaged one.
  package var isCorrupt: Bool { primaryCode == SQLITE_CORRUPT || primaryCode == SQLITE_NOTADB }
  package var isFull: Bool { primaryCode == SQLITE_FULL }
  /// The system refused to write: beyond a limit on the size of files, or on a device that fails.
  package var isWriteFailure: Bool { code == SQLITE_IOERR | 3 << 8 }  // SQLITE_IOERR_WRITE, a macro Swift does not see
  /// The file, or one that SQLite keeps beside it, cannot be opened or made.
  package var cannotOpen: Bool { primaryCode == SQLITE_CANTOPEN }
  package var isReadOnly: Bool { primaryCode == SQLITE_READONLY }
  package var isConstraint: Bool { primaryCode == SQLITE_CONSTRAINT }
  /// The authorizer refused.
  package var isDenied: Bool { primaryCode == SQLITE_AUTH }
  /// The progress handler stopped it.
  package var isInterrupted: Bool { primaryCode == SQLITE_INTERRUPT }
}

/// A value as SQLite stores it (https://sqlite.org/datatype3.html).
package enum SQLiteValue: Hashable, Sendable {
  case null
  case integer(Int64)
  case real(Double)
  case text(String)
  case blob([UInt8])

  package var integerValue: Int64? {
    guard case .integer(let value) = self else { return nil }
    return value
  }

  package var textValue: String? {
    guard case .text(let value) = self else { return nil }
    return value
  }
}

internal import CSQLite

/// A compiled statement, finalized when its owner goes. It may outlive its connection's value: SQLite keeps what it needs.
@safe package struct Statement: ~Copyable {
  private let statement: OpaquePointer  // sqlite3_stmt, owned
  private let connection: OpaquePointer  // sqlite3, borrowed

  init(owning statement: OpaquePointer, of connection: OpaquePointer) {
    unsafe self.statement = statement
    unsafe self.connection = connection
  }

  deinit { _ = unsafe sqlite3_finalize(statement) }

  /// Sets a parameter; `index` counts from 1.
  package func bind(_ value: SQLiteValue, at index: Int) throws(SQLiteError) {
    let index = Int32(clamping: index)
    let code: Int32
    switch value {
    case .null: code = unsafe sqlite3_bind_null(statement, index)
    case .integer(let value): code = unsafe sqlite3_bind_int64(statement, index, value)
    case .real(let value): code = unsafe sqlite3_bind_double(statement, index, value)
    case .text(let value):
      var value = value
      code = value.withUTF8 { buffer in
        unsafe buffer.withMemoryRebound(to: CChar.self) {
          unsafe locara_sqlite3_bind_text(statement, index, $0.baseAddress ?? emptyText, Int64($0.count))
        }
      }
    case .blob(let value):
      // A null pointer would bind NULL, not the empty blob.
      code =
        unsafe value.isEmpty
        ? sqlite3_bind_zeroblob(statement, index, 0)
        : value.withUnsafeBytes { unsafe locara_sqlite3_bind_blob(statement, index, $0.baseAddress, Int64($0.count)) }
    }
    guard code == SQLITE_OK else { throw unsafe Database.error(connection, code) }
  }

  /// Runs to the next row.
  ///
  /// - Returns: whether there is one.
  package func step() throws(SQLiteError) -> Bool {
    switch unsafe sqlite3_step(statement) {
    case SQLITE_ROW: return true
    case SQLITE_DONE: return false
    case let code: throw unsafe Database.error(connection, code)
    }
  }

  /// Makes the statement ready to run again; its parameters keep their values.
  package func reset() { _ = unsafe sqlite3_reset(statement) }

  /// Sets the parameters and runs to the end, ready to run again.
  package func run(_ values: [SQLiteValue] = []) throws(SQLiteError) {
    defer { reset() }
    for (index, value) in values.enumerated() { try bind(value, at: index + 1) }
    while try step() {}
  }

  package var columnCount: Int { Int(unsafe sqlite3_column_count(statement)) }
  /// Whether it cannot change the database.
  package var isReadOnly: Bool { unsafe sqlite3_stmt_readonly(statement) != 0 }

  /// The name of a column of the result; `index` counts from 0.
  package func columnName(_ index: Int) -> String {
    unsafe sqlite3_column_name(statement, Int32(clamping: index)).map { unsafe String(cString: $0) } ?? ""
  }

  /// A value of the current row; `index` counts from 0.
  package func column(_ index: Int) -> SQLiteValue {
    let index = Int32(clamping: index)
    switch unsafe sqlite3_column_type(statement, index) {
    case SQLITE_INTEGER: return .integer(unsafe sqlite3_column_int64(statement, index))
    case SQLITE_FLOAT: return .real(unsafe sqlite3_column_double(statement, index))
    case SQLITE_TEXT:
      guard let bytes = unsafe sqlite3_column_text(statement, index) else { return .text("") }
      let count = Int(unsafe sqlite3_column_bytes(statement, index))
      return .text(unsafe String(decoding: UnsafeBufferPointer(start: bytes, count: count), as: UTF8.self))
    case SQLITE_BLOB:
      guard let bytes = unsafe sqlite3_column_blob(statement, index) else { return .blob([]) }
      let count = Int(unsafe sqlite3_column_bytes(statement, index))
      return .blob(unsafe Array(UnsafeRawBufferPointer(start: bytes, count: count)))
    default: return .null
    }
  }

  /// All values of the current row.
  package var row: [SQLiteValue] { (0..<columnCount).map { column($0) } }
}

// SQLite reads no byte of it, but takes a null pointer for NULL.
private nonisolated(unsafe) let emptyText: UnsafePointer<CChar> = {
  let byte = UnsafeMutablePointer<CChar>.allocate(capacity: 1)
  unsafe byte.initialize(to: 0)
  return unsafe UnsafePointer(byte)
}()

internal import CSQLite

// The callbacks of a `DeclaredModule` (https://sqlite.org/vtab.html). SQLite owns the structures and calls from the
// connection's thread only.

/// What SQLite sees of a table: its own part first.
@unsafe private struct VirtualTable {
  var base: sqlite3_vtab
  /// A retained `TableState`.
  var state: UnsafeMutableRawPointer
}

@unsafe private struct Cursor {
  var base: sqlite3_vtab_cursor
  /// SELECT over the shadow table; its first column is the rowid.
  var statement: OpaquePointer?
  var isAtEnd: Bool
}

@safe private final class TableState {
  let connection: OpaquePointer
  let declaration: DeclaredModule.Declaration
  /// `"main"."notes_rowids"`
  let shadow: String

  init(connection: OpaquePointer, declaration: DeclaredModule.Declaration, shadow: String) {
    unsafe self.connection = connection
    self.declaration = declaration
    self.shadow = shadow
  }

  /// `c0, c1, …`
  func shadowColumns(_ each: (Int) -> String = { "c\($0)" }) -> String {
    declaration.columns.indices.map { each($0) }.joined(separator: ", ")
  }

  func run(_ sql: String) -> Int32 { unsafe sqlite3_exec(connection, sql, nil, nil, nil) }
}

private func quoted(_ name: String) -> String {
  "\"" + name.split(separator: "\"", omittingEmptySubsequences: false).joined(separator: "\"\"") + "\""
}

private func state(_ table: UnsafeMutablePointer<sqlite3_vtab>?) -> TableState? {
  unsafe table.map {
    unsafe Unmanaged<TableState>.fromOpaque(
      UnsafeMutableRawPointer($0).assumingMemoryBound(to: VirtualTable.self).pointee.state
    ).takeUnretainedValue()
  }
}

private func cursor(_ cursor: UnsafeMutablePointer<sqlite3_vtab_cursor>?) -> UnsafeMutablePointer<Cursor>? {
  unsafe cursor.map { unsafe UnsafeMutableRawPointer($0).assumingMemoryBound(to: Cursor.self) }
}

/// Gives SQLite the message of the connection's last error.
private func fail(_ table: UnsafeMutablePointer<sqlite3_vtab>?, _ code: Int32) -> Int32 {
  guard code != SQLITE_OK, let table = unsafe table, let state = unsafe state(table) else { return code }
  unsafe sqlite3_free(table.pointee.zErrMsg)
  unsafe table.pointee.zErrMsg = locara_sqlite3_copy(sqlite3_errmsg(state.connection))
  return code
}

private func start(
  _ connection: OpaquePointer?, _ context: UnsafeMutableRawPointer?, _ count: Int32,
  _ arguments: UnsafePointer<UnsafePointer<CChar>?>?,
  _ result: UnsafeMutablePointer<UnsafeMutablePointer<sqlite3_vtab>?>?,
  _ message: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?, isNew: Bool
) -> Int32 {
  guard let connection = unsafe connection, let context = unsafe context, let arguments = unsafe arguments else {
    return SQLITE_ERROR
  }
  let texts = (0..<Int(count)).map { index in
    unsafe arguments[index].map { unsafe String(cString: $0) } ?? ""
  }
  guard texts.count >= 3 else { return SQLITE_ERROR }
  let module = unsafe Unmanaged<DeclaredModuleBox>.fromOpaque(context).takeUnretainedValue().module
  do throws(DeclaredModule.Refusal) {
    let declaration = try module.declare(texts[2], texts[3...].joined(separator: ","))
    let state = unsafe TableState(
      connection: connection, declaration: declaration,
      shadow: quoted(texts[1]) + "." + quoted(texts[2] + module.shadowSuffix))
    if isNew {
      let code = state.run("CREATE TABLE \(state.shadow)(id INTEGER PRIMARY KEY, \(state.shadowColumns()))")
      guard code == SQLITE_OK else {
        unsafe message?.pointee = locara_sqlite3_copy(sqlite3_errmsg(connection))
        return code
      }
    }
    let columns =
      declaration.columns.map { quoted($0) } + declaration.hidden.map { quoted($0) + " HIDDEN" }
    let code = unsafe sqlite3_declare_vtab(connection, "CREATE TABLE x(\(columns.joined(separator: ", ")))")
    guard code == SQLITE_OK else { return code }
    let table = UnsafeMutablePointer<VirtualTable>.allocate(capacity: 1)
    unsafe table.initialize(
      to: VirtualTable(base: sqlite3_vtab(), state: Unmanaged.passRetained(state).toOpaque()))
    unsafe result?.pointee = UnsafeMutableRawPointer(table).assumingMemoryBound(to: sqlite3_vtab.self)
    return SQLITE_OK
  } catch {
    unsafe message?.pointee = locara_sqlite3_copy(error.message)
    return SQLITE_ERROR
  }
}

private func release(_ table: UnsafeMutablePointer<sqlite3_vtab>?) {
  guard let table = unsafe table else { return }
  let whole = unsafe UnsafeMutableRawPointer(table).assumingMemoryBound(to: VirtualTable.self)
  unsafe Unmanaged<TableState>.fromOpaque(whole.pointee.state).release()
  unsafe whole.deallocate()
}

/// INSERT, UPDATE or DELETE of one row (https://sqlite.org/vtab.html#the_xupdate_method).
private func update(
  _ table: UnsafeMutablePointer<sqlite3_vtab>?, _ count: Int32,
  _ values: UnsafeMutablePointer<OpaquePointer?>?, _ rowid: UnsafeMutablePointer<sqlite3_int64>?
) -> Int32 {
  guard let state = unsafe state(table), let values = unsafe values else { return SQLITE_ERROR }
  let columns = state.declaration.columns
  let isDelete = count == 1
  let isInsert = unsafe !isDelete && sqlite3_value_type(values[0]) == SQLITE_NULL
  let sql =
    if isDelete {
      "DELETE FROM \(state.shadow) WHERE id = ?1"
    } else if isInsert {
      "INSERT INTO \(state.shadow)(id, \(state.shadowColumns())) VALUES(?1, \(state.shadowColumns { "?\($0 + 3)" }))"
    } else {
      "UPDATE \(state.shadow) SET id = ?2, \(state.shadowColumns { "c\($0) = ?\($0 + 3)" }) WHERE id = ?1"
    }
  var statement: OpaquePointer?
  var code = unsafe sqlite3_prepare_v2(state.connection, sql, -1, &statement, nil)
  guard code == SQLITE_OK else { return unsafe fail(table, code) }
  defer { _ = unsafe sqlite3_finalize(statement) }
  if isDelete {
    unsafe sqlite3_bind_value(statement, 1, values[0])
  } else {
    // The new rowid is the key column's value when there is one.
    let newRowid = unsafe state.declaration.rowidColumn.map { unsafe values[$0 + 2] } ?? values[1]
    unsafe sqlite3_bind_value(statement, 1, isInsert ? newRowid : values[0])
    if !isInsert { unsafe sqlite3_bind_value(statement, 2, newRowid) }
    for index in columns.indices { unsafe sqlite3_bind_value(statement, Int32(index + 3), values[index + 2]) }
  }
  code = unsafe sqlite3_step(statement)
  guard code == SQLITE_DONE else { return unsafe fail(table, code) }
  if isInsert { unsafe rowid?.pointee = sqlite3_last_insert_rowid(state.connection) }
  return SQLITE_OK
}

private func filter(_ pointer: UnsafeMutablePointer<sqlite3_vtab_cursor>?) -> Int32 {
  guard let cursor = unsafe cursor(pointer), let state = unsafe state(pointer?.pointee.pVtab) else {
    return SQLITE_ERROR
  }
  unsafe sqlite3_finalize(cursor.pointee.statement)
  unsafe cursor.pointee.statement = nil
  let code = unsafe sqlite3_prepare_v2(
    state.connection, "SELECT id, \(state.shadowColumns()) FROM \(state.shadow) ORDER BY id", -1,
    &cursor.pointee.statement, nil)
  guard code == SQLITE_OK else { return unsafe fail(pointer?.pointee.pVtab, code) }
  return unsafe advance(pointer)
}

private func advance(_ pointer: UnsafeMutablePointer<sqlite3_vtab_cursor>?) -> Int32 {
  guard let cursor = unsafe cursor(pointer) else { return SQLITE_ERROR }
  let code = unsafe sqlite3_step(cursor.pointee.statement)
  unsafe cursor.pointee.isAtEnd = code != SQLITE_ROW
  return code == SQLITE_ROW || code == SQLITE_DONE ? SQLITE_OK : unsafe fail(pointer?.pointee.pVtab, code)
}

private func close(_ pointer: UnsafeMutablePointer<sqlite3_vtab_cursor>?) -> Int32 {
  guard let cursor = unsafe cursor(pointer) else { return SQLITE_OK }
  unsafe sqlite3_finalize(cursor.pointee.statement)
  unsafe cursor.deallocate()
  return SQLITE_OK
}

/// One table of callbacks for all declared modules; never freed and never written again.
nonisolated(unsafe) let declaredModuleTable: UnsafePointer<sqlite3_module> = {
  var module = sqlite3_module()
  module.iVersion = 3
  unsafe module.xCreate = { connection, context, count, arguments, result, message in
    unsafe start(connection, context, count, arguments, result, message, isNew: true)
  }
  unsafe module.xConnect = { connection, context, count, arguments, result, message in
    unsafe start(connection, context, count, arguments, result, message, isNew: false)
  }
  unsafe module.xBestIndex = { _, info in
    unsafe info?.pointee.estimatedCost = 1_000_000
    return SQLITE_OK
  }
  unsafe module.xDisconnect = { table in
    unsafe release(table)
    return SQLITE_OK
  }
  unsafe module.xDestroy = { table in
    guard let state = unsafe state(table) else { return SQLITE_ERROR }
    let code = state.run("DROP TABLE \(state.shadow)")
    guard code == SQLITE_OK else { return unsafe fail(table, code) }
    unsafe release(table)
    return SQLITE_OK
  }
  unsafe module.xOpen = { _, result in
    let cursor = UnsafeMutablePointer<Cursor>.allocate(capacity: 1)
    unsafe cursor.initialize(to: Cursor(base: sqlite3_vtab_cursor(), statement: nil, isAtEnd: true))
    unsafe result?.pointee = UnsafeMutableRawPointer(cursor).assumingMemoryBound(to: sqlite3_vtab_cursor.self)
    return SQLITE_OK
  }
  unsafe module.xClose = { unsafe close($0) }
  unsafe module.xFilter = { pointer, _, _, _, _ in unsafe filter(pointer) }
  unsafe module.xNext = { unsafe advance($0) }
  unsafe module.xEof = { pointer in unsafe cursor(pointer)?.pointee.isAtEnd == false ? 0 : 1 }
  unsafe module.xColumn = { pointer, context, index in
    guard let cursor = unsafe cursor(pointer), let state = unsafe state(pointer?.pointee.pVtab) else {
      return SQLITE_ERROR
    }
    // Columns that queries use only have no value in a row.
    if Int(index) < state.declaration.columns.count {
      unsafe sqlite3_result_value(context, sqlite3_column_value(cursor.pointee.statement, index + 1))
    }
    return SQLITE_OK
  }
  unsafe module.xRowid = { pointer, rowid in
    guard let cursor = unsafe cursor(pointer) else { return SQLITE_ERROR }
    unsafe rowid?.pointee = sqlite3_column_int64(cursor.pointee.statement, 0)
    return SQLITE_OK
  }
  unsafe module.xUpdate = { unsafe update($0, $1, $2, $3) }
  let table = UnsafeMutablePointer<sqlite3_module>.allocate(capacity: 1)
  unsafe table.initialize(to: module)
  return unsafe UnsafePointer(table)
}()

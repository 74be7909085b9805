internal import CSQLite

/// A virtual-table module that stands in for one of an extension which is not loaded: it checks the arguments, declares
/// the columns, and keeps rows in a shadow table, so that transactions and savepoints hold for them too.
///
/// It has no index and no functions: a query scans all rows.
package struct DeclaredModule: Sendable {
  /// A virtual table of the module.
  package struct Declaration: Sendable {
    /// Columns that a row stores, in order.
    package var columns: [String]
    /// The columns that exist for queries only (`distance`, `k`).
    package var hidden: [String]
    /// The stored column that is the rowid, when it is one.
    package var rowidColumn: Int?

    package init(columns: [String], hidden: [String] = [], rowidColumn: Int? = nil) {
      self.columns = columns
      self.hidden = hidden
      self.rowidColumn = rowidColumn
    }
  }

  package struct Refusal: Error, Hashable, Sendable {
    package var message: String

    package init(_ message: String) { self.message = message }
  }

  package var name: String
  /// What is added to a table's name to name the table with its rows: `_rowids`.
  package var shadowSuffix: String
  /// Reads a table's name and the text between the parentheses after the module's name.
  package var declare: @Sendable (_ table: String, _ arguments: String) throws(Refusal) -> Declaration

  package init(
    name: String, shadowSuffix: String,
    declare: @escaping @Sendable (_ table: String, _ arguments: String) throws(Refusal) -> Declaration
  ) {
    self.name = name
    self.shadowSuffix = shadowSuffix
    self.declare = declare
  }
}

extension Database {
  /// Makes `CREATE VIRTUAL TABLE … USING name(…)` work on this connection.
  package func register(_ module: DeclaredModule) throws(SQLiteError) {
    let box = unsafe Unmanaged.passRetained(DeclaredModuleBox(module)).toOpaque()
    let code = unsafe sqlite3_create_module_v2(handle, module.name, declaredModuleTable, box) { box in
      guard let box = unsafe box else { return }
      unsafe Unmanaged<DeclaredModuleBox>.fromOpaque(box).release()
    }
    try check(code)
  }
}

final class DeclaredModuleBox {
  let module: DeclaredModule

  init(_ module: DeclaredModule) { self.module = module }
}

extension Database {
  /// Makes `name(x)` a function that gives back x.
  package func registerIdentity(_ name: String) throws(SQLiteError) {
    let code = unsafe sqlite3_create_function_v2(
      handle, name, 1, SQLITE_UTF8 | SQLITE_DETERMINISTIC, nil,
      { context, _, arguments in
        if let arguments = unsafe arguments { unsafe sqlite3_result_value(context, arguments[0]) }
      }, nil, nil, nil)
    try check(code)
  }
}

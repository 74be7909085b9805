// INVARIANT: this module joins the schema value with SQLite: databases in memory to try schemas in, and the schema that a
// database is at. It never loads an extension and never writes a file.

package import SQLite
internal import Schemas

/// A database in memory for schemas that are being compiled.
///
/// What it runs was written by others, so it is bounded in size and work, reaches no file, and knows `vec0` from our own
/// declaration of it: compiling never loads native code.
package enum ScratchDatabase {
  /// - Parameters:
  ///   - isGuarded: whether statements are asked for by name before they are compiled. Off for statements of our own.
  ///   - steps: the most steps of SQLite's machine, in thousands, before a statement is interrupted.
  package static func open(isGuarded: Bool = true, steps: Int = 100_000) throws(SQLiteError) -> Database {
    let database = try Database(.memory)
    try database.set(.doubleQuotedStrings, false)
    try database.set(.foreignKeys, true)
    database.limit(.sqlLength, to: 1 << 20)
    database.limit(.length, to: 64 << 20)
    database.limit(.attached, to: 0)
    try addVectors(to: database)
    if isGuarded { try database.setAuthorizer(isAllowed) }
    if steps < .max {
      var left = steps
      database.setProgress(every: 1000) {
        left -= 1
        return left > 0
      }
    }
    return database
  }

  /// Makes `vec0` known to a connection without the extension.
  package static func addVectors(to database: borrowing Database) throws(SQLiteError) {
    try database.register(vectorModule)
    // What turns a blob into a vector of vec0; the rows of the stand-in hold any value.
    for function in ["vec_f32", "vec_int8", "vec_bit"] { try database.registerIdentity(function) }
  }

  /// What the statements of a schema may do, and what fts5 does for itself meanwhile.
  private static func isAllowed(_ action: Database.Action) -> Bool {
    switch action.code {
    case Database.Action.attach, Database.Action.detach, Database.Action.createTempTable,
      Database.Action.createTempIndex, Database.Action.createTempTrigger, Database.Action.createTempView:
      return false
    case Database.Action.pragma: return action.first == "data_version" || action.first == "page_size"
    case Database.Action.function: return !forbiddenFunctions.contains(action.second ?? "")
    default: return action.database == nil || action.database == "main"
    }
  }

  private static let forbiddenFunctions: Set = ["load_extension", "readfile", "writefile", "edit", "fts3_tokenizer"]

  /// `vec0` as far as a schema sees it: arguments and columns, no search.
  private static var vectorModule: DeclaredModule {
    DeclaredModule(name: "vec0", shadowSuffix: "_rowids") { (table, arguments) throws(DeclaredModule.Refusal) in
      do throws(SchemaSyntaxError) {
        let statement = "CREATE VIRTUAL TABLE \(SQLName(table).sql) USING vec0(\(arguments))"
        guard case .vector(let vectors) = try SchemaParser.parse(statement) else {
          throw SchemaSyntaxError("not a table of module vec0", at: 0..<0)
        }
        return vectors.declaration
      } catch {
        throw DeclaredModule.Refusal("vec0: \(error.problem)")
      }
    }
  }
}

extension VectorTable {
  /// As vec0 declares its columns to SQLite: without a key of its own there is a column `rowid`.
  fileprivate var declaration: DeclaredModule.Declaration {
    let key = columns.firstIndex { column in
      if case .primaryKey(type: "integer") = column.role { return true }
      return false
    }
    let hasKey = columns.contains { column in
      if case .primaryKey = column.role { return true }
      return false
    }
    return DeclaredModule.Declaration(
      columns: (hasKey ? [] : ["rowid"]) + columns.map(\.name.text), hidden: ["distance", "k"],
      rowidColumn: hasKey ? key : 0)
  }
}

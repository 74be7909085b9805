internal import Digests
internal import SQLite
internal import SQLiteSchema
package import Schemas
package import SystemIO

// Plans for SQLite 3.40.1 and later. ALTER TABLE is used to rename and to add columns at the end; every other change of
// a table is one rebuild of it: a new table, the rows copied by name, the old one dropped, the new one renamed. Views
// and triggers are definitions without data: they go before tables change and come back, in their new form, at the end.

/// Finds the way between two schemas.
package enum MigrationPlanner {
  /// - Throws: when a declared rename does not work in SQLite.
  package static func plan(from: Schema, to: Schema) throws(Failure) -> MigrationPlan {
    guard from != to else { return MigrationPlan(from: from.digest, to: to.digest) }
    var builder = MigrationBuilder(from: from, to: to)
    try builder.rename()
    builder.planTables()
    builder.planIndexes()
    builder.planVirtualTables()
    builder.planDefinitions()
    return builder.finish()
  }

  /// What going from one schema to the other does, object by object: what a review shows. Runs nothing but declared
  /// renames, in memory; proves nothing.
  ///
  /// - Returns: in the order of the plan; an object may be there several times. Empty when the schemas are equal.
  /// - Throws: when a declared rename does not work in SQLite.
  package static func changes(from: Schema, to: Schema) throws(Failure) -> [MigrationPlan.Change] {
    try plan(from: from, to: to).changes
  }
}

/// The parts of a plan while it is made; each list runs as a whole, in the order of the declarations.
struct MigrationBuilder {
  let from: Schema
  let to: Schema
  let declarations: SchemaDeclarations
  /// `from` after the renames, without views and triggers.
  var base: Schema
  var changes: [MigrationPlan.Change] = []

  var dropDefinitions: [MigrationPlan.Step] = []
  var renames: [MigrationPlan.Step] = []
  var checks: [MigrationPlan.Step] = []
  var stageAndDropVirtual: [MigrationPlan.Step] = []
  var dropIndexes: [MigrationPlan.Step] = []
  var tables: [MigrationPlan.Step] = []
  var createIndexes: [MigrationPlan.Step] = []
  var createViews: [MigrationPlan.Step] = []
  var createVirtual: [MigrationPlan.Step] = []
  var createTriggers: [MigrationPlan.Step] = []

  /// Tables whose rows were written anew, and those that are gone: their indexes went with them.
  var rebuilt: Set<SQLName> = []
  var dropped: Set<SQLName> = []
  /// Tables with any change, for what is derived from their rows.
  var altered: Set<SQLName> = []
  /// Former names of virtual tables that were renamed, by the new name.
  var formerVirtual: [SQLName: SQLName] = [:]
  /// The same of ordinary tables.
  var formerTables: [SQLName: SQLName] = [:]
  /// Former names of columns that were renamed.
  var formerColumns: [MigrationPlan.Column: SQLName] = [:]
  var copies: [MigrationPlan.Copy] = []
  /// Columns that a backfill fills.
  var computed: Set<MigrationPlan.Column> = []

  let newTables: [SQLName: Table]

  init(from: Schema, to: Schema) {
    self.from = from
    self.to = to
    self.declarations = to.declarations
    self.base = from
    self.newTables = Dictionary(uniqueKeysWithValues: to.tables.map { ($0.name, $0) })
  }

  mutating func note(
    _ kind: MigrationPlan.Class, _ object: MigrationPlan.Object, _ text: String, approval: String? = nil
  ) {
    changes.append(
      MigrationPlan.Change(
        kind, object, text, approval: approval, isAllowed: approval.map { declarations.allowed.contains($0) } ?? true))
  }

  /// Takes down that every row of a table is gone through; `cost` is relative to copying it.
  mutating func copies(_ table: SQLName, cost: Double) {
    copies.append(MigrationPlan.Copy(formerVirtual[table] ?? formerTables[table] ?? table, cost: cost))
  }

  /// A virtual table of the new schema.
  private func virtualObject(_ name: SQLName) -> MigrationPlan.Object {
    to.vectorTables.contains { $0.name == name } ? .vector(name) : .fullText(name)
  }

  // MARK: Backfills

  /// What is declared to fill a column.
  ///
  /// - Parameter isThere: whether the old table has the column. Then a backfill that the old schema declared too has
  ///   happened, or was not needed: to compute the column again would undo what was written since.
  func backfill(_ table: SQLName, _ column: SQLName, isThere: Bool) -> SQLText? {
    let declared = declarations.backfills.first { $0.table == table && $0.column == column }
    guard let declared, isThere else { return declared?.expression }
    let oldTable = formerTables[table] ?? formerVirtual[table] ?? table
    let oldColumn = formerColumns[MigrationPlan.Column(table, column)] ?? column
    let hasHappened = from.declarations.backfills.contains { old in
      old.table == oldTable && old.column == oldColumn && isSame(old.expression, declared.expression, table)
    }
    return hasHappened ? nil : declared.expression
  }

  /// Whether an expression over a row is what another was before columns of its table were renamed.
  private func isSame(_ old: SQLText, _ new: SQLText, _ table: SQLName) -> Bool {
    guard old != new else { return true }
    return old.tokens.count == new.tokens.count
      && zip(old.tokens, new.tokens).allSatisfy { old, new in
        if SQLText([old]) == SQLText([new]) { return true }
        guard let name = new.name, let oldName = old.name else { return false }
        return formerColumns[MigrationPlan.Column(table, name)] == oldName
          || (formerTables[name] ?? formerVirtual[name]) == oldName
      }
  }

  // MARK: Renames

  /// Applies the declared renames to `base`, by SQLite itself, since they reach into expressions and foreign keys.
  mutating func rename() throws(Failure) {
    var tableNames = Dictionary(uniqueKeysWithValues: from.tables.map { ($0.name, $0) })
    let virtualNames = Set((from.fullTextTables.map(\.name)) + (from.vectorTables.map(\.name)))
    var statements: [String] = []
    for rename in declarations.renames where rename.column == nil {
      if let former = rename.from.first(where: { virtualNames.contains($0) }), !virtualNames.contains(rename.table) {
        formerVirtual[rename.table] = former
        note(.safe, virtualObject(rename.table), "rename the table `\(former)` to `\(rename.table)`")
        continue
      }
      guard let former = rename.from.first(where: { tableNames[$0] != nil }), let table = tableNames[former] else {
        continue
      }
      guard tableNames[rename.table] == nil else {
        if newTables[former] == nil {
          note(
            .refused, .table(rename.table), "rename the table `\(former)` to `\(rename.table)`: the database has both")
        }
        continue
      }
      statements.append("ALTER TABLE \(former.sql) RENAME TO \(rename.table.sql)")
      tableNames[former] = nil
      tableNames[rename.table] = table
      formerTables[rename.table] = former
      note(.safe, .table(rename.table), "rename the table `\(former)` to `\(rename.table)`")
    }
    for rename in declarations.renames {
      guard let column = rename.column, let table = tableNames[rename.table],
        let former = rename.from.first(where: { table.column($0) != nil })
      else { continue }
      guard table.column(column) == nil else {
        if newTables[rename.table]?.column(former) == nil {
          note(
            .refused, .table(rename.table),
            "rename the column `\(rename.table).\(former)` to `\(column)`: the database has both")
        }
        continue
      }
      statements.append("ALTER TABLE \(rename.table.sql) RENAME COLUMN \(former.sql) TO \(column.sql)")
      formerColumns[MigrationPlan.Column(rename.table, column)] = former
      note(.safe, .table(rename.table), "rename the column `\(rename.table).\(former)` to `\(column)`")
    }
    guard !statements.isEmpty else { return }
    renames = statements.map(MigrationPlan.Step.run)
    base = try renamed(by: statements)
  }

  private func renamed(by statements: [String]) throws(Failure) -> Schema {
    let virtual = from.fullTextTables.map(SchemaObject.fullText) + from.vectorTables.map(SchemaObject.vector)
    do throws(SQLiteError) {
      let database = try ScratchDatabase.open(isGuarded: false)
      for table in from.tables { try database.execute(table.sql()) }
      for index in from.indexes { try database.execute(index.sql()) }
      for statement in statements { try database.execute(statement) }
      switch try LiveSchema.read(database) {
      case .success(let schema): return Schema(schema.objects + virtual)
      case .failure(let error): throw SQLiteError(code: 1, message: error.problem)
      }
    } catch {
      throw Failure("LS120", "a declared rename does not work: \(error.message)")
    }
  }

  // MARK: Order

  func finish() -> MigrationPlan {
    var plan = MigrationPlan(from: from.digest, to: to.digest)
    plan.changes = changes
    plan.copies = copies
    plan.computed = computed
    plan.steps =
      dropDefinitions + renames + checks + stageAndDropVirtual + dropIndexes + tables + createIndexes + createViews
      + createVirtual + createTriggers
    return plan
  }

  // MARK: Indexes, views, triggers

  mutating func planIndexes() {
    let new = Dictionary(uniqueKeysWithValues: to.indexes.map { ($0.name, $0) })
    let old = Dictionary(uniqueKeysWithValues: base.indexes.map { ($0.name, $0) })
    for index in base.indexes {
      let goesWithTable = rebuilt.contains(index.table) || dropped.contains(index.table)
      guard new[index.name] != index else { continue }
      if new[index.name] == nil { note(.safe, .index(index.name), "drop the index `\(index.name)`") }
      if !goesWithTable { dropIndexes.append(.run("DROP INDEX \(index.name.sql)")) }
    }
    for index in to.indexes {
      let present = old[index.name]
      if present == index, !rebuilt.contains(index.table) { continue }
      createIndexes.append(.run(index.sql()))
      if base.table(index.table) != nil { copies(index.table, cost: 1) }
      guard present != index else { continue }
      let isOnOldTable = base.table(index.table) != nil
      let what = present == nil ? "create the index `\(index.name)`" : "change the index `\(index.name)`"
      if index.isUnique, isOnOldTable, present?.isUnique != true || present?.columns != index.columns {
        note(.dataDependent, .index(index.name), what)
        checkUnique(index.columns, of: index.table, where: index.condition, "the index `\(index.name)`")
      } else {
        note(.safe, .index(index.name), what)
      }
    }
  }

  /// Counts the groups of rows that a new unique key would not allow; columns that are new have no rows to look at.
  mutating func checkUnique(
    _ columns: [Table.KeyColumn], of name: SQLName, where condition: SQLText?, _ what: String
  ) {
    guard let old = base.table(name), let new = newTables[name],
      new.columns.allSatisfy({ column in
        old.column(column.name) != nil
          || !(columns.contains { $0.expression.mentions(column.name) } || condition?.mentions(column.name) == true)
      })
    else { return }
    let keys = columns.map { key in
      key.expression.sql + (collation(of: key, in: new).map { " COLLATE \($0.sql)" } ?? "")
    }
    let present = columns.map { "(\($0.expression.sql)) IS NOT NULL" }.joined(separator: " AND ")
    let filter = condition.map { " AND (\($0.sql))" } ?? ""
    checks.append(
      .expectZero(
        "SELECT count(*) FROM (SELECT 1 FROM \(name.sql) WHERE \(present)\(filter) "
          + "GROUP BY \(keys.joined(separator: ", ")) HAVING count(*) > 1)",
        problem: "groups of rows of `\(name)` are the same to \(what), which is UNIQUE"))
  }

  private func collation(of key: Table.KeyColumn, in table: Table) -> SQLName? {
    key.collation ?? key.name.flatMap { table.column($0)?.collation }
  }

  mutating func planDefinitions() {
    let touchesTables = !renames.isEmpty || !tables.isEmpty || !stageAndDropVirtual.isEmpty || !createVirtual.isEmpty
    let oldViews = Dictionary(uniqueKeysWithValues: from.views.map { ($0.name, $0) })
    let newViews = Dictionary(uniqueKeysWithValues: to.views.map { ($0.name, $0) })
    let oldTriggers = Dictionary(uniqueKeysWithValues: from.triggers.map { ($0.name, $0) })
    let newTriggers = Dictionary(uniqueKeysWithValues: to.triggers.map { ($0.name, $0) })
    let changesViews = oldViews != newViews
    for trigger in from.triggers where touchesTables || changesViews || newTriggers[trigger.name] != trigger {
      dropDefinitions.append(.run("DROP TRIGGER \(trigger.name.sql)"))
      if newTriggers[trigger.name] == nil { note(.safe, .trigger(trigger.name), "drop the trigger `\(trigger.name)`") }
    }
    for view in from.views where touchesTables || changesViews {
      dropDefinitions.append(.run("DROP VIEW \(view.name.sql)"))
      if newViews[view.name] == nil { note(.safe, .view(view.name), "drop the view `\(view.name)`") }
    }
    for view in to.views where touchesTables || changesViews {
      createViews.append(.run(view.sql()))
      if oldViews[view.name] == nil { note(.safe, .view(view.name), "create the view `\(view.name)`") }
      if let old = oldViews[view.name], old != view { note(.safe, .view(view.name), "change the view `\(view.name)`") }
    }
    for trigger in to.triggers where touchesTables || changesViews || oldTriggers[trigger.name] != trigger {
      createTriggers.append(.run(trigger.sql()))
      if oldTriggers[trigger.name] == nil {
        note(.safe, .trigger(trigger.name), "create the trigger `\(trigger.name)`")
      }
      if let old = oldTriggers[trigger.name], old != trigger {
        note(.safe, .trigger(trigger.name), "change the trigger `\(trigger.name)`")
      }
    }
  }
}

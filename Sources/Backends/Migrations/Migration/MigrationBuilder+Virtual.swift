internal import Schemas

// Virtual tables cannot be altered. Those that hold data of their own go through an ordinary table: copied out, dropped,
// created, copied back, in the plan's one transaction.

extension MigrationBuilder {
  mutating func planVirtualTables() {
    planFullText()
    planVectors()
  }

  private func stage(_ name: SQLName) -> SQLName { SQLName("__locara_stage_\(name.text)") }

  /// Copies rows out: what names each row, then its columns as they are, into columns without affinity.
  private mutating func copyOut(_ source: SQLName, to stage: SQLName, rowid: String, columns: [String]) {
    copies(source, cost: base.vectorTables.contains { $0.name == source } ? 4 : 12)
    let names = (["__locara_rowid"] + columns).joined(separator: ", ")
    stageAndDropVirtual.append(.run("CREATE TABLE \(stage.sql) (\(names))"))
    stageAndDropVirtual.append(
      .run(
        "INSERT INTO \(stage.sql) (\(names)) SELECT \(([rowid] + columns).joined(separator: ", ")) "
          + "FROM \(source.sql)"))
  }

  private mutating func copyBack(
    _ stage: SQLName, to target: SQLName, rowid: String, columns: [String], values: [String]
  ) {
    let names = [rowid] + columns
    let sources = ["__locara_rowid"] + values
    createVirtual.append(
      .run(
        "INSERT INTO \(target.sql) (\(names.joined(separator: ", "))) SELECT \(sources.joined(separator: ", ")) "
          + "FROM \(stage.sql)"))
    createVirtual.append(
      .expectZero(
        "SELECT (SELECT count(*) FROM \(stage.sql)) - (SELECT count(*) FROM \(target.sql))",
        problem: "rows of `\(target)` were not copied"))
    createVirtual.append(.run("DROP TABLE \(stage.sql)"))
  }

  // MARK: fts5

  private mutating func planFullText() {
    let old = Dictionary(uniqueKeysWithValues: base.fullTextTables.map { ($0.name, $0) })
    let kept = Set(to.fullTextTables.map { formerVirtual[$0.name] ?? $0.name })
    for index in base.fullTextTables where !kept.contains(index.name) {
      if case .external = index.content {
        note(.safe, .fullText(index.name), "drop the full-text index `\(index.name)`")
      } else {
        note(
          .lossy, .fullText(index.name), "drop the full-text table `\(index.name)`",
          approval: "drop table \(index.name.foldedSQL)")
      }
      stageAndDropVirtual.append(.run("DROP TABLE \(index.name.sql)"))
    }
    for index in to.fullTextTables {
      let source = formerVirtual[index.name] ?? index.name
      guard let present = old[source] else {
        note(.safe, .fullText(index.name), "create the full-text table `\(index.name)`")
        createVirtual.append(.run(index.sql()))
        if case .external = index.content { createVirtual.append(rebuildIndex(index)) }
        continue
      }
      if present == index {
        // What is indexed may have changed although the index did not.
        if case .external(let content) = index.content, indexesChanges(index, of: content) {
          createVirtual.append(rebuildIndex(index))
        }
        continue
      }
      change(present, to: index)
    }
  }

  private mutating func rebuildIndex(_ index: FullTextTable) -> MigrationPlan.Step {
    if case .external(let content) = index.content, base.table(content) != nil { copies(content, cost: 10) }
    return .run("INSERT INTO \(index.name.sql) (\(index.name.sql)) VALUES ('rebuild')")
  }

  private func indexesChanges(_ index: FullTextTable, of content: SQLName) -> Bool {
    if base.views.contains(where: { $0.name == content }) || to.views.contains(where: { $0.name == content }) {
      return !altered.isEmpty || !dropped.isEmpty || !renames.isEmpty
    }
    guard let old = base.table(content), let new = newTables[content] else { return true }
    guard altered.contains(content) else { return false }
    return old.rowidAlias != new.rowidAlias || index.columns.contains { old.column($0.name) != new.column($0.name) }
  }

  private mutating func change(_ old: FullTextTable, to new: FullTextTable) {
    if case .external = new.content {
      if case .external = old.content {
        note(.safe, .fullText(new.name), "change the full-text index `\(new.name)` and fill it again from its content")
      } else {
        note(
          .lossy, .fullText(old.name), "drop the text that `\(old.name)` stores itself",
          approval: "drop table \(old.name.foldedSQL)")
      }
      replace(old, by: new)
      createVirtual.append(rebuildIndex(new))
      return
    }
    guard case .own = old.content, case .own = new.content else {
      note(
        .reembed, .fullText(new.name), "change the full-text table `\(new.name)`, whose text is stored nowhere",
        approval: "re-embed \(new.name.foldedSQL)")
      replace(old, by: new)
      createVirtual.append(pending(new.name))
      return
    }
    for column in old.columns where !new.columns.contains(where: { $0.name == column.name }) {
      note(
        .lossy, .fullText(new.name), "drop the column `\(new.name).\(column.name)`",
        approval: "drop column \(new.name.foldedSQL).\(column.name.foldedSQL)")
    }
    note(.safe, .fullText(new.name), "change the full-text table `\(new.name)` and fill it again from its rows")
    let stage = stage(new.name)
    copyOut(old.name, to: stage, rowid: "rowid", columns: old.columns.map(\.name.sql))
    replace(old, by: new)
    var columns: [String] = []
    var values: [String] = []
    for column in new.columns {
      let isThere = old.columns.contains { $0.name == column.name }
      let filled = isThere ? column.name.sql : backfill(new.name, column.name, isThere: false).map { "(\($0.sql))" }
      guard let filled else { continue }
      columns.append(column.name.sql)
      values.append(filled)
    }
    copyBack(stage, to: new.name, rowid: "rowid", columns: columns, values: values)
  }

  /// Drops a full-text table and creates its new form, with what the app has configured: `rank`, `automerge` and others
  /// (https://sqlite.org/fts5.html#configuration_options_config_table_). The version is SQLite's own.
  private mutating func replace(_ old: FullTextTable, by new: FullTextTable) {
    let kept = SQLName("__locara_configuration_\(new.name.text)").sql
    let configuration = SQLName("\(old.name.text)_config").sql
    stageAndDropVirtual.append(
      .run("CREATE TABLE \(kept) AS SELECT k, v FROM \(configuration) WHERE k <> 'version'"))
    stageAndDropVirtual.append(.run("DROP TABLE \(old.name.sql)"))
    createVirtual.append(.run(new.sql()))
    createVirtual.append(.run("INSERT INTO \(new.name.sql) (\(new.name.sql), rank) SELECT k, v FROM \(kept)"))
    createVirtual.append(.run("DROP TABLE \(kept)"))
  }

  /// Leaves word for the app that it has to fill a table again.
  private func pending(_ name: SQLName) -> MigrationPlan.Step {
    .run("INSERT OR REPLACE INTO __locara_settings(key, value) VALUES (\(sqlLiteral("re-embed.\(name.folded)")), 1)")
  }

  // MARK: vec0

  private mutating func planVectors() {
    let old = Dictionary(uniqueKeysWithValues: base.vectorTables.map { ($0.name, $0) })
    let kept = Set(to.vectorTables.map { formerVirtual[$0.name] ?? $0.name })
    for table in base.vectorTables where !kept.contains(table.name) {
      note(
        .lossy, .vector(table.name), "drop the vector table `\(table.name)`",
        approval: "drop table \(table.name.foldedSQL)")
      stageAndDropVirtual.append(.run("DROP TABLE \(table.name.sql)"))
    }
    for table in to.vectorTables {
      guard let present = old[formerVirtual[table.name] ?? table.name] else {
        note(.safe, .vector(table.name), "create the vector table `\(table.name)`")
        createVirtual.append(.run(table.sql()))
        continue
      }
      if present != table { change(present, to: table) }
    }
  }

  private mutating func change(_ old: VectorTable, to new: VectorTable) {
    let present = Dictionary(uniqueKeysWithValues: old.columns.map { ($0.name, $0.role) })
    let isRecomputed = new.columns.contains { column in
      guard case .vector(let element, let dimension, _) = column.role else { return false }
      guard case .vector(element, dimension: dimension, _)? = present[column.name] else { return true }
      return false
    }
    if isRecomputed {
      note(
        .reembed, .vector(new.name), "change the vectors of `\(new.name)`, which have to be computed again",
        approval: "re-embed \(new.name.foldedSQL)")
      stageAndDropVirtual.append(.run("DROP TABLE \(old.name.sql)"))
      createVirtual.append(.run(new.sql()))
      createVirtual.append(pending(new.name))
      return
    }
    guard let key = keys(old, new) else {
      return note(.refused, .vector(new.name), "change the primary key of the vector table `\(new.name)`")
    }
    for column in old.columns where !new.columns.contains(where: { $0.name == column.name }) {
      if case .primaryKey(type: "integer") = column.role { continue }
      note(
        .lossy, .vector(new.name), "drop the column `\(new.name).\(column.name)`",
        approval: "drop column \(new.name.foldedSQL).\(column.name.foldedSQL)")
    }
    note(.safe, .vector(new.name), "change the vector table `\(new.name)` and keep its vectors")
    let stage = stage(new.name)
    var columns: [String] = []
    var values: [String] = []
    for column in new.columns {
      if case .primaryKey = column.role { continue }
      if let value = value(of: column, in: new, from: present[column.name]) {
        columns.append(column.name.text)
        values.append(value)
      }
    }
    // The key stands in a column of its own as well, for backfills.
    copyOut(old.name, to: stage, rowid: key.old, columns: old.columns.map(\.name.sql))
    stageAndDropVirtual.append(.run("DROP TABLE \(old.name.sql)"))
    createVirtual.append(.run(new.sql()))
    copyBack(stage, to: new.name, rowid: key.new, columns: columns, values: values)
  }

  /// What names a row before and after; nil when the ids themselves would change.
  private func keys(_ old: VectorTable, _ new: VectorTable) -> (old: String, new: String)? {
    func key(_ table: VectorTable) -> (name: String, type: String) {
      for column in table.columns {
        if case .primaryKey(let type) = column.role { return (column.name.text, type) }
      }
      return ("rowid", "integer")
    }
    let (before, after) = (key(old), key(new))
    return before.type == after.type ? (before.name, after.name) : nil
  }

  private mutating func value(
    of column: VectorTable.Column, in table: VectorTable, from old: VectorTable.Role?
  ) -> String? {
    let staged = column.name.sql
    switch (column.role, old) {
    case (.vector(let element, _, _), .vector):
      // Only float vectors are taken as plain blobs.
      return element == .float ? staged : "vec_\(element.rawValue)(\(staged))"
    case (.metadata(let new), .metadata(let old)?) where new == old,
      (.metadata(let new), .partitionKey(let old)?)
    where new == old, (.partitionKey(let new), .partitionKey(let old)?) where new == old,
      (.partitionKey(let new), .metadata(let old)?) where new == old,
      (.auxiliary(let new), .auxiliary(let old)?)
    where new == old, (.auxiliary(let new), .metadata(let old)?) where new == old:
      return staged
    default: break
    }
    if let expression = backfill(table.name, column.name, isThere: old != nil) {
      computed.insert(MigrationPlan.Column(table.name, column.name))
      if old != nil {
        note(.irreversible, .vector(table.name), "compute `\(table.name).\(column.name)` anew by its backfill")
      }
      return "(\(expression.sql))"
    }
    if case .auxiliary = column.role, old == nil { return nil }
    note(
      .dataDependent, .vector(table.name),
      "change `\(table.name).\(column.name)`, which needs a value, in an empty table")
    checks.append(
      .expectZero(
        "SELECT count(*) FROM \((formerVirtual[table.name] ?? table.name).sql)",
        problem: "rows of `\(table.name)` have no value for `\(column.name)`: declare a backfill"))
    return nil
  }
}

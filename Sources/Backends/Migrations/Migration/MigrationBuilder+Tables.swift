internal import Schemas

extension MigrationBuilder {
  mutating func planTables() {
    for table in base.tables where newTables[table.name] == nil {
      dropped.insert(table.name)
      note(.lossy, .table(table.name), "drop the table `\(table.name)`", approval: "drop table \(table.name.foldedSQL)")
      tables.append(.run("DROP TABLE \(table.name.sql)"))
    }
    let oldTables = Dictionary(uniqueKeysWithValues: base.tables.map { ($0.name, $0) })
    for table in to.tables {
      guard let old = oldTables[table.name] else {
        note(.safe, .table(table.name), "create the table `\(table.name)`")
        tables.append(.run(table.sql()))
        continue
      }
      guard old != table else { continue }
      altered.insert(table.name)
      if let added = addable(to: old, from: table) {
        add(added, to: old, from: table)
      } else {
        rebuild(old, as: table)
      }
    }
  }

  // MARK: Adding columns

  /// The columns of `new` that ALTER TABLE ADD COLUMN can add to `old`, when nothing else is different
  /// (https://sqlite.org/lang_altertable.html#altertabaddcol).
  private func addable(to old: Table, from new: Table) -> ArraySlice<Table.Column>? {
    guard new.columns.count > old.columns.count, Array(new.columns.prefix(old.columns.count)) == old.columns,
      new.primaryKey == old.primaryKey, new.uniques == old.uniques, new.isStrict == old.isStrict,
      new.withoutRowid == old.withoutRowid, Set(old.checks).isSubset(of: new.checks),
      Set(old.foreignKeys).isSubset(of: new.foreignKeys)
    else { return nil }
    let added = new.columns.dropFirst(old.columns.count)
    for column in added {
      if column.generated?.isStored == true || backfill(new.name, column.name, isThere: false) != nil {
        return nil
      }
      if column.notNull != nil, column.generated == nil, column.defaultValue == nil || isNull(column.defaultValue) {
        return nil
      }
      // An expression, or the time of day, is no constant.
      if let value = column.defaultValue {
        guard value.tokens.count <= 2, let last = value.tokens.last, last.kind != .word || isConstantWord(last) else {
          return nil
        }
      }
    }
    for key in new.foreignKeys where !old.foreignKeys.contains(key) {
      guard key.columns.count == 1, let column = added.first(where: { $0.name == key.columns.first }),
        column.defaultValue == nil
      else { return nil }
    }
    return added
  }

  private func isNull(_ value: SQLText?) -> Bool { value?.tokens.first?.isWord("NULL") == true }

  private func isConstantWord(_ token: SQLToken) -> Bool {
    token.isWord("NULL") || token.isWord("TRUE") || token.isWord("FALSE")
  }

  private mutating func add(_ added: ArraySlice<Table.Column>, to old: Table, from new: Table) {
    let newChecks = new.checks.filter { !old.checks.contains($0) }
    for (index, column) in zip(added.indices, added) {
      var sql = "ALTER TABLE \(new.name.sql) ADD COLUMN \(column.sql(folded: false))"
      for key in new.foreignKeys where key.columns == [column.name] && !old.foreignKeys.contains(key) {
        sql += " \(key.references(folded: false))"
      }
      // The last column carries the new checks, since they may mention all of them.
      if index == added.indices.last { sql += newChecks.map { " \($0.sql(folded: false))" }.joined() }
      tables.append(.run(sql))
      note(.safe, .table(new.name), "add the column `\(new.name).\(column.name)`")
    }
    noteChecks(newChecks, of: old)
  }

  /// Counts the rows that a new CHECK refuses, where it looks at columns only that are there already.
  private mutating func noteChecks(_ newChecks: [Table.Check], of old: Table) {
    guard let new = newTables[old.name] else { return }
    let unknown = new.columns.filter { old.column($0.name) != $0 }.map(\.name)
    for check in newChecks {
      let label = check.name.map { "`\($0)`" } ?? "CHECK (\(check.expression.sql))"
      note(.dataDependent, .table(old.name), "add to `\(old.name)` the constraint \(label)")
      guard !unknown.contains(where: { check.expression.mentions($0) }) else { continue }
      checks.append(
        .expectZero(
          "SELECT count(*) FROM \(old.name.sql) WHERE NOT (\(check.expression.sql))",
          problem: "rows of `\(old.name)` do not satisfy \(label)"))
    }
  }

  // MARK: Rebuilding

  private mutating func rebuild(_ old: Table, as new: Table) {
    rebuilt.insert(new.name)
    copies(old.name, cost: 2)
    noteColumns(old, new)
    noteKeys(old, new)
    noteChecks(new.checks.filter { !old.checks.contains($0) }, of: old)

    let temporary = SQLName("__locara_new_\(new.name.text)")
    var targets: [String] = []
    var values: [String] = []
    if let rowid = carriedRowid(old, new) {
      targets.append(rowid)
      values.append(rowid)
    }
    for column in new.columns where column.generated == nil {
      guard let value = value(of: column, old, new) else { continue }
      targets.append(column.name.sql)
      values.append(value)
    }
    tables.append(.run(new.sql(as: temporary)))
    if !targets.isEmpty {
      tables.append(
        .run(
          "INSERT INTO \(temporary.sql) (\(targets.joined(separator: ", "))) "
            + "SELECT \(values.joined(separator: ", ")) FROM \(old.name.sql)"))
    }
    tables.append(
      .expectZero(
        "SELECT (SELECT count(*) FROM \(old.name.sql)) - (SELECT count(*) FROM \(temporary.sql))",
        problem: "rows of `\(old.name)` were not copied"))
    if old.primaryKey?.isAutoincrement == true, new.primaryKey?.isAutoincrement == true {
      // The counter may be beyond the largest id that is left.
      tables.append(.run("DELETE FROM sqlite_sequence WHERE name = \(sqlLiteral(temporary.text))"))
      tables.append(
        .run(
          "INSERT INTO sqlite_sequence(name, seq) SELECT \(sqlLiteral(temporary.text)), seq FROM sqlite_sequence "
            + "WHERE name = \(sqlLiteral(old.name.text)) COLLATE NOCASE"))
    }
    tables.append(.run("DROP TABLE \(old.name.sql)"))
    tables.append(.run("ALTER TABLE \(temporary.sql) RENAME TO \(new.name.sql)"))
  }

  /// A name for the rowid, when both tables have one that no column stands for: full-text indexes refer to it.
  private func carriedRowid(_ old: Table, _ new: Table) -> String? {
    guard !old.withoutRowid, !new.withoutRowid, old.rowidAlias == nil, new.rowidAlias == nil else { return nil }
    return ["rowid", "_rowid_", "oid"].first { name in
      old.column(SQLName(name)) == nil && new.column(SQLName(name)) == nil
    }
  }

  /// What the copy puts into a column; nil leaves it to the default.
  private mutating func value(of column: Table.Column, _ old: Table, _ new: Table) -> String? {
    let present = old.column(column.name)
    if present != column, let expression = backfill(new.name, column.name, isThere: present != nil) {
      computed.insert(MigrationPlan.Column(new.name, column.name))
      if column.notNull != nil {
        checks.append(
          .expectZero(
            "SELECT count(*) FROM \(old.name.sql) WHERE (\(expression.sql)) IS NULL",
            problem: "rows of `\(old.name)` get no value for `\(column.name)` from its backfill, and it is NOT NULL"))
      }
      return "(\(expression.sql))"
    }
    if present != nil { return column.name.sql }
    if new.rowidAlias == column.name, !old.withoutRowid {
      return old.rowidAlias?.sql ?? ["rowid", "_rowid_", "oid"].first { old.column(SQLName($0)) == nil }
    }
    return nil
  }

  private mutating func noteColumns(_ old: Table, _ new: Table) {
    for column in old.columns where new.column(column.name) == nil {
      let text = "drop the column `\(old.name).\(column.name)`"
      if column.generated != nil {
        note(.safe, .table(old.name), text)
      } else {
        note(.lossy, .table(old.name), text, approval: "drop column \(old.name.foldedSQL).\(column.name.foldedSQL)")
      }
    }
    for column in new.columns {
      let isFilled = backfill(new.name, column.name, isThere: old.column(column.name) != nil) != nil
      guard let present = old.column(column.name) else {
        let isRowid = new.rowidAlias == column.name && !old.withoutRowid
        if column.notNull != nil || isKey(column.name, new) && new.withoutRowid, column.generated == nil, !isFilled,
          !isRowid, column.defaultValue == nil || isNull(column.defaultValue)
        {
          note(
            .dataDependent, .table(new.name),
            "add the column `\(new.name).\(column.name)`, which needs a value, to an empty table")
          checks.append(
            .expectZero(
              "SELECT count(*) FROM \(old.name.sql)",
              problem: "rows of `\(old.name)` have no value for the new column `\(column.name)`: declare a backfill"))
        } else {
          // A backfill may give NULL for some row.
          note(
            isFilled && column.notNull != nil ? .dataDependent : .safe, .table(new.name),
            "add the column `\(new.name).\(column.name)`")
        }
        continue
      }
      if present.generated != nil, column.generated == nil {
        note(.safe, .table(new.name), "store the values of the generated column `\(new.name).\(column.name)`")
      }
      if column.generated != nil, present.generated == nil {
        note(
          .lossy, .table(new.name), "compute the column `\(new.name).\(column.name)` instead of storing it",
          approval: "drop column \(new.name.foldedSQL).\(column.name.foldedSQL)")
        continue
      }
      if isFilled, present != column {
        note(.irreversible, .table(new.name), "compute the column `\(new.name).\(column.name)` anew by its backfill")
      } else {
        compare(present, column, old, new)
      }
    }
    if old.columns.map(\.name).filter({ new.column($0) != nil })
      != new.columns.map(\.name).filter({ old.column($0) != nil })
    {
      note(.safe, .table(new.name), "change the order of the columns of `\(new.name)`")
    }
  }

  private func isKey(_ column: SQLName, _ table: Table) -> Bool {
    table.primaryKey?.columns.contains { $0.name == column } == true
  }

  /// Differences of one column that keeps its values.
  private mutating func compare(_ old: Table.Column, _ new: Table.Column, _ oldTable: Table, _ newTable: Table) {
    let name = "`\(newTable.name).\(new.name)`"
    let becomesAlias = newTable.rowidAlias == new.name && oldTable.rowidAlias != new.name
    if new.notNull != nil && old.notNull == nil || becomesAlias {
      note(.dataDependent, .table(newTable.name), "make \(name) NOT NULL")
      checks.append(
        .expectZero(
          "SELECT count(*) FROM \(oldTable.name.sql) WHERE \(new.name.sql) IS NULL",
          problem: "rows of `\(oldTable.name)` have no value for `\(new.name)`, which becomes NOT NULL"))
    }
    // `ANY` is a type of STRICT tables; in others it is a word like any other, which makes numbers of text.
    let losesAny = oldTable.isStrict && !newTable.isStrict && old.type == "ANY" && new.type == "ANY"
    if new.type != old.type || newTable.isStrict && !oldTable.isStrict || losesAny {
      let convertible =
        losesAny ? Conversion.unconverted(new) : Conversion.condition(for: new, isStrict: newTable.isStrict)
      if let convertible {
        note(
          new.type == old.type ? .dataDependent : .irreversible, .table(newTable.name),
          new.type == old.type ? "check the type of \(name)" : "change the type of \(name) to \(new.type)")
        checks.append(
          .expectZero(
            "SELECT count(*) FROM \(oldTable.name.sql) WHERE NOT (\(convertible))",
            problem: "rows of `\(oldTable.name)` have a value in `\(new.name)` that \(new.type) cannot hold unchanged"))
      } else if new.type != old.type {
        note(.safe, .table(newTable.name), "change the type of \(name) to \(new.type.isEmpty ? "none" : new.type)")
      }
    }
    if new.defaultValue != old.defaultValue || new.collation != old.collation
      || new.notNull == nil && old.notNull != nil || new.generated != old.generated
    {
      note(.safe, .table(newTable.name), "change the declaration of \(name)")
    }
  }

  private mutating func noteKeys(_ old: Table, _ new: Table) {
    // SQLite lets keys be NULL in ordinary tables, and in no others.
    if new.withoutRowid || new.isStrict, !(old.withoutRowid || old.isStrict) || old.primaryKey != new.primaryKey {
      for column in (new.primaryKey?.columns ?? []).compactMap(\.name)
      where old.column(column) != nil && old.rowidAlias != column && new.rowidAlias != column {
        checks.append(
          .expectZero(
            "SELECT count(*) FROM \(old.name.sql) WHERE \(column.sql) IS NULL",
            problem: "rows of `\(old.name)` have no value for `\(column)`, a part of the primary key"))
      }
    }
    if old.primaryKey?.columns != new.primaryKey?.columns {
      if let key = new.primaryKey {
        note(.dataDependent, .table(new.name), "change the primary key of `\(new.name)`")
        checkUnique(key.columns, of: new.name, where: nil, "the primary key")
      } else {
        note(.safe, .table(new.name), "drop the primary key of `\(new.name)`")
      }
    } else if collationsDiffer(old, new) {
      note(.dataDependent, .table(new.name), "compare the keys of `\(new.name)` by another collation")
    }
    if old.primaryKey?.isAutoincrement == true, new.primaryKey?.isAutoincrement != true {
      note(
        .lossy, .table(new.name), "drop the counter of `\(new.name)`: ids of deleted rows may be used again",
        approval: "drop counter \(new.name.foldedSQL)")
    }
    for unique in new.uniques where !old.uniques.contains(unique) {
      note(
        .dataDependent, .table(new.name),
        "add to `\(new.name)` the constraint UNIQUE (\(unique.columns.map(\.expression.sql).joined(separator: ", ")))")
      checkUnique(unique.columns, of: new.name, where: nil, "a constraint")
    }
    for key in new.foreignKeys where !old.foreignKeys.contains(key) {
      note(.dataDependent, .table(new.name), "add to `\(new.name)` the foreign key to `\(key.table)`")
    }
    if Set(old.uniques).subtracting(new.uniques).isEmpty == false
      || Set(old.foreignKeys).subtracting(new.foreignKeys).isEmpty == false
      || Set(old.checks).subtracting(new.checks).isEmpty == false
    {
      note(.safe, .table(new.name), "drop constraints of `\(new.name)`")
    }
    if old.isStrict != new.isStrict {
      note(.safe, .table(new.name), "make `\(new.name)` \(new.isStrict ? "STRICT" : "not STRICT")")
    }
    if old.withoutRowid != new.withoutRowid {
      note(.irreversible, .table(new.name), "store `\(new.name)` \(new.withoutRowid ? "WITHOUT ROWID" : "with rowid")")
    }
  }

  private func collationsDiffer(_ old: Table, _ new: Table) -> Bool {
    let keys = (new.primaryKey?.columns ?? []) + new.uniques.flatMap(\.columns)
    return keys.compactMap(\.name).contains { old.column($0)?.collation != new.column($0)?.collation }
  }
}

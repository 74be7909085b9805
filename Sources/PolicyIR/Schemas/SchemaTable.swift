/// An ordinary table.
///
/// Constraints of single columns (`PRIMARY KEY`, `UNIQUE`, `CHECK`, `REFERENCES`) are kept with those of the table:
/// SQLite treats both spellings alike. Their order has no meaning and is fixed by their text.
package struct Table: Hashable, Sendable {
  package var name: SQLName
  /// In declared order, which `SELECT *` and `INSERT` without a column list see.
  package var columns: [Column]
  package var primaryKey: PrimaryKey?
  package private(set) var uniques: [Unique]
  package private(set) var checks: [Check]
  package private(set) var foreignKeys: [ForeignKey]
  package var isStrict: Bool
  package var withoutRowid: Bool

  package init(
    name: SQLName, columns: [Column], primaryKey: PrimaryKey? = nil, uniques: [Unique] = [], checks: [Check] = [],
    foreignKeys: [ForeignKey] = [], isStrict: Bool = true, withoutRowid: Bool = false
  ) {
    self.name = name
    self.columns = columns
    self.primaryKey = primaryKey
    self.uniques = sorted(uniques) { $0.sql(folded: true) }
    self.checks = sorted(checks) { $0.sql(folded: true) }
    self.foreignKeys = sorted(foreignKeys) { $0.sql(folded: true) }
    self.isStrict = isStrict
    self.withoutRowid = withoutRowid
  }

  package func column(_ name: SQLName) -> Column? { columns.first { $0.name == name } }

  /// The column that is another name for the rowid (https://sqlite.org/lang_createtable.html#rowid).
  package var rowidAlias: SQLName? {
    guard !withoutRowid, let primaryKey, primaryKey.columns.count == 1, let name = primaryKey.columns.first?.name,
      let column = column(name), column.type == "INTEGER"
    else { return nil }
    return name
  }

  package struct Column: Hashable, Sendable {
    package var name: SQLName
    /// In upper case with single spaces, "" when none was declared: "INTEGER", "VARCHAR(10)".
    package var type: String
    package var notNull: NotNull?
    /// A literal, a signed number, or an expression; never in redundant parentheses.
    package var defaultValue: SQLText?
    package var collation: SQLName?
    package var generated: Generated?

    package init(
      name: SQLName, type: String, notNull: NotNull? = nil, defaultValue: SQLText? = nil, collation: SQLName? = nil,
      generated: Generated? = nil
    ) {
      self.name = name
      self.type = type
      self.notNull = notNull
      self.defaultValue = defaultValue
      self.collation = collation
      self.generated = generated
    }
  }

  /// What SQLite does when a constraint does not hold (https://sqlite.org/lang_conflict.html).
  package enum Conflict: String, Hashable, Sendable, CaseIterable {
    case abort = "ABORT"
    case rollback = "ROLLBACK"
    case fail = "FAIL"
    case ignore = "IGNORE"
    case replace = "REPLACE"

    var clause: String { self == .abort ? "" : " ON CONFLICT \(rawValue)" }
  }

  package struct NotNull: Hashable, Sendable {
    package var onConflict: Conflict

    package init(onConflict: Conflict = .abort) { self.onConflict = onConflict }
  }

  package struct Generated: Hashable, Sendable {
    package var expression: SQLText
    package var isStored: Bool

    package init(_ expression: SQLText, isStored: Bool) {
      self.expression = expression
      self.isStored = isStored
    }
  }

  /// A column in a key or an index.
  package struct KeyColumn: Hashable, Sendable {
    /// A column's name in most cases; indexes may hold expressions.
    package var expression: SQLText
    package var collation: SQLName?
    package var isDescending: Bool

    package init(_ expression: SQLText, collation: SQLName? = nil, isDescending: Bool = false) {
      self.expression = expression
      self.collation = collation
      self.isDescending = isDescending
    }

    /// The column when this is no more than a name.
    package var name: SQLName? { expression.tokens.count == 1 ? expression.tokens.first?.name : nil }
  }

  package struct PrimaryKey: Hashable, Sendable {
    package var name: SQLName?
    package var columns: [KeyColumn]
    package var isAutoincrement: Bool
    package var onConflict: Conflict

    package init(
      name: SQLName? = nil, columns: [KeyColumn], isAutoincrement: Bool = false, onConflict: Conflict = .abort
    ) {
      self.name = name
      self.columns = columns
      self.isAutoincrement = isAutoincrement
      self.onConflict = onConflict
    }
  }

  package struct Unique: Hashable, Sendable {
    package var name: SQLName?
    package var columns: [KeyColumn]
    package var onConflict: Conflict

    package init(name: SQLName? = nil, columns: [KeyColumn], onConflict: Conflict = .abort) {
      self.name = name
      self.columns = columns
      self.onConflict = onConflict
    }
  }

  package struct Check: Hashable, Sendable {
    /// Shown by SQLite when the constraint fails.
    package var name: SQLName?
    package var expression: SQLText

    package init(name: SQLName? = nil, _ expression: SQLText) {
      self.name = name
      self.expression = expression
    }
  }

  package struct ForeignKey: Hashable, Sendable {
    package enum Action: String, Hashable, Sendable, CaseIterable {
      case noAction = "NO ACTION"
      case restrict = "RESTRICT"
      case setNull = "SET NULL"
      case setDefault = "SET DEFAULT"
      case cascade = "CASCADE"
    }

    package var columns: [SQLName]
    package var table: SQLName
    /// Empty: the parent's primary key.
    package var parentColumns: [SQLName]
    package var onDelete: Action
    package var onUpdate: Action
    package var isDeferred: Bool

    package init(
      columns: [SQLName], table: SQLName, parentColumns: [SQLName] = [], onDelete: Action = .noAction,
      onUpdate: Action = .noAction, isDeferred: Bool = false
    ) {
      self.columns = columns
      self.table = table
      self.parentColumns = parentColumns
      self.onDelete = onDelete
      self.onUpdate = onUpdate
      self.isDeferred = isDeferred
    }
  }
}

/// `values` in the byte order of a text of each.
func sorted<Value>(_ values: [Value], by text: (Value) -> String) -> [Value] {
  values.map { (text($0), $0) }.sorted { $0.0.utf8.lexicographicallyPrecedes($1.0.utf8) }.map { $0.1 }
}

/// What a schema's author says about the way from earlier schemas to this one, since no comparison can find it out.
package struct SchemaDeclarations: Hashable, Sendable {
  /// A table or column that had other names.
  package struct Rename: Hashable, Sendable {
    package var table: SQLName
    /// nil: the table itself.
    package var column: SQLName?
    /// Former names, the latest first.
    package var from: [SQLName]

    package init(table: SQLName, column: SQLName? = nil, from: [SQLName]) {
      self.table = table
      self.column = column
      self.from = from
    }
  }

  /// The value that a new column gets in rows that were there before: an expression over the columns of the old row.
  package struct Backfill: Hashable, Sendable {
    package var table: SQLName
    package var column: SQLName
    package var expression: SQLText

    package init(table: SQLName, column: SQLName, expression: SQLText) {
      self.table = table
      self.column = column
      self.expression = expression
    }
  }

  package var renames: [Rename]
  package var backfills: [Backfill]
  /// Losses that are wanted, each in the words of the plan: "drop table drafts", "drop column notes.mood".
  package var allowed: Set<String>

  package init(renames: [Rename] = [], backfills: [Backfill] = [], allowed: Set<String> = []) {
    self.renames = renames
    self.backfills = backfills
    self.allowed = allowed
  }

  /// What the comments of a text declare.
  package init(comments bytes: [UInt8]) throws(SchemaSyntaxError) {
    self.init()
    for comment in SQLTokenizer.scan(bytes).comments {
      guard var line = DeclarationLine(comment, in: bytes, after: self) else { continue }
      try line.read()
      self = line.declarations
    }
  }

  package var isEmpty: Bool { renames.isEmpty && backfills.isEmpty && allowed.isEmpty }
}

internal import Structures

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

  /// What is declared as words, in byte order and with folded names: equal for declarations that say the same.
  package var normalForm: [[String]] {
    let renames = renames.map { ["rename", $0.table.folded, $0.column?.folded ?? ""] + $0.from.map(\.folded) }
    let backfills = backfills.map { ["backfill", $0.table.folded, $0.column.folded, $0.expression.folded] }
    return (renames + backfills + allowed.map { ["allow", $0] }).sorted { left, right in
      left.map(Label.init).lexicographicallyPrecedes(right.map(Label.init))
    }
  }

  /// Reads what `normalForm` gives, in any order.
  package init(normalForm: [[String]]) throws(SchemaJSONError) {
    self.init()
    for words in normalForm {
      switch (words.first, words.count) {
      case ("rename", 4...):
        renames.append(
          Rename(
            table: SQLName(words[1]), column: words[2].isEmpty ? nil : SQLName(words[2]),
            from: words[3...].map { SQLName($0) }))
      case ("backfill", 4):
        backfills.append(
          Backfill(table: SQLName(words[1]), column: SQLName(words[2]), expression: SQLText(words[3])))
      case ("allow", 2): allowed.insert(words[1])
      default: throw SchemaJSONError(problem: "`\(words.joined(separator: " "))` is no declaration of a schema")
      }
    }
  }

  package var isEmpty: Bool { renames.isEmpty && backfills.isEmpty && allowed.isEmpty }
}

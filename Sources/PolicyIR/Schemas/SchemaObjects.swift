/// An index that was created by name; those that constraints imply belong to the table.
package struct Index: Hashable, Sendable {
  package var name: SQLName
  package var table: SQLName
  package var isUnique: Bool
  package var columns: [Table.KeyColumn]
  /// The condition of a partial index.
  package var condition: SQLText?

  package init(
    name: SQLName, table: SQLName, isUnique: Bool = false, columns: [Table.KeyColumn], condition: SQLText? = nil
  ) {
    self.name = name
    self.table = table
    self.isUnique = isUnique
    self.columns = columns
    self.condition = condition
  }
}

package struct View: Hashable, Sendable {
  package var name: SQLName
  /// Empty: named by the SELECT.
  package var columns: [SQLName]
  package var select: SQLText

  package init(name: SQLName, columns: [SQLName] = [], select: SQLText) {
    self.name = name
    self.columns = columns
    self.select = select
  }
}

package struct Trigger: Hashable, Sendable {
  package enum Timing: String, Hashable, Sendable {
    case before = "BEFORE"
    case after = "AFTER"
    case insteadOf = "INSTEAD OF"
  }

  package enum Event: Hashable, Sendable {
    case insert
    case delete
    /// Of the columns; empty: of any.
    case update(of: [SQLName])
  }

  package var name: SQLName
  package var timing: Timing
  package var event: Event
  /// A table, or a view for `insteadOf`.
  package var table: SQLName
  package var condition: SQLText?
  /// The statements between BEGIN and END, each with its semicolon.
  package var body: SQLText

  package init(
    name: SQLName, timing: Timing, event: Event, table: SQLName, condition: SQLText? = nil, body: SQLText
  ) {
    self.name = name
    self.timing = timing
    self.event = event
    self.table = table
    self.condition = condition
    self.body = body
  }
}

/// A full-text index: a virtual table of module `fts5` (https://sqlite.org/fts5.html).
package struct FullTextTable: Hashable, Sendable {
  package struct Column: Hashable, Sendable {
    package var name: SQLName
    package var isIndexed: Bool

    package init(name: SQLName, isIndexed: Bool = true) {
      self.name = name
      self.isIndexed = isIndexed
    }
  }

  package var name: SQLName
  package var columns: [Column]
  /// Options by their lower-case key, values without quotes: `content`, `content_rowid`, `tokenize`, `prefix`, `detail`,
  /// `columnsize`. Options with SQLite's default value are left out.
  package var options: [String: String]

  package init(name: SQLName, columns: [Column], options: [String: String] = [:]) {
    self.name = name
    self.columns = columns
    self.options = options.filter { FullTextTable.defaults[$0.key] != $0.value }
    if let rowid = self.options["content_rowid"], rowid == "rowid" { self.options["content_rowid"] = nil }
  }

  static let defaults = ["detail": "full", "columnsize": "1", "tokenize": "unicode61"]

  package enum Content: Hashable, Sendable {
    /// The index stores the text itself.
    case own
    /// Nothing is stored: `content=''`.
    case none
    /// The text is in a table or view of the schema.
    case external(SQLName)
  }

  package var content: Content {
    switch options["content"] {
    case nil: .own
    case "": Content.none
    case let table?: .external(SQLName(table))
    }
  }
}

/// A vector index: a virtual table of module `vec0` (https://github.com/asg017/sqlite-vec).
package struct VectorTable: Hashable, Sendable {
  package enum Element: String, Hashable, Sendable {
    case float, int8, bit
  }

  package enum Metric: String, Hashable, Sendable {
    case l2, l1, cosine, hamming
  }

  package enum Role: Hashable, Sendable {
    case vector(Element, dimension: Int, Metric)
    /// Type `integer` or `text`.
    case primaryKey(type: String)
    /// Type `integer` or `text`.
    case partitionKey(type: String)
    /// Type `integer`, `float`, `text` or `boolean`.
    case metadata(type: String)
    /// Type `integer`, `float`, `text` or `blob`.
    case auxiliary(type: String)
  }

  package struct Column: Hashable, Sendable {
    package var name: SQLName
    package var role: Role

    package init(name: SQLName, role: Role) {
      self.name = name
      self.role = role
    }
  }

  package var name: SQLName
  package var columns: [Column]
  /// Vectors in a chunk: a multiple of 8 from 8 to 4096.
  package var chunkSize: Int

  package init(name: SQLName, columns: [Column], chunkSize: Int = 1024) {
    self.name = name
    self.columns = columns
    self.chunkSize = chunkSize
  }

  /// The vector columns with what has to agree with the model that fills them.
  package var vectors: [(name: SQLName, element: Element, dimension: Int)] {
    columns.compactMap { column in
      guard case .vector(let element, let dimension, _) = column.role else { return nil }
      return (column.name, element, dimension)
    }
  }
}

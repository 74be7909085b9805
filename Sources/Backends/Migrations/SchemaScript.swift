package import Schemas

/// SQL that builds a schema.
package enum SchemaScript {
  /// The statements that create everything in a database that is empty, one after another, each ended by a semicolon and
  /// a newline, and the declarations as comments. Equal schemas that are spelt alike give equal bytes, and reading the
  /// script gives the schema with its declarations again.
  package static func create(_ schema: Schema) -> [UInt8] {
    Array((schema.objects.map { "\($0.sql());\n" } + schema.declarations.comments).joined().utf8)
  }

  /// The runtime's own tables, unless they are there: which schemas the database has been at, and its settings.
  package static let reserved = [
    """
    CREATE TABLE IF NOT EXISTS __locara_schema (
      version INTEGER PRIMARY KEY,
      digest TEXT NOT NULL,
      schema TEXT NOT NULL,
      plan TEXT
    ) STRICT
    """,
    """
    CREATE TABLE IF NOT EXISTS __locara_settings (
      key TEXT PRIMARY KEY,
      value ANY
    ) STRICT, WITHOUT ROWID
    """,
  ]
}

extension SchemaDeclarations {
  /// The declarations as comments of SQL, a line each.
  var comments: [String] {
    let renames = renames.map { rename in
      let what = rename.column.map { "column \(rename.table.sql).\($0.sql)" } ?? "table \(rename.table.sql)"
      return "rename \(what) from \(rename.from.map(\.sql).joined(separator: ", "))"
    }
    let backfills = backfills.map { "backfill \($0.table.sql).\($0.column.sql) = \($0.expression.sql)" }
    let allowed = allowed.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }.map { "allow \($0)" }
    return (renames + backfills + allowed).map { text in
      // A string in a backfill may have a line break.
      text.contains("\n") ? "/* locara: \(text) */\n" : "-- locara: \(text)\n"
    }
  }
}

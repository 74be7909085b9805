package import PolicyIR

/// SQL that builds a schema.
package enum SchemaScript {
  /// The statements that create everything in a database that is empty, one after another, each ended by a semicolon and
  /// a newline. Equal schemas that are spelt alike give equal bytes.
  package static func create(_ schema: Schema) -> [UInt8] {
    Array(schema.objects.map { "\($0.sql());\n" }.joined().utf8)
  }

  /// The runtime's own tables: which schemas the database has been at, and its settings.
  package static let reserved = [
    """
    CREATE TABLE __locara_schema (
      version INTEGER PRIMARY KEY,
      digest TEXT NOT NULL,
      schema TEXT NOT NULL,
      plan TEXT
    ) STRICT
    """,
    """
    CREATE TABLE __locara_settings (
      key TEXT PRIMARY KEY,
      value ANY
    ) STRICT, WITHOUT ROWID
    """,
  ]
}

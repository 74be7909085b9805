extension CodePages {
  /// What is said about the SQL of a schema.
  static let schema: [CodePage] = [
    CodePage(
      "LS001", "the schema is longer than is read",
      "At most 1 MiB (1048576 bytes) of a schema is read. A schema is a list of CREATE statements; rows are the app's to write.",
      wrong: manifest, right: manifest,
      files: [path: "\u{2}70000:-- a remark, again\n\u{3}CREATE TABLE note (text TEXT) STRICT;\n"],
      rightFiles: [path: "-- a remark\nCREATE TABLE note (text TEXT) STRICT;\n"]),
    CodePage(
      "LS002", "the schema is no UTF-8 text",
      "SQL is text. A schema in another encoding, or with a NUL byte, is read differently by different tools.",
      wrong: manifest, right: manifest,
      files: [path: "-- caf\u{1}E9\nCREATE TABLE note (id INTEGER PRIMARY KEY, text TEXT NOT NULL) STRICT;\n"],
      rightFiles: [path: "-- café\nCREATE TABLE note (id INTEGER PRIMARY KEY, text TEXT NOT NULL) STRICT;\n"]),
    CodePage(
      "LS003", "a statement that is no CREATE",
      "A schema says how the database is to be: locara plans the way to it, sets its pragmas and runs it in one transaction. Rows are the app's to write.",
      wrong: manifest, right: manifest,
      files: [
        path:
          "CREATE TABLE note (id INTEGER PRIMARY KEY, text TEXT NOT NULL) STRICT;\nINSERT INTO note (text) VALUES ('hello');\n"
      ],
      rightFiles: [path: "CREATE TABLE note (id INTEGER PRIMARY KEY, text TEXT NOT NULL) STRICT;\n"]),
    CodePage(
      "LS004", "SQL that cannot be read",
      "The statement is not of SQLite's grammar for CREATE.",
      wrong: manifest, right: manifest,
      files: [path: "CREATE TABLE note (text TEXT NOT NULL STRICT;\n"],
      rightFiles: [path: "CREATE TABLE note (id INTEGER PRIMARY KEY, text TEXT NOT NULL) STRICT;\n"]),
    CodePage(
      "LS005", "a reserved name",
      "Names that begin with `__locara_` or `sqlite_` are not the app's to give.",
      wrong: manifest, right: manifest,
      files: [path: "CREATE TABLE __locara_note (text TEXT) STRICT;\n"],
      rightFiles: [path: "CREATE TABLE note (id INTEGER PRIMARY KEY, text TEXT NOT NULL) STRICT;\n"]),
    CodePage(
      "LS006", "a name that is there twice",
      "Tables, indexes, views and triggers share one space of names.",
      wrong: manifest, right: manifest,
      files: [
        path:
          "CREATE TABLE note (id INTEGER PRIMARY KEY, text TEXT NOT NULL) STRICT;\nCREATE INDEX note ON note (text);\n"
      ],
      rightFiles: [
        path:
          "CREATE TABLE note (id INTEGER PRIMARY KEY, text TEXT NOT NULL) STRICT;\nCREATE INDEX note_by_text ON note (text);\n"
      ]),
    CodePage(
      "LS007", "a table that is not STRICT",
      "Without STRICT a column takes values of any type, and a migration cannot know what it will find. This is a warning.",
      wrong: manifest, right: manifest,
      files: [path: "CREATE TABLE note (text TEXT);\n"],
      rightFiles: [path: "CREATE TABLE note (id INTEGER PRIMARY KEY, text TEXT NOT NULL) STRICT;\n"]),
    CodePage(
      "LS009", "a statement does what a schema may not do",
      "Only what makes tables, indexes, views and triggers is permitted while a schema is read: no other database and no file.",
      wrong: "", right: ""),
    CodePage(
      "LS010", "SQLite refuses the statement",
      "The message has SQLite's own words.",
      wrong: manifest, right: manifest,
      files: [path: "CREATE TABLE note (text TEXT CHECK (missing > 0)) STRICT;\n"],
      rightFiles: [path: "CREATE TABLE note (text TEXT CHECK (length(text) > 0)) STRICT;\n"]),
    CodePage(
      "LS011", "SQLite needed too long for the statement",
      "A statement of a schema takes no time to speak of. One that does computes something, which belongs into the app.",
      wrong: "", right: ""),
    CodePage(
      "LS012", "a view that does not work",
      "SQLite makes a view without looking at what it selects. Here it is tried.",
      wrong: manifest, right: manifest,
      files: [
        path:
          "CREATE TABLE note (id INTEGER PRIMARY KEY, text TEXT NOT NULL) STRICT;\nCREATE VIEW texts AS SELECT body FROM note;\n"
      ],
      rightFiles: [
        path:
          "CREATE TABLE note (id INTEGER PRIMARY KEY, text TEXT NOT NULL) STRICT;\nCREATE VIEW texts AS SELECT text FROM note;\n"
      ]),
    CodePage(
      "LS013", "a trigger that does not work",
      "SQLite makes a trigger without looking at what it does. Here it is tried.",
      wrong: manifest, right: manifest,
      files: [
        path:
          "CREATE TABLE note (id INTEGER PRIMARY KEY, text TEXT NOT NULL) STRICT;\nCREATE TRIGGER tidy AFTER INSERT ON note BEGIN DELETE FROM notes; END;\n"
      ],
      rightFiles: [
        path:
          "CREATE TABLE note (id INTEGER PRIMARY KEY, text TEXT NOT NULL) STRICT;\nCREATE TRIGGER tidy AFTER INSERT ON note BEGIN DELETE FROM note WHERE text = ''; END;\n"
      ]),
    CodePage(
      "LS014", "a foreign key that refers to nothing",
      "SQLite notices when the first row is written. The table and the column that a key refers to are in the same schema.",
      wrong: manifest, right: manifest,
      files: [path: "CREATE TABLE note (text TEXT, topic INTEGER REFERENCES topic (id)) STRICT;\n"],
      rightFiles: [
        path:
          "CREATE TABLE topic (id INTEGER PRIMARY KEY) STRICT;\nCREATE TABLE note (text TEXT, topic INTEGER REFERENCES topic (id)) STRICT;\n"
      ]),
    CodePage(
      "LS015", "a default that the column's type refuses",
      "The first row that relies on the default would fail.",
      wrong: manifest, right: manifest,
      files: [path: "CREATE TABLE note (text TEXT, size INTEGER DEFAULT 'large') STRICT;\n"],
      rightFiles: [path: "CREATE TABLE note (text TEXT, size INTEGER DEFAULT 0) STRICT;\n"]),
    CodePage(
      "LS016", "a full-text index whose content table does not fit",
      "An index with `content` reads the texts from that table: it needs the columns of the index, and a rowid.",
      wrong: manifest, right: manifest,
      files: [
        path:
          "CREATE TABLE note (id INTEGER PRIMARY KEY, text TEXT NOT NULL) STRICT;\nCREATE VIRTUAL TABLE words USING fts5 (body, content='note', content_rowid='id');\n"
      ],
      rightFiles: [
        path:
          "CREATE TABLE note (id INTEGER PRIMARY KEY, text TEXT NOT NULL) STRICT;\nCREATE VIRTUAL TABLE words USING fts5 (text, content='note', content_rowid='id');\n"
      ]),
    CodePage(
      "LS017", "a full-text index over a rowid that VACUUM may change",
      "Only an INTEGER PRIMARY KEY keeps its value. Name it in `content_rowid`. This is a warning.",
      wrong: manifest, right: manifest,
      files: [
        path: "CREATE TABLE note (text TEXT) STRICT;\nCREATE VIRTUAL TABLE words USING fts5 (text, content='note');\n"
      ],
      rightFiles: [
        path:
          "CREATE TABLE note (id INTEGER PRIMARY KEY, text TEXT NOT NULL) STRICT;\nCREATE VIRTUAL TABLE words USING fts5 (text, content='note', content_rowid='id');\n"
      ]),
    CodePage(
      "LS018", "SQLite stored something else than was written",
      "The schema is read back from SQLite and compared with what was understood of it. A difference is a mistake of locara: please report it.",
      wrong: "", right: ""),
    CodePage(
      "LS019", "SQLite failed on the schema as a whole",
      "SQLite has no memory left, or its library is broken. The message has SQLite's own words. Nothing of the schema was read, so nothing else is said about it.",
      wrong: "", right: ""),
    CodePage(
      "LS020", "a `locara:` declaration that cannot be read",
      "A comment that begins with `locara:` declares what two schemas alone do not say: that a name is new for an old one, how a new column is filled, what may be dropped.",
      wrong: manifest, right: manifest,
      files: [
        path:
          "-- locara: renamed table note from memo\nCREATE TABLE note (id INTEGER PRIMARY KEY, text TEXT NOT NULL) STRICT;\n"
      ],
      rightFiles: [
        path:
          "-- locara: rename table note from memo\nCREATE TABLE note (id INTEGER PRIMARY KEY, text TEXT NOT NULL) STRICT;\n"
      ]),
    CodePage(
      "LS021", "a declared rename that does not fit the schema",
      "The new name is in the schema, and the former is not.",
      wrong: manifest, right: manifest,
      files: [
        path:
          "-- locara: rename table notes from memo\nCREATE TABLE note (id INTEGER PRIMARY KEY, text TEXT NOT NULL) STRICT;\n"
      ],
      rightFiles: [
        path:
          "-- locara: rename table note from memo\nCREATE TABLE note (id INTEGER PRIMARY KEY, text TEXT NOT NULL) STRICT;\n"
      ]),
  ]

  private static let path = "db/schema.sql"
  private static let manifest = "storage: {schema: db/schema.sql}\n"
}

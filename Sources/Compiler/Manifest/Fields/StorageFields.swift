/// The keys of `storage`. What is declared below `tables`, `views`, `triggers`, `fts` and `vector.tables` is written as
/// SQL by `DeclaredSchema` and then read as any schema is.
enum StorageFields {
  static let all: [Field] = [
    Field("schema", .text(.bundlePath), "SQL that says what the database holds; or the same is declared here."),
    Field(
      "tables", .map(keys: .sqlName, values: .record(table)),
      "Tables, in place of SQL; columns in the order written."),
    Field(
      "views", .map(keys: .sqlName, values: .either([.text(.sql), .record(view)])),
      "Views by name: a SELECT, or more."),
    Field("triggers", .map(keys: .sqlName, values: .record(trigger)), "Triggers by name."),
    Field("fts", .map(keys: .sqlName, values: .record(fullText)), "Full-text tables (fts5) by name."),
    Field(
      "allow", .list(.text(.line(300)), 0...256),
      "Losses that are wanted, as `locara db diff` names them: `drop column notes.mood`."),
    Field("database", .text(.fileName), "The database's file name in `app-data`.", default: "app.db"),
    Field("vector", .record(vector), "Search by meaning."),
    Field(
      "migrations", .text(.bundlePath), "A directory of `NNNN_name.sql` files without gaps.",
      effect: .accepted("a database is migrated from its live schema; the numbered files are for `locara db check`")),
  ]

  private static let names = Shape.list(.text(.sqlName), 1...64)
  private static let keys = Shape.list(.text(.sqlKey), 1...64)
  private static let formerNames = Field("renamed-from", names, "Former names, the latest first.")

  private static let table: [Field] = [
    Field(
      "columns", .map(keys: .sqlName, values: .either([.text(.columnType), .record(column)])),
      "Columns by name: a type, or more.", required: true),
    Field("primary-key", keys, "The columns of the primary key, when it has several."),
    Field("unique", .list(keys, 0...64), "Groups of columns whose values occur once."),
    Field(
      "checks",
      .list(
        .either([
          .text(.sql),
          .record([
            Field("name", .text(.sqlName), "Its name, which SQLite tells when it fails.", required: true),
            Field("check", .text(.sql), "The condition.", required: true),
          ]),
        ]), 0...64), "Conditions that every row satisfies."),
    Field(
      "foreign-keys",
      .list(
        .record([Field("columns", names, "The columns that refer.", required: true)] + reference), 0...64),
      "References of several columns."),
    Field(
      "indexes",
      .map(
        keys: .sqlName,
        values: .either([
          keys,
          .record([
            Field("on", keys, "Columns or expressions, each with COLLATE and DESC as needed.", required: true),
            Field("unique", .boolean, "Whether keys occur once.", default: "false"),
            Field("where", .text(.sql), "The condition of a partial index."),
          ]),
        ])), "Indexes by name."),
    Field("strict", .boolean, "Whether SQLite refuses values of another type.", default: "true"),
    Field("without-rowid", .boolean, "Whether rows are stored in the order of the primary key.", default: "false"),
    formerNames,
  ]

  private static let reference: [Field] = [
    Field("table", .text(.sqlName), "The table that is referred to.", required: true),
    Field("to", names, "Its columns; its primary key when absent."),
    Field("on-delete", .choice(actions), "What happens when the row there goes.", default: "no action"),
    Field("on-update", .choice(actions), "What happens when the key there changes.", default: "no action"),
    Field("deferred", .boolean, "Whether it is checked at the end of the transaction.", default: "false"),
  ]

  private static let actions = [
    Choice("no action", "the change is refused"), Choice("restrict", "the change is refused at once"),
    Choice("set null", "the reference becomes NULL"), Choice("set default", "the reference becomes its default"),
    Choice("cascade", "the row follows"),
  ]

  private static let column: [Field] = [
    Field(
      "type", .text(.columnType),
      "A type of SQLite, or `boolean`, `json`, `timestamp`; only a table that is not strict has columns without."),
    Field("primary-key", .boolean, "Whether it is the primary key.", default: "false"),
    Field("autoincrement", .boolean, "Whether the keys of deleted rows are never used again.", default: "false"),
    Field("not-null", .boolean, "Whether every row has a value.", default: "false"),
    Field("unique", .boolean, "Whether values occur once.", default: "false"),
    Field("default", .either([.boolean, .scalar(.sqlValue)]), "The value of rows that give none; a text is a text."),
    Field("default-sql", .text(.sql), "The same as an expression: `CURRENT_TIMESTAMP`."),
    Field("check", .text(.sql), "A condition that every row satisfies."),
    Field(
      "collate",
      .choice([
        Choice("binary", "byte by byte"), Choice("nocase", "without regard to ASCII case"),
        Choice("rtrim", "without regard to spaces at the end"),
      ]), "How texts are compared.", default: "binary"),
    Field(
      "references", .either([.text(.sqlName), .record(reference)]), "The table that it refers to, or more."),
    Field("generated", .text(.sql), "The expression that computes it."),
    Field("stored", .boolean, "Whether what is computed is stored.", default: "false"),
    formerNames,
    Field("backfill", .text(.sql), "Its value in rows that were there before, from the columns of the old row."),
  ]

  private static let view: [Field] = [
    Field("columns", names, "Names of its columns, in place of those of the SELECT."),
    Field("select", .text(.sql), "The SELECT.", required: true),
  ]

  private static let trigger: [Field] = [
    Field(
      "timing",
      .choice([
        Choice("before", "before the row changes"), Choice("after", "after it changed"),
        Choice("instead of", "in place of changing a view"),
      ]), "When it runs.", required: true),
    Field(
      "event",
      .choice([Choice("insert", "a new row"), Choice("update", "a changed row"), Choice("delete", "a row goes")]
      ), "What starts it.", required: true),
    Field("of", names, "For updates: the columns whose change starts it."),
    Field("on", .text(.sqlName), "The table or view.", required: true),
    Field("when", .text(.sql), "A condition on the row."),
    Field("run", .text(.sqlStatements), "Statements, with a semicolon between them.", required: true),
  ]

  private static let fullText: [Field] = [
    Field(
      "columns",
      .list(
        .either([
          .text(.sqlName),
          .record([
            Field("name", .text(.sqlName), "The column's name.", required: true),
            Field("indexed", .boolean, "Whether its words can be searched.", default: "true"),
          ]),
        ]), 1...256), "What is indexed.", required: true),
    Field(
      "content", .either([.no, .text(.sqlName)]),
      "The table or view that holds the text; `false` keeps no text; its own copy when absent."),
    Field("rowid", .text(.sqlName), "The INTEGER PRIMARY KEY of `content`."),
    Field("tokenize", .text(.line(300)), "How text becomes words.", default: "unicode61"),
    Field("prefix", .list(.integer(1...999), 1...31), "Lengths of prefixes that are searched fast."),
    Field(
      "detail",
      .choice([
        Choice("full", "column and position of each word"), Choice("column", "column of each word"),
        Choice("none", "rows only"),
      ]), "What is known of each word.", default: "full"),
    Field("column-sizes", .boolean, "Whether sizes are kept, for ranking.", default: "true"),
    formerNames,
  ]

  private static let vector: [Field] = [
    Field(
      "engine",
      .choice([Choice("sqlite-vec", "the vec0 virtual table of sqlite-vec")]), "What searches vectors.",
      default: "sqlite-vec"),
    Field(
      "extension", .text(.bundlePath), "The engine's library in the bundle; by default the one file `vec0.so`."),
    Field(
      "models", .map(keys: .vectorColumn, values: .text(.identifier)),
      "The model that fills each vector, by `TABLE.COLUMN`; `none` for none of the app's."),
    Field("tables", .map(keys: .vectorName, values: .record(vectorTable)), "Vector tables (vec0) by name."),
  ]

  private static let vectorTable: [Field] = [
    Field(
      "columns", .map(keys: .vectorName, values: .either([.choice(vectorTypes), .record(vectorColumn)])),
      "Columns by name: a type, or more.", required: true),
    Field("chunk-size", .integer(8...4096), "Vectors in a chunk, a multiple of 8.", default: "1024"),
    formerNames,
  ]

  private static let vectorColumn: [Field] = [
    Field("type", .choice(vectorTypes), "The type; of the elements, with `dimension`.", required: true),
    Field("dimension", .integer(1...8192), "How many elements a vector has."),
    Field(
      "metric",
      .choice([
        Choice("l2", "Euclidean distance"), Choice("l1", "Manhattan distance"), Choice("cosine", "angle"),
      ]), "How vectors are compared; `bit` by Hamming distance.", default: "l2"),
    Field("model", .text(.identifier), "The model that fills it; `none` for none of the app's."),
    Field("primary-key", .boolean, "Whether it names the row.", default: "false"),
    Field("partition-key", .boolean, "Whether searches are within one value of it.", default: "false"),
    Field("auxiliary", .boolean, "Whether it is kept beside the index and never searched.", default: "false"),
  ]

  private static let vectorTypes = [
    Choice("float", "32-bit numbers"), Choice("int8", "8-bit numbers"), Choice("bit", "bits"),
    Choice("integer", "an integer"), Choice("double", "a 64-bit number"), Choice("text", "a text"),
    Choice("boolean", "true or false"), Choice("blob", "bytes, auxiliary only"),
  ]
}

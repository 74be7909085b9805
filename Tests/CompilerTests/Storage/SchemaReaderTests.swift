import Diagnostics
import Lowering
import Schemas
import TestSupport
import Testing

@Suite struct SchemaReaderTests {
  private func read(_ sql: String) -> (schema: Schema?, diagnostics: [Diagnostic]) {
    let (schema, diagnostics) = SchemaReader.read(Source(path: "db/schema.sql", bytes: Array(sql.utf8)))
    return (schema, diagnostics)
  }

  /// `CODE line:column text under the span`
  private func findings(_ sql: String) -> [String] {
    let source = Source(path: "db/schema.sql", bytes: Array(sql.utf8))
    return SchemaReader.read(source).1.map { diagnostic in
      let place = source.position(of: diagnostic.primary.span.start)
      return "\(diagnostic.code) \(place.line):\(place.column) \(source.text(diagnostic.primary.span))"
    }
  }

  @Test func theDemoAppsSchemaIsRead() throws {
    let source = Source(
      path: "schema.sql", bytes: contents(of: Locations.fixture("apps/semantic-notes/db/schema.sql")) ?? [])
    let (schema, diagnostics) = SchemaReader.read(source)
    #expect(diagnostics == [])
    let read = try #require(schema)
    #expect(read.tables.map(\.name.text) == ["notes"])
    #expect(read.fullTextTables.map(\.content) == [.external(SQLName("notes"))])
    #expect(read.vectorTables.first?.vectors.first?.dimension == 384)
    #expect(try Schema(json: read.json) == read)
    #expect(try Schema(normalForm: read.normalForm).digest == read.digest)
  }

  @Test(arguments: [
    ("CREATE TABLE t(a INTEGER) STRICT", "create /* x */ table \"T\" ( [A] integer ) strict ; -- y"),
    (
      "CREATE TABLE t(a INTEGER PRIMARY KEY, b TEXT UNIQUE) STRICT",
      "CREATE TABLE t(a INTEGER, b TEXT, UNIQUE(b), PRIMARY KEY(a)) STRICT"
    ),
    ("CREATE TABLE t(a INTEGER CHECK(a <> 1)) STRICT", "CREATE TABLE t(a INTEGER, CHECK ((A != 1))) STRICT"),
    ("CREATE TABLE t(a INTEGER DEFAULT (1)) STRICT", "CREATE TABLE t(a INTEGER DEFAULT 1) STRICT"),
    (
      "CREATE TABLE p(a INTEGER PRIMARY KEY) STRICT; CREATE TABLE t(a INTEGER REFERENCES p(a)) STRICT",
      "CREATE TABLE t(a INTEGER, FOREIGN KEY(a) REFERENCES p(a) ON DELETE NO ACTION) STRICT; "
        + "CREATE TABLE p(a INTEGER PRIMARY KEY) STRICT"
    ),
    (
      "CREATE TABLE t(a TEXT) STRICT; CREATE INDEX i ON t(a ASC)",
      "CREATE TABLE t(a TEXT) STRICT; CREATE INDEX i ON \"t\"(\"a\");"
    ),
    (
      "CREATE VIRTUAL TABLE v USING vec0(e float[8])",
      "CREATE VIRTUAL TABLE v USING vec0(E FLOAT[8] distance_metric=l2, chunk_size=1024)"
    ),
    (
      "CREATE VIRTUAL TABLE f USING fts5(a)",
      "CREATE VIRTUAL TABLE f USING fts5(\"A\", detail=full, tokenize='unicode61')"
    ),
  ])
  func spellingDoesNotCount(_ pair: (String, String)) throws {
    let left = try #require(read(pair.0).schema)
    let right = try #require(read(pair.1).schema)
    #expect(left == right)
    #expect(left.digest == right.digest)
    #expect(left.userVersion == right.userVersion && left.userVersion > 0)
  }

  @Test(arguments: [
    ("CREATE TABLE t(a TEXT) STRICT", "CREATE TABLE t(a TEXT NOT NULL) STRICT"),
    ("CREATE TABLE t(a TEXT) STRICT", "CREATE TABLE t(a TEXT DEFAULT 'A') STRICT"),
    ("CREATE TABLE t(a TEXT DEFAULT 'a') STRICT", "CREATE TABLE t(a TEXT DEFAULT 'A') STRICT"),
    ("CREATE TABLE t(a TEXT, b TEXT) STRICT", "CREATE TABLE t(b TEXT, a TEXT) STRICT"),
    ("CREATE TABLE t(a TEXT) STRICT", "CREATE TABLE t(a TEXT COLLATE NOCASE) STRICT"),
    ("CREATE VIRTUAL TABLE v USING vec0(e float[8])", "CREATE VIRTUAL TABLE v USING vec0(e float[16])"),
  ])
  func meaningCounts(_ pair: (String, String)) throws {
    let left = try #require(read(pair.0).schema)
    let right = try #require(read(pair.1).schema)
    #expect(left != right)
    #expect(left.digest != right.digest)
  }

  @Test(arguments: [
    ("CREATE TABLE t(a INTEGER", ["LS004 1:25 "]),
    ("CREATE TABLE t(a INTEGER) STRICT;\nPRAGMA journal_mode=OFF;", ["LS003 2:1 PRAGMA"]),
    ("ATTACH 'x' AS y;\nINSERT INTO t VALUES(1)", ["LS003 1:1 ATTACH", "LS003 2:1 INSERT"]),
    ("CREATE TEMP TABLE t(a INTEGER) STRICT", ["LS004 1:8 TEMP"]),
    ("CREATE TABLE t AS SELECT 1", ["LS004 1:16 AS"]),
    ("CREATE TABLE __locara_x(a INTEGER) STRICT", ["LS005 1:14 __locara_x"]),
    (
      "CREATE TABLE t(a INTEGER) STRICT;\nCREATE TABLE \"T\"(a INTEGER) STRICT",
      ["LS006 2:14 \"T\"", "LS010 2:14 \"T\""]
    ),
    ("CREATE TABLE t(a INTEGER)", ["LS007 1:14 t"]),
    ("CREATE TABLE t(a VARCHAR) STRICT", ["LS010 1:16 a"]),
    ("CREATE TABLE t(a TEXT) STRICT;\nCREATE INDEX i ON t(b)", ["LS010 2:21 b"]),
    ("CREATE TABLE t(a TEXT) STRICT;\nCREATE VIEW v AS SELECT \"nosuch\" FROM t", ["LS012 2:25 \"nosuch\""]),
    ("CREATE VIEW v AS SELECT load_extension('x')", ["LS012 1:13 v"]),
    ("CREATE TABLE t(a TEXT) STRICT;\nCREATE TRIGGER g AFTER INSERT ON t BEGIN DELETE FROM u; END", ["LS013 2:54 u"]),
    ("CREATE TABLE t(a INTEGER REFERENCES nosuch(b)) STRICT", ["LS014 1:37 nosuch"]),
    ("CREATE TABLE p(a INTEGER) STRICT;\nCREATE TABLE t(a INTEGER REFERENCES p(a)) STRICT", ["LS014 2:37 p"]),
    ("CREATE TABLE t(a INTEGER DEFAULT 'x') STRICT", ["LS015 1:16 a"]),
    ("CREATE VIRTUAL TABLE f USING fts5(a, content='nosuch')", ["LS016 1:46 'nosuch'"]),
    (
      "CREATE TABLE t(a TEXT PRIMARY KEY) STRICT, WITHOUT ROWID;\nCREATE VIRTUAL TABLE f USING fts5(a, content=t)",
      ["LS016 2:46 t"]
    ),
    ("CREATE VIRTUAL TABLE f USING fts5(a, detial=full)", ["LS004 1:38 detial=full"]),
    ("CREATE VIRTUAL TABLE v USING vec0(e float[0])", ["LS004 1:42 [0]"]),
    ("CREATE VIRTUAL TABLE v USING vec0(e float[4], k integer)", ["LS004 1:47 k"]),
    ("CREATE VIRTUAL TABLE v USING vec0(e float[4] not null)", ["LS004 1:46 not null"]),
    ("CREATE VIRTUAL TABLE v USING vec0(e float[4], +f boolean)", ["LS004 1:50 boolean"]),
    ("CREATE VIRTUAL TABLE v USING vec0(\"e\" float[4])", ["LS004 1:35 \"e\""]),
    ("CREATE VIRTUAL TABLE v USING rtree(a, b, c)", ["LS004 1:30 rtree"]),
    ("CREATE TABLE t(a TEXT) STRICT;\n-- locara: renmae table t from u", ["LS020 2:12 renmae"]),
    ("CREATE TABLE t(a TEXT) STRICT;\n-- locara: rename column t.b from c", ["LS021 2:28 b"]),
    ("CREATE TABLE t(a TEXT) STRICT;\n/* locara: allow drop column t.a */", ["LS021 2:32 a"]),
  ])
  func mistakesAreFoundWhereTheyAre(_ example: (sql: String, findings: [String])) {
    #expect(findings(example.sql) == example.findings)
  }

  @Test func bytesThatAreNoTextAreRefused() {
    #expect(SchemaReader.read(Source(path: "x", bytes: [0x20, 0xFF])).1.map(\.code) == ["LS002"])
    #expect(SchemaReader.read(Source(path: "x", bytes: [0x20, 0])).1.map(\.code) == ["LS002"])
    let long = [UInt8](repeating: 0x20, count: SchemaReader.limit + 1)
    #expect(SchemaReader.read(Source(path: "x", bytes: long)).1.map(\.code) == ["LS001"])
  }

  @Test func declarationsAreRead() throws {
    let (schema, diagnostics) = read(
      """
      CREATE TABLE notes(id INTEGER PRIMARY KEY, body TEXT, rank INTEGER NOT NULL DEFAULT 0) STRICT;
      -- locara: rename table notes from note, memo
      -- locara: rename column notes.body from "the text"
      -- locara: backfill notes.rank = length(body) + 1
      -- locara: allow drop column notes.mood
      """)
    #expect(diagnostics == [])
    let declarations = try #require(schema).declarations
    #expect(declarations.renames.map { $0.from.map(\.text) } == [["note", "memo"], ["the text"]])
    #expect(declarations.backfills.first?.expression == SQLText("length(body)+1"))
    #expect(declarations.allowed == ["drop column notes.mood"])
    let copy = try Schema(json: try #require(schema).json)
    #expect(copy.declarations == declarations)
  }
}

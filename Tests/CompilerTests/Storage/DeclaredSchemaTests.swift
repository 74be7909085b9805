import Diagnostics
import Foundation
import Lowering
import Schemas
import TestSupport
import Testing

/// A schema declared in the manifest is the schema written as SQL.
@Suite struct DeclaredSchemaTests {
  static let names: [String] = {
    let files = (try? FileManager.default.contentsOfDirectory(atPath: Locations.fixture("storage/declared"))) ?? []
    return files.filter { $0.hasSuffix(".yaml") }.map { String($0.dropLast(5)) }.sorted()
  }()

  private func text(_ path: String) -> String {
    String(decoding: contents(of: Locations.fixture(path)) ?? [], as: UTF8.self)
  }

  /// The schema of a manifest whose `storage` has these lines, and what there is to say.
  private func compiled(_ storage: String) -> (
    schema: Schema?, output: CompilerOutput, source: Source
  ) {
    let lines = storage.split(separator: "\n", omittingEmptySubsequences: false).map { $0.isEmpty ? "" : "  \($0)" }
    let manifest = ManifestTests.identity + "storage:\n" + lines.joined(separator: "\n") + "\n"
    let source = Source(path: "locara.yaml", bytes: Array(manifest.utf8))
    let output = compile(CompilerInput(manifest: source, files: ["bin/app", "vec0.so"]))
    return (output.policy?.policy.storage?.schema, output, source)
  }

  @Test func thereAreSome() { #expect(Self.names.count >= 5) }

  @Test(arguments: names) func bothFormsAreOneValue(_ name: String) throws {
    let sql = Source(path: "schema.sql", bytes: Array(text("storage/declared/\(name).sql").utf8))
    let (written, problems) = SchemaReader.read(sql)
    let fromSQL = try #require(written, "\(problems.map { "\($0.code) \($0.headline)" })")
    let (declared, output, _) = compiled(text("storage/declared/\(name).yaml"))
    let errors = output.diagnostics.filter { $0.severity == .error }
    let fromManifest = try #require(declared, "\(errors.map { "\($0.code) \($0.headline) \($0.primary.text)" })")
    #expect(fromManifest.normalForm == fromSQL.normalForm)
    #expect(fromManifest.digest == fromSQL.digest)
    #expect(fromManifest.userVersion == fromSQL.userVersion)
    #expect(fromManifest.declarations == fromSQL.declarations)
    #expect(problems.filter { $0.severity == .error } == [])
  }

  /// Random tables, written both ways by independent writers.
  @Test func anyTableIsTheSameBothWays() {
    forAll("a declared schema is the one in SQL", cases: 60) { choices in
      var tables: [RandomTable] = []
      for number in 0...choices.below(3) { tables.append(RandomTable(number: number, &choices)) }
      return tables
    } check: { tables in
      let sql = tables.map(\.sql).joined()
      let (written, problems) = SchemaReader.read(Source(path: "s.sql", bytes: Array(sql.utf8)))
      guard let written else { return "the SQL is wrong: \(problems.map(\.headline))" }
      let (declared, output, _) = compiled("tables:\n" + tables.map(\.yaml).joined())
      guard let declared else { return "\(output.diagnostics.map(\.headline))" }
      return declared.digest == written.digest ? nil : "\(declared.normalForm) is not \(written.normalForm)"
    }
  }

  /// The text that a mistake points at, in the manifest.
  @Test(arguments: [
    ("tables: {t: {columns: {a: {type: varchar}}}}", "LS010", "a"),
    ("tables: {t: {columns: {a: integer}, primary-key: [b]}}", "LS010", "b"),
    ("tables: {t: {columns: {a: {type: integer, check: \"a > b\"}}}}", "LS010", "b"),
    ("tables: {t: {columns: {a: {type: integer, check: \"a > (b\"}}}}", "LM091", "("),
    ("tables: {t: {columns: {a: {type: integer, check: \"a > b); DROP TABLE t\"}}}}", "LM091", ")"),
    ("tables: {t: {columns: {a: {type: integer, default: x}}}}", "LS015", "a"),
    ("tables: {t: {columns: {a: {type: integer, references: nosuch}}}}", "LS014", "nosuch"),
    ("tables: {t: {columns: {a: {type: integer, references: {table: nosuch}}}}}", "LS014", "nosuch"),
    ("tables: {__locara_t: {columns: {a: integer}}}", "LS005", "__locara_t"),
    ("tables: {t: {columns: {a: integer, A: text}}}", "LS004", "A"),
    ("tables: {t: {columns: {a: integer}, indexes: {i: [b]}}}", "LS010", "b"),
    ("tables: {t: {columns: {a: integer}}}\nviews: {v: SELECT nosuch FROM t}", "LS012", "nosuch"),
    ("tables: {t: {columns: {a: integer}}}\nviews: {t: SELECT 1}", "LS006", "t"),
    (
      "tables: {t: {columns: {a: integer}}}\ntriggers: {g: {timing: after, event: insert, on: t, run: DELETE FROM u}}",
      "LS013", "u"
    ),
    ("fts: {f: {columns: [a], content: nosuch}}", "LS016", "nosuch"),
    ("fts: {f: {columns: [rank]}}", "LS004", "rank"),
    ("fts: {f: {columns: [a], tokenize: klingon}}", "LS004", "klingon"),
    ("vector: {tables: {v: {columns: {e: {type: float}}}}}", "LS004", "e"),
    ("vector: {tables: {v: {columns: {e: {type: bit, dimension: 9}}}}}", "LS004", "9"),
    ("vector: {tables: {v: {columns: {e: {type: bit, dimension: 8, metric: l1}}}}}", "LS004", "l1"),
    ("vector: {tables: {v: {columns: {e: {type: float, dimension: 8}, k: integer}}}}", "LS004", "k"),
    ("vector: {tables: {v: {columns: {e: {type: float, dimension: 8}}, chunk-size: 12}}}", "LS004", "12"),
    ("vector: {tables: {v: {columns: {e: {type: float, dimension: 8}, b: blob}}}}", "LS004", "blob"),
    ("tables: {t: {columns: {a: integer}}}\nallow: [drop column t.a]", "LS021", "a"),
    ("tables: {t: {columns: {a: integer}}}\nallow: [lose everything]", "LS020", "lose"),
    ("tables: {t: {columns: {a: integer}, renamed-from: [t]}}", "LS021", "[t]"),
  ])
  func mistakesAreFoundWhereTheyAre(_ example: (storage: String, code: String, text: String)) throws {
    let output = compiled(example.storage).output
    let found = try #require(
      output.diagnostics.first { $0.severity == .error }, "nothing is wrong with \(example.storage)")
    #expect(found.code == example.code, "\(found.headline)")
    #expect(found.primary.path == "locara.yaml")
    #expect(compiled(example.storage).source.text(found.primary.span) == example.text, "\(found.headline)")
  }
}

/// A table with up to six columns, as a value that writes itself in both forms.
private struct RandomTable: CustomStringConvertible {
  var sql: String
  var yaml: String
  var description: String { sql + yaml }

  init(number: Int, _ random: inout Choices) {
    let types = ["integer", "text", "real", "blob", "any"]
    let name = "t\(number)"
    var columns = ["id INTEGER PRIMARY KEY"]
    var keys = ["      id: {type: integer, primary-key: true}"]
    for index in 0..<random.below(6) {
      let type = types[random.below(types.count)]
      let column = random.below(4) == 0 ? "a column \(index)" : "c\(index)"
      let quoted = "\"\(column)\""
      var words = "\(quoted) \(type)"
      var entries = ["type: \(type)"]
      let isGenerated = random.below(6) == 0
      if isGenerated {
        let isStored = random.below(2) == 0
        words += " AS (id * \(index))" + (isStored ? " STORED" : "")
        entries += ["generated: id*\(index)"] + (isStored ? ["stored: true"] : [])
      } else {
        if random.below(3) == 0 {
          words += " UNIQUE"
          entries.append("unique: true")
        }
        if type == "integer", random.below(2) == 0 {
          let value = random.below(100) - 50
          words += " DEFAULT (\(value))"
          entries.append("default: \(value)")
        } else if type == "text", random.below(2) == 0 {
          words += " DEFAULT 'it''s' COLLATE rtrim"
          entries.append("default: \"it's\", collate: rtrim")
        }
        if number > 0, type == "integer", random.below(2) == 0 {
          words += " REFERENCES t0(id) ON DELETE CASCADE"
          entries.append("references: {table: t0, to: [id], on-delete: cascade}")
        }
      }
      if random.below(3) == 0 {
        words += " NOT NULL"
        entries.append("not-null: true")
      }
      if random.below(3) == 0 {
        words += " CHECK (\(quoted) IS NOT 7)"
        entries.append("check: '(\(quoted) is not 7)'")
      }
      columns.append(words)
      keys.append("      \(column): {\(entries.joined(separator: ", "))}")
    }
    let isStrict = random.below(4) > 0
    sql = "CREATE TABLE \(name) (\(columns.joined(separator: ", ")))\(isStrict ? " STRICT" : "");\n"
    yaml = "  \(name):\n    columns:\n\(keys.joined(separator: "\n"))\n" + (isStrict ? "" : "    strict: false\n")
    if random.below(2) == 0 {
      let isUnique = random.below(2) == 0
      sql += "CREATE \(isUnique ? "UNIQUE " : "")INDEX \(name)_i ON \(name)(id DESC) WHERE id > 3;\n"
      yaml += "    indexes: {\(name)_i: {on: [id desc], unique: \(isUnique), where: id>3}}\n"
    }
  }
}

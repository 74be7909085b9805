import SQLite
import Schemas
import TestSupport
import Testing

/// Our reader of the arguments of fts5 against SQLite's.
@Suite struct FullTextArgumentsTests {
  static let arguments =
    [
      "a", "words", "a, words", "rank", "rowid", "a, Rank", "_rowid_", "oid", "a, A", "a UNINDEXED", "a unindexed x",
      "a b",
      "a INTEGER", "a, 'b c'", "a, [b c], \"d\"\"e\"", "", "content=''", "a, content=''",
      "a, content='', content_rowid='id'",
      "a, content=t", "a, content='t', content='u'", "a, content_rowid=id", "a, columnsize=2", "a, columnsize=0",
      "a, columnsize='1'", "a, detail=none", "a, detail=NONE", "a, detail = 'column'", "a, detail=phrase",
      "a, detial=full",
      "a, contentless_delete=1", "a, locale=1", "a, prefix='0'", "a, prefix='1000'", "a, prefix='999'",
      "a, prefix='1 1'",
      "a, prefix='2,3'", "a, prefix='2 , 3'", "a, prefix='-1'", "a, prefix='x'", "a, prefix=2",
      "a, prefix='\((1...31).map(String.init).joined(separator: " "))'",
      "a, prefix='\((1...32).map(String.init).joined(separator: " "))'",
    ] + tokenizers.map { "a, tokenize=\(sqlLiteral($0))" } + ["a, tokenize=unicode61", "a, tokenize = 'porter'"]

  static let tokenizers = [
    "unicode61", "Unicode61", "porter", "PORTER ascii", "porter nosuch", "porter trigram", "trigram", "nosuch",
    "trigram case_sensitive 1", "trigram case_sensitive 2", "trigram x 1", "unicode61 remove_diacritics 2",
    "unicode61 REMOVE_DIACRITICS 0", "unicode61 remove_diacritics 3", "unicode61 remove_diacritics",
    "unicode61 tokenchars .-", "unicode61 tokenchars '.-'", "unicode61 tokenchars \".-\"", "unicode61 tokenchars '.-",
    "unicode61 separators xyz", "unicode61 categories 'L* N*'", "unicode61 tokenchars '  ' separators ''''",
    "ascii tokenchars x", "ascii remove_diacritics 1", "porter porter unicode61",
    "porter unicode61 remove_diacritics 1",
    "unicode61 remove_diacritics 1 tokenchars '-' separators 'x'", "unicode61 é ö",
  ]

  /// What SQLite takes and we do not, since it is a slip: an abbreviated option, one given twice, an empty value.
  static let slips: Set = [
    "a, pre='2'", "a, prefix=''", "a, tokenize=''", "a, prefix='2', prefix='3'", "a, detail=fu", "a, co='x'",
  ]

  @Test(arguments: arguments + slips.sorted()) func whatWeTakeItTakes(_ arguments: String) throws {
    let sql = "CREATE VIRTUAL TABLE words USING fts5(\(arguments))"
    let database = try Database(.memory)
    let isTaken = (try? database.execute(sql)) != nil
    do throws(SchemaSyntaxError) {
      let object = try SchemaParser.parse(sql)
      #expect(isTaken, "we take what SQLite refuses")
      // The one spelling means the same: SQLite takes it, and it is its own spelling.
      try? database.execute("DROP TABLE words")
      #expect((try? database.execute(object.sql())) != nil, "\(object.sql())")
      #expect((try? SchemaParser.parse(object.sql())) == object)
    } catch {
      #expect(isTaken == Self.slips.contains(arguments), "\(error)")
      // The place is an argument, or the parentheses when there is none.
      #expect(error.range.lowerBound >= 38 && error.range.upperBound <= sql.utf8.count, "\(error)")
    }
  }
}

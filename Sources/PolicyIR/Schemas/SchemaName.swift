/// An SQL identifier: a name of a table, column, index, view, trigger, constraint or collation.
///
/// SQLite compares names without regard to ASCII case and to how they were quoted, so two names are equal when their
/// folded forms are. The spelling is kept because `SELECT *` shows it.
package struct SQLName: Hashable, Sendable, Comparable, CustomStringConvertible {
  /// As the author wrote it, without quotes.
  package let text: String
  /// With ASCII letters in lower case; what SQLite compares.
  package let folded: String

  package init(_ text: String) {
    self.text = text
    self.folded = asciiLowercased(text)
  }

  package static func == (left: SQLName, right: SQLName) -> Bool { left.folded == right.folded }
  package func hash(into hasher: inout Hasher) { hasher.combine(folded) }
  package static func < (left: SQLName, right: SQLName) -> Bool {
    left.folded.utf8.lexicographicallyPrecedes(right.folded.utf8)
  }

  package var description: String { text }

  /// As it has to stand in SQL: bare where that is certain to be read as a name, else in double quotes.
  package var sql: String { SQLName.quote(text) }
  /// `sql` of the folded name.
  package var foldedSQL: String { SQLName.quote(folded) }

  private static func quote(_ text: String) -> String {
    let bytes = Array(text.utf8)
    let isBare =
      !bytes.isEmpty && !isASCIIDigit(bytes[0]) && bytes[0] != UInt8(ascii: "$")
      && bytes.allSatisfy { isASCIILetter($0) || isASCIIDigit($0) || $0 == UInt8(ascii: "_") }
      && !SQLKeywords.contains(text)
    guard !isBare else { return text }
    var quoted = "\""
    for character in text.unicodeScalars {
      quoted.unicodeScalars.append(character)
      if character == "\"" { quoted.unicodeScalars.append(character) }
    }
    return quoted + "\""
  }
}

/// The words that SQLite's tokenizer knows (tool/mkkeywordhash.c); `sqlite3_keyword_check` agrees, and a test asks it.
package enum SQLKeywords {
  package static func contains(_ word: String) -> Bool { all.contains(asciiUppercased(word)) }

  private static let all = Set(
    """
    ABORT ACTION ADD AFTER ALL ALTER ALWAYS ANALYZE AND AS ASC ATTACH AUTOINCREMENT BEFORE BEGIN BETWEEN BY CASCADE \
    CASE CAST CHECK COLLATE COLUMN COMMIT CONFLICT CONSTRAINT CREATE CROSS CURRENT CURRENT_DATE CURRENT_TIME \
    CURRENT_TIMESTAMP DATABASE DEFAULT DEFERRABLE DEFERRED DELETE DESC DETACH DISTINCT DO DROP EACH ELSE END ESCAPE \
    EXCEPT EXCLUDE EXCLUSIVE EXISTS EXPLAIN FAIL FILTER FIRST FOLLOWING FOR FOREIGN FROM FULL GENERATED GLOB GROUP \
    GROUPS HAVING IF IGNORE IMMEDIATE IN INDEX INDEXED INITIALLY INNER INSERT INSTEAD INTERSECT INTO IS ISNULL JOIN \
    KEY LAST LEFT LIKE LIMIT MATCH MATERIALIZED NATURAL NO NOT NOTHING NOTNULL NULL NULLS OF OFFSET ON OR ORDER \
    OTHERS OUTER OVER PARTITION PLAN PRAGMA PRECEDING PRIMARY QUERY RAISE RANGE RECURSIVE REFERENCES REGEXP REINDEX \
    RELEASE RENAME REPLACE RESTRICT RETURNING RIGHT ROLLBACK ROW ROWS SAVEPOINT SELECT SET TABLE TEMP TEMPORARY THEN \
    TIES TO TRANSACTION TRIGGER UNBOUNDED UNION UNIQUE UPDATE USING VACUUM VALUES VIEW VIRTUAL WHEN WHERE WINDOW \
    WITH WITHOUT WITHIN
    """.split(separator: " ").map(String.init))
}

func isASCIILetter(_ byte: UInt8) -> Bool { (byte | 0x20) >= UInt8(ascii: "a") && (byte | 0x20) <= UInt8(ascii: "z") }
func isASCIIDigit(_ byte: UInt8) -> Bool { byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9") }

func asciiLowercased(_ text: String) -> String {
  String(decoding: text.utf8.map { $0 >= 0x41 && $0 <= 0x5A ? $0 | 0x20 : $0 }, as: UTF8.self)
}

func asciiUppercased(_ text: String) -> String {
  String(decoding: text.utf8.map { $0 >= 0x61 && $0 <= 0x7A ? $0 & 0xDF : $0 }, as: UTF8.self)
}

// The arguments of fts5, by ext/fts5/fts5_config.c of SQLite 3.40: SQLite reports a wrong one without saying where.

extension SchemaParser {
  private static let options: Set = ["tokenize", "prefix", "content", "content_rowid", "columnsize", "detail"]

  mutating func fullTextTable(_ name: SQLName) throws(SchemaSyntaxError) -> FullTextTable {
    try expectSymbol("(")
    let range = here
    let arguments = try untilClosed()
    var columns: [FullTextTable.Column] = []
    var options: [String: String] = [:]
    for part in SQLToken.split(arguments, at: ",") {
      guard let first = part.first else { throw SchemaSyntaxError("an argument of fts5 is empty", at: range) }
      let whole = first.range.lowerBound..<(part.last ?? first).range.upperBound
      if part.count >= 2, part[part.startIndex + 1].isSymbol("=") {
        let (key, value) = try option(part, whole)
        guard options.updateValue(value, forKey: key) == nil else {
          throw SchemaSyntaxError("the option `\(key)` of fts5 is there twice", at: first.range)
        }
      } else {
        columns.append(try fullTextColumn(part, whole, after: columns, of: name))
      }
    }
    guard !columns.isEmpty else { throw SchemaSyntaxError("a table of module fts5 needs a column", at: range) }
    return FullTextTable(name: name, columns: columns, options: options)
  }

  private func fullTextColumn(
    _ part: ArraySlice<SQLToken>, _ whole: Range<Int>, after columns: [FullTextTable.Column], of table: SQLName
  ) throws(SchemaSyntaxError) -> FullTextTable.Column {
    guard let name = part.first?.name, part.count <= 2 else {
      throw SchemaSyntaxError("expected a column and no more than UNINDEXED after it", at: whole)
    }
    if part.count == 2, let last = part.last, !last.isWord("UNINDEXED") {
      throw SchemaSyntaxError("after a column of fts5 only UNINDEXED may stand, found `\(last.text)`", at: last.range)
    }
    // A hidden column has the table's own name.
    guard name != SQLName("rank"), name != SQLName("rowid"), name != table else {
      throw SchemaSyntaxError("fts5 keeps the name `\(name)` for itself", at: whole)
    }
    guard !columns.contains(where: { $0.name == name }) else {
      throw SchemaSyntaxError("the column `\(name)` is there twice", at: whole)
    }
    return FullTextTable.Column(name: name, isIndexed: part.count == 1)
  }

  private func option(
    _ part: ArraySlice<SQLToken>, _ whole: Range<Int>
  ) throws(SchemaSyntaxError) -> (key: String, value: String) {
    let key = part.first.map { asciiLowercased($0.text) } ?? ""
    guard SchemaParser.options.contains(key) else {
      throw SchemaSyntaxError(
        "fts5 has no option `\(key)`; it has \(SchemaParser.options.sorted().joined(separator: ", "))", at: whole)
    }
    guard part.count == 3, let token = part.last, token.kind != .symbol, token.kind != .illegal else {
      throw SchemaSyntaxError("expected one value, in quotes when it has several words, after `\(key)=`", at: whole)
    }
    let value = token.text
    switch key {
    case "detail":
      guard ["full", "column", "none"].contains(asciiLowercased(value)) else {
        throw SchemaSyntaxError("`detail` is full, column or none, found `\(value)`", at: token.range)
      }
      return (key, asciiLowercased(value))
    case "columnsize":
      guard value == "0" || value == "1" else {
        throw SchemaSyntaxError("`columnsize` is 0 or 1, found `\(value)`", at: token.range)
      }
    case "prefix":
      let lengths = value.split { $0 == " " || $0 == "," }.map { Int($0) }
      guard !lengths.isEmpty, lengths.allSatisfy({ $0.map { (1...999).contains($0) } ?? false }) else {
        throw SchemaSyntaxError("`prefix` is a list of lengths from 1 to 999, found `\(value)`", at: token.range)
      }
      guard lengths.count <= 31 else {
        throw SchemaSyntaxError("`prefix` has at most 31 lengths, found \(lengths.count)", at: token.range)
      }
      return (key, lengths.map { String($0 ?? 0) }.joined(separator: " "))
    case "tokenize":
      do throws(FullTextTokenizer.Problem) {
        return (key, try FullTextTokenizer.normalized(value))
      } catch {
        throw SchemaSyntaxError(error.text, at: token.range)
      }
    default: break
    }
    return (key, value)
  }
}

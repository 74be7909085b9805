// The arguments of vec0, as sqlite-vec 0.1.9 takes them. That module ignores some mistakes and misreports others, so
// they are found here.

extension SchemaParser {
  private static let reserved: Set = ["distance", "k", "rowid"]
  private static let elements: [String: VectorTable.Element] = [
    "float": .float, "f32": .float, "float32": .float, "int8": .int8, "i8": .int8, "bit": .bit,
  ]
  private static let keyTypes = ["integer": "integer", "int": "integer", "text": "text"]
  private static let metadataTypes = [
    "text": "text", "int": "integer", "integer": "integer", "int64": "integer", "float": "float", "double": "float",
    "bool": "boolean", "boolean": "boolean",
  ]
  private static let auxiliaryTypes = [
    "text": "text", "int": "integer", "integer": "integer", "float": "float", "double": "float", "blob": "blob",
  ]

  mutating func vectorTable(_ name: SQLName) throws(SchemaSyntaxError) -> VectorTable {
    try expectSymbol("(")
    let range = here
    let arguments = try untilClosed()
    var columns: [VectorTable.Column] = []
    var chunkSize: Int?
    for part in SQLToken.split(arguments, at: ",") {
      guard let first = part.first else { throw SchemaSyntaxError("an argument of vec0 is empty", at: range) }
      let whole = first.range.lowerBound..<(part.last ?? first).range.upperBound
      if part.count >= 2, part[part.startIndex + 1].isSymbol("=") {
        guard chunkSize == nil else { throw SchemaSyntaxError("`chunk_size` is there twice", at: whole) }
        chunkSize = try self.chunkSize(part, whole)
      } else {
        columns.append(try vectorColumn(part, whole, after: columns, of: name))
        try checkCounts(columns, at: whole)
      }
    }
    guard columns.contains(where: { if case .vector = $0.role { true } else { false } }) else {
      throw SchemaSyntaxError("a table of module vec0 has at least one vector: `embedding float[384]`", at: range)
    }
    return VectorTable(name: name, columns: columns, chunkSize: chunkSize ?? 1024)
  }

  private func chunkSize(_ part: ArraySlice<SQLToken>, _ whole: Range<Int>) throws(SchemaSyntaxError) -> Int {
    guard let key = part.first, key.isWord("CHUNK_SIZE") else {
      throw SchemaSyntaxError("vec0 has one option, `chunk_size`, found `\(part.first?.text ?? "")`", at: whole)
    }
    guard part.count == 3, let token = part.last, let size = Int(token.text), (8...4096).contains(size), size % 8 == 0
    else { throw SchemaSyntaxError("`chunk_size` is a multiple of 8 from 8 to 4096", at: whole) }
    return size
  }

  private func vectorColumn(
    _ part: ArraySlice<SQLToken>, _ whole: Range<Int>, after columns: [VectorTable.Column], of table: SQLName
  ) throws(SchemaSyntaxError) -> VectorTable.Column {
    let isAuxiliary = part.first?.isSymbol("+") == true
    let tokens = Array(isAuxiliary ? part.dropFirst() : part)
    guard let first = tokens.first else { throw SchemaSyntaxError("expected a column after `+`", at: whole) }
    guard first.kind == .word, let initial = first.text.utf8.first, isASCIILetter(initial),
      first.text.utf8.allSatisfy({ isASCIILetter($0) || isASCIIDigit($0) || $0 == UInt8(ascii: "_") })
    else {
      throw SchemaSyntaxError(
        "a column of vec0 is named by a letter, then letters, digits and `_`, without quotes", at: first.range)
    }
    let name = SQLName(first.text)
    guard !SchemaParser.reserved.contains(name.folded), name != table else {
      throw SchemaSyntaxError("vec0 keeps the name `\(name)` for itself", at: first.range)
    }
    guard !columns.contains(where: { $0.name == name }) else {
      throw SchemaSyntaxError("the column `\(name)` is there twice", at: first.range)
    }
    guard tokens.count >= 2, tokens[1].kind == .word else {
      throw SchemaSyntaxError("a column of vec0 needs a type: `\(name) float[384]`", at: whole)
    }
    let type = asciiLowercased(tokens[1].text)
    // `float[384]`: to SQL's tokenizer `[384]` is a quoted name.
    if tokens.count >= 3, tokens[2].kind == .quotedName {
      guard !isAuxiliary else { throw SchemaSyntaxError("a vector cannot be an auxiliary column", at: whole) }
      return VectorTable.Column(name: name, role: try vector(type, tokens, whole))
    }
    let rest = tokens.dropFirst(2)
    func scalar(_ types: [String: String], _ what: String) throws(SchemaSyntaxError) -> String {
      guard let type = types[type] else {
        let known = Set(types.values).sorted().joined(separator: ", ")
        throw SchemaSyntaxError("\(what) of vec0 is of type \(known), found `\(type)`", at: tokens[1].range)
      }
      return type
    }
    if rest.count == 2, rest[2].isWord("PRIMARY"), rest[3].isWord("KEY"), !isAuxiliary {
      return .init(name: name, role: .primaryKey(type: try scalar(SchemaParser.keyTypes, "the primary key")))
    }
    if rest.count == 2, rest[2].isWord("PARTITION"), rest[3].isWord("KEY"), !isAuxiliary {
      return .init(name: name, role: .partitionKey(type: try scalar(SchemaParser.keyTypes, "a partition key")))
    }
    if let extra = rest.first {
      throw SchemaSyntaxError(
        "vec0 ignores or misreads `\(rest.map(\.text).joined(separator: " "))` after a column's type",
        at: extra.range.lowerBound..<whole.upperBound)
    }
    if isAuxiliary {
      return .init(name: name, role: .auxiliary(type: try scalar(SchemaParser.auxiliaryTypes, "an auxiliary column")))
    }
    return .init(name: name, role: .metadata(type: try scalar(SchemaParser.metadataTypes, "a metadata column")))
  }

  private func vector(
    _ type: String, _ tokens: [SQLToken], _ whole: Range<Int>
  ) throws(SchemaSyntaxError) -> VectorTable.Role {
    guard let element = SchemaParser.elements[type] else {
      throw SchemaSyntaxError("a vector's elements are float, int8 or bit, found `\(type)`", at: tokens[1].range)
    }
    guard let dimension = Int(tokens[2].text), (1...8192).contains(dimension) else {
      throw SchemaSyntaxError("a vector has from 1 to 8192 dimensions, found `\(tokens[2].text)`", at: tokens[2].range)
    }
    guard element != .bit || dimension.isMultiple(of: 8) else {
      throw SchemaSyntaxError("a bit vector's dimension is a multiple of 8, found \(dimension)", at: tokens[2].range)
    }
    guard tokens.count > 3 else { return .vector(element, dimension: dimension, element == .bit ? .hamming : .l2) }
    let option = tokens[3].range.lowerBound..<whole.upperBound
    guard tokens.count == 6, tokens[3].isWord("DISTANCE_METRIC"), tokens[4].isSymbol("=") else {
      throw SchemaSyntaxError("after a vector only `distance_metric=L2`, `L1` or `cosine` may stand", at: option)
    }
    guard element != .bit else {
      throw SchemaSyntaxError("a bit vector has no `distance_metric`: it is compared by Hamming distance", at: option)
    }
    guard let metric = ["l2": VectorTable.Metric.l2, "l1": .l1, "cosine": .cosine][asciiLowercased(tokens[5].text)]
    else {
      throw SchemaSyntaxError("`distance_metric` is L2, L1 or cosine, found `\(tokens[5].text)`", at: tokens[5].range)
    }
    return .vector(element, dimension: dimension, metric)
  }

  /// The column that is one too many is the last one.
  private func checkCounts(_ columns: [VectorTable.Column], at range: Range<Int>) throws(SchemaSyntaxError) {
    var counts = (vectors: 0, keys: 0, partitions: 0, metadata: 0, auxiliary: 0)
    for column in columns {
      switch column.role {
      case .vector: counts.vectors += 1
      case .primaryKey: counts.keys += 1
      case .partitionKey: counts.partitions += 1
      case .metadata: counts.metadata += 1
      case .auxiliary: counts.auxiliary += 1
      }
    }
    let bounds = [
      (counts.vectors, 16, "vector columns"), (counts.keys, 1, "primary key"),
      (counts.partitions, 4, "partition keys"), (counts.metadata, 16, "metadata columns"),
      (counts.auxiliary, 16, "auxiliary columns"),
    ]
    for (count, bound, what) in bounds where count > bound {
      throw SchemaSyntaxError("a table of module vec0 has at most \(bound) \(what), this is one more", at: range)
    }
  }
}

// INVARIANT: this module is a database's schema as a value, read from SQL text and written as SQL text. It opens no database.

internal import CanonicalJSON
package import Digests

// The schema of an app's database, as a value. Two schemas are equal when SQLite behaves alike with both: white space,
// comments, quotes, letter case of names and keywords, the order of statements and of constraints do not count.

/// The tables, indexes, views and triggers of an app's database.
package struct Schema: Sendable {
  /// Each list is in the order of names.
  package private(set) var tables: [Table] = []
  package private(set) var indexes: [Index] = []
  package private(set) var views: [View] = []
  package private(set) var triggers: [Trigger] = []
  package private(set) var fullTextTables: [FullTextTable] = []
  package private(set) var vectorTables: [VectorTable] = []
  /// How to come here from earlier schemas; no part of what the schema is, so neither of equality nor of the digest.
  package var declarations = SchemaDeclarations()

  /// The schema without anything.
  package init() {}

  package init(_ objects: some Sequence<SchemaObject>, declarations: SchemaDeclarations = SchemaDeclarations()) {
    self.declarations = declarations
    for object in objects {
      switch object {
      case .table(let object): tables.append(object)
      case .index(let object): indexes.append(object)
      case .view(let object): views.append(object)
      case .trigger(let object): triggers.append(object)
      case .fullText(let object): fullTextTables.append(object)
      case .vector(let object): vectorTables.append(object)
      }
    }
    tables.sort { $0.name < $1.name }
    indexes.sort { $0.name < $1.name }
    views.sort { $0.name < $1.name }
    triggers.sort { $0.name < $1.name }
    fullTextTables.sort { $0.name < $1.name }
    vectorTables.sort { $0.name < $1.name }
  }

  /// The schema that a database stores, from the columns `name` and `sql` of `sqlite_schema`.
  ///
  /// Left out are indexes that constraints imply, tables of SQLite and of locara, and the shadow tables of fts5 and
  /// vec0.
  /// - Throws: when an object is of a kind that a schema cannot have; the range is within that object's SQL.
  package init(stored: [(name: String, sql: String?)]) throws(SchemaSyntaxError) {
    var objects: [SchemaObject] = []
    var shadows: Set<String> = []
    for (name, sql) in stored {
      guard let sql, !SchemaNames.isReserved(name) else { continue }
      guard asciiUppercased(String(sql.prefix(14))) == "CREATE VIRTUAL" else { continue }
      let object = try SchemaParser.parse(sql)
      shadows.formUnion(SchemaNames.shadows(of: object).map(\.folded))
      objects.append(object)
    }
    for (name, sql) in stored {
      guard let sql, !SchemaNames.isReserved(name), !shadows.contains(asciiLowercased(name)),
        asciiUppercased(String(sql.prefix(14))) != "CREATE VIRTUAL"
      else { continue }
      objects.append(try SchemaParser.parse(sql))
    }
    self.init(objects)
  }

  /// Everything, in an order in which it can be created.
  package var objects: [SchemaObject] {
    tables.map(SchemaObject.table) + fullTextTables.map(SchemaObject.fullText)
      + vectorTables.map(SchemaObject.vector) + indexes.map(SchemaObject.index) + views.map(SchemaObject.view)
      + triggers.map(SchemaObject.trigger)
  }

  package var isEmpty: Bool { objects.isEmpty }

  package func table(_ name: SQLName) -> Table? { tables.first { $0.name == name } }
}

extension Schema: Hashable {
  /// The one statement for each object, in byte order; equal schemas have equal normal forms.
  package var normalForm: [String] {
    objects.map { $0.sql(folded: true) }.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
  }

  package static func == (left: Schema, right: Schema) -> Bool { left.normalForm == right.normalForm }
  package func hash(into hasher: inout Hasher) { hasher.combine(normalForm) }

  /// SHA-256 over the normal form as canonical JSON.
  package var digest: Digest { Digest.of(JSON.array(normalForm.map(JSON.string)).canonicalBytes) }

  /// What a database at this schema has in `PRAGMA user_version`: the first 31 bits of the digest, and 1 should they
  /// all be zero. 0 is the version of a database that was never set up.
  package var userVersion: Int32 {
    let bits = digest.bytes.prefix(4).reduce(UInt32(0)) { $0 << 8 | UInt32($1) } >> 1
    return bits == 0 ? 1 : Int32(bits)
  }
}

/// Names that are not the app's to give.
package enum SchemaNames {
  /// The prefix of locara's own tables.
  package static let reservedPrefix = "__locara_"

  package static func isReserved(_ name: String) -> Bool {
    let folded = asciiLowercased(name)
    return folded.hasPrefix(reservedPrefix) || folded.hasPrefix("sqlite_")
  }

  /// The tables in which a virtual table keeps its content.
  package static func shadows(of object: SchemaObject) -> [SQLName] {
    switch object {
    case .fullText(let table):
      return ["data", "idx", "content", "docsize", "config"].map { SQLName("\(table.name)_\($0)") }
    case .vector(let table):
      let numbered = (0..<16).flatMap {
        let number = ($0 < 10 ? "0" : "") + String($0)
        return ["vector_chunks\(number)", "metadatachunks\(number)", "metadatatext\(number)"]
      }
      return (["info", "chunks", "rowids", "auxiliary"] + numbered).map { SQLName("\(table.name)_\($0)") }
    default: return []
    }
  }
}

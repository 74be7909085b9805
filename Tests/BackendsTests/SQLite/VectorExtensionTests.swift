import Diagnostics
import Foundation
import Lowering
import Migrations
import PolicyIR
import SQLite
import SQLiteSchema
import SystemIO
import TestSupport
import Testing

/// The real sqlite-vec against what compiling believes of it.
///
/// The extension is the demo app's, which `make test` fetches, or `LOCARA_VEC0`, a path of `vec0.so`.
@Suite struct VectorExtensionTests {
  static let path: String? = {
    let fetched = Locations.fixture("apps/semantic-notes/vendor/sqlite_vec/vec0.so")
    return Locations.environment("LOCARA_VEC0") ?? (Files.exists(fetched) ? fetched : nil)
  }()

  /// Arguments, most of them wrong.
  static let arguments = [
    "e float[4]", "e FLOAT[4]", "e f32[8] distance_metric=cosine", "e int8[4]", "e bit[8]",
    "e bit[8] distance_metric=l2",
    "e float[0]", "e float[8192]", "e float[8193]", "e float", "e double[4]", "\"e\" float[4]", "_e float[4]",
    "e float[4], k integer", "e float[4], distance float", "e float[4], rowid integer",
    "id integer primary key, e float[4]",
    "id text primary key, e float[4]", "id float primary key, e float[4]",
    "a integer primary key, b integer primary key, e float[4]", "e float[4], p text partition key",
    "e float[4], a int, b text, c float, d boolean", "e float[4], a real", "e float[4], a varchar",
    "e float[4], a blob",
    "e float[4], +a text, +b blob, +c integer, +d float", "e float[4], +a boolean", "e float[4], +a real",
    "e float[4], chunk_size=8", "e float[4], chunk_size=7", "e float[4], chunk_size=4104", "e float[4], chunksize=8",
    "e float[4] distance_metric=ip", "e float[4] distance_metric=L1", "a text", "e float[4], e float[4]",
    "e float[4], a int, b int, c int, d int, f int, g int, h int, i int, j int, l int, m int, n int, o int, q int, r int, s int",
    "e float[4], a int, b int, c int, d int, f int, g int, h int, i int, j int, l int, m int, n int, o int, q int, r int, s int, t int",
    "e float[4], a int partition key, b int partition key, c int partition key, d int partition key, f int partition key",
  ]

  /// What the extension takes without meaning it; we refuse.
  static let ignored: Set = [
    "e float[4], e float[4]"
  ]

  @Test(.enabled(if: path != nil), arguments: arguments) func whatWeTakeItTakes(_ arguments: String) throws {
    let sql = "CREATE VIRTUAL TABLE v USING vec0(\(arguments))"
    let database = try Database(.memory)
    try database.loadExtension(try #require(VectorExtensionTests.path))
    let isTaken = (try? database.execute(sql)) != nil
    let ours = SchemaReader.read(Source(path: "x.sql", bytes: Array(sql.utf8))).0
    if ours != nil { #expect(isTaken, "we take what the extension refuses") }
    if isTaken, ours == nil { #expect(VectorExtensionTests.ignored.contains(arguments), "it takes what we refuse") }
    // The columns that our stand-in declares are the ones that there are.
    guard isTaken, ours != nil else { return }
    let scratch = try ScratchDatabase.open(isGuarded: false)
    try scratch.execute(sql)
    let columns = "SELECT name, hidden FROM pragma_table_xinfo('v') ORDER BY hidden, cid"
    let real = try database.query(columns).filter { $0[1] == .integer(0) }
    #expect(try scratch.query(columns).filter { $0[1] == .integer(0) } == real)
  }

  /// The pairs with vectors once more, with the extension in place of the stand-in.
  @Test(.enabled(if: path != nil), arguments: MigrationCase.all.filter { $0.group == "vec0" })
  func pairsEndAlike(_ example: MigrationCase) throws {
    let directory = TemporaryDirectory("vec0")
    let path = directory("app.db")
    let from = try compiled(example.from)
    let to = try compiled(example.to)
    let database = try Database(.file(path))
    try database.loadExtension(try #require(VectorExtensionTests.path))
    #expect(try DatabaseApply.apply(schema: from, in: database, path: path) == .created)
    try database.execute(example.rows)
    let before = try dump(database, from)
    let isApplied = example.expect.hasSuffix("applied")
    do {
      guard case .migrated(let plan, _, _) = try DatabaseApply.apply(schema: to, in: database, path: path) else {
        return
      }
      #expect(isApplied)
      #expect(try LiveSchema.read(database) == .success(to))
      #expect(try DatabaseApply.apply(schema: to, in: database, path: path) == .unchanged)
      guard plan.gravest < .reembed else { return }
      let after = try dump(database, to)
      #expect(after.count == before.count)
      for table in to.vectorTables where table.vectors.allSatisfy({ $0.element == .float }) {
        for vector in table.vectors {
          let nearest = try database.query(
            "SELECT distance FROM \(table.name.sql) WHERE \(vector.name.sql) MATCH x'0000803F000000400000404000008040' "
              + "AND k = 1")
          let rows = try database.value("SELECT count(*) FROM \(table.name.sql)")?.integerValue ?? 0
          #expect(nearest.count == (rows == 0 ? 0 : 1))
        }
      }
    } catch {
      #expect(!isApplied, "\(error)")
      #expect(try dump(database, from) == before)
    }
  }
}

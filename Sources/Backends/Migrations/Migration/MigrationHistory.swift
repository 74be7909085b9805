package import Digests
internal import PolicyIR
internal import SQLite
internal import SQLiteSchema
package import Schemas
package import SystemIO

/// The directory of numbered migrations: `0001_name.sql`, `0002_name.sql`, … and `migrations.sum`.
///
/// Each file holds the plan from the schema before to the schema after as a script; run one after another on an empty
/// database they build the schema. The sums make edits of published files visible.
package struct MigrationHistory: Sendable {
  package struct Entry: Hashable, Sendable {
    package var number: Int
    /// File name: `0001_start.sql`.
    package var file: String
    package var sql: String
    package var digest: Digest
  }

  package let directory: String
  package private(set) var entries: [Entry]

  package static let sumFile = "migrations.sum"
  private static let fileLimit = 16 << 20

  /// Reads a directory; one that is not there has no migrations.
  ///
  /// - Throws: at a gap in the numbers, a file that is no migration, and an edit of a published one.
  package init(directory: String) throws(Failure) {
    self.directory = directory
    self.entries = []
    guard Files.exists(directory) else { return }
    guard Files.isDirectory(directory) else {
      throw Failure(
        "LS150", "expected a directory of migrations, found a file", path: directory,
        help: "name the directory that holds 0001_NAME.sql")
    }
    for name in try Directories.names(in: directory) where name != MigrationHistory.sumFile {
      guard let number = MigrationHistory.number(of: name) else {
        throw Failure(
          "LS150", "expected migrations named NNNN_name.sql, found `\(name)`", path: directory,
          help: "move the file elsewhere")
      }
      guard number == entries.count + 1 else {
        throw Failure(
          "LS151", "expected migration \(MigrationHistory.padded(entries.count + 1)), found `\(name)`", path: directory,
          help: "numbers start at 0001 and have no gaps and no doubles")
      }
      let bytes = try Files.read("\(directory)/\(name)", limit: MigrationHistory.fileLimit)
      guard let sql = String(validating: bytes, as: UTF8.self) else {
        throw Failure("LS150", "the migration is not valid UTF-8", path: "\(directory)/\(name)")
      }
      entries.append(Entry(number: number, file: name, sql: sql, digest: Digest.of(bytes)))
    }
    try checkSums()
  }

  private static func number(of name: String) -> Int? {
    let bytes = Array(name.utf8)
    guard name.hasSuffix(".sql"), bytes.count > 9, bytes[4] == UInt8(ascii: "_"),
      bytes[..<4].allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }),
      let number = Int(name.prefix(4)),
      isName(name.dropFirst(5).dropLast(4))
    else { return nil }
    return number
  }

  private static func padded(_ number: Int) -> String {
    String(repeating: "0", count: max(0, 4 - String(number).count)) + String(number)
  }

  /// Lower-case letters, digits, `-` and `_`.
  private static func isName(_ name: some StringProtocol) -> Bool {
    !name.isEmpty && name.utf8.count <= 80
      && name.utf8.allSatisfy { byte in
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte) || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
          || byte == UInt8(ascii: "-") || byte == UInt8(ascii: "_")
      }
  }

  // MARK: Sums

  /// One line a migration: its digest and its name.
  private static func sums(of entries: some Sequence<Entry>) -> String {
    entries.map { "\($0.digest) \($0.file)\n" }.joined()
  }

  private func checkSums() throws(Failure) {
    let path = "\(directory)/\(MigrationHistory.sumFile)"
    guard Files.exists(path) else {
      guard entries.isEmpty else {
        throw Failure("LS152", "the migrations' sums are missing", path: path, help: "restore the file from history")
      }
      return
    }
    let found = String(decoding: try Files.read(path, limit: 1 << 20), as: UTF8.self)
    guard found != MigrationHistory.sums(of: entries) else { return }
    if let last = entries.last, found == MigrationHistory.sums(of: entries.dropLast()) {
      throw Failure(
        "LS156", "the last migration is not in the sums: \(last.file)", path: directory,
        help: "when `locara db migrate` was interrupted, or the file is not its work: remove it and run "
          + "`locara db migrate` again")
    }
    let lines = Set(found.split(separator: "\n").map(String.init))
    let changed = entries.first { !lines.contains("\($0.digest) \($0.file)") }
    throw Failure(
      "LS153", "a published migration was changed: \(changed?.file ?? "one is missing")", path: directory,
      help: "restore it from history, and put the change into a new migration")
  }

  // MARK: Replaying

  /// The schema that the migrations build.
  package func replay() throws(Failure) -> Schema {
    do throws(SQLiteError) {
      let database = try ScratchDatabase.open(isGuarded: false)
      try database.set(.foreignKeys, false)
      for statement in SchemaScript.reserved { try database.execute(statement) }
      for entry in entries {
        do throws(SQLiteError) {
          try database.execute(entry.sql)
        } catch {
          throw SQLiteError(code: error.code, message: "\(entry.file): \(error.message)", offset: error.offset)
        }
      }
      switch try LiveSchema.read(database) {
      case .success(var schema):
        // What the last migration's schema declares, so that nothing of it happens again.
        if let last = entries.last {
          do throws(SchemaSyntaxError) {
            schema.declarations = try SchemaDeclarations(comments: Array(last.sql.utf8))
          } catch {
            throw SQLiteError(code: 1, message: "\(last.file): \(error.problem)")
          }
        }
        return schema
      case .failure(let error): throw SQLiteError(code: 1, message: error.problem)
      }
    } catch {
      throw Failure("LS154", "the migrations do not run: \(error)", path: directory)
    }
  }

  // MARK: Writing

  /// - Throws: when a migration cannot have this name.
  package static func check(name: String) throws(Failure) {
    guard isName(name) else {
      throw Failure(
        "LS155", "`\(name.prefix(80))` is no name of a migration", help: "use lower-case letters, digits, `-` and `_`")
    }
  }

  /// Writes the next migration and the sums.
  ///
  /// - Parameter declarations: those of the schema that the plan leads to; the next plan has to know them.
  /// - Returns: the path of the new file.
  package mutating func append(
    _ plan: MigrationPlan, declarations: SchemaDeclarations, name: String
  ) throws(Failure) -> String {
    try MigrationHistory.check(name: name)
    let script = plan.script + declarations.comments.joined()
    try Directories.create(directory)
    let file = "\(MigrationHistory.padded(entries.count + 1))_\(name).sql"
    let bytes = Array(script.utf8)
    let entry = Entry(number: entries.count + 1, file: file, sql: script, digest: Digest.of(bytes))
    try Files.replace("\(directory)/\(file)", with: bytes)
    try Files.replace(
      "\(directory)/\(MigrationHistory.sumFile)", with: Array(MigrationHistory.sums(of: entries + [entry]).utf8))
    entries.append(entry)
    return "\(directory)/\(file)"
  }
}

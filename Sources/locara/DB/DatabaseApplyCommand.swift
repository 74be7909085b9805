internal import ArgumentParser
internal import Backends
internal import CanonicalJSON
internal import PolicyIR
internal import SystemIO

/// `locara db apply`: what the launcher starts, inside the app's sandbox, when a database is not at the app's schema.
struct DatabaseApplyCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "apply", abstract: "Bring a database file to a compiled schema.",
    discussion: """
      Creates the database when it is not there. After a failure the file is as it was before.
      Exit: 0 at the schema, 1 failed.
      """)

  @Argument(help: "The database file.")
  var database: String

  @Option(name: .long, help: "The compiled schema, `schema.json` of a bundle.")
  var schema: String

  @Option(name: .long, help: "A shared library that SQLite has to load for the schema, such as vec0.so.")
  var `extension`: [String] = []

  @Flag(help: "Say nothing when it worked.")
  var quiet = false

  func run() throws {
    let outcome = try DatabaseApply.apply(
      schema: try SchemaFile.read(schema), to: database, extensions: `extension`)
    guard !quiet else { return }
    switch outcome {
    case .created: print("created \(database)")
    case .unchanged: print("\(database) is at the schema already")
    }
  }
}

/// A compiled schema in a file: the document that `Schema.json` writes, or the statements as a policy holds them.
enum SchemaFile {
  static func read(_ path: String) throws(Failure) -> Schema {
    let bytes = try Files.read(path, limit: 16 << 20)
    do {
      let json = try JSON(parsing: bytes)
      guard let statements = json.arrayValue else { return try Schema(json: json) }
      return try Schema(normalForm: statements.map { $0.stringValue ?? "" })
    } catch {
      throw Failure(
        "LS112", "expected a compiled schema: \(error)", path: path, help: "compile the app's manifest again")
    }
  }
}

internal import ArgumentParser
internal import Backends
internal import CanonicalJSON
internal import Compiler
internal import Diagnostics
internal import PolicyIR
internal import Reports
internal import SystemIO

/// Where the schema is and where its migrations are.
struct SchemaOptions: ParsableArguments {
  @Option(name: .long, help: "The schema: SQL, or `schema.json` of a bundle.")
  var schema = "db/schema.sql"

  @Option(name: .long, help: "The directory of numbered migrations.")
  var migrations = "db/migrations"
}

/// A schema in a file: SQL text when the name ends in `.sql`, else compiled.
enum SchemaFile {
  static func read(_ path: String) throws -> Schema {
    let bytes = try Files.read(path, limit: 16 << 20)
    guard !path.hasSuffix(".sql") else { return try compile(Source(path: path, bytes: bytes)) }
    do {
      let json = try JSON(parsing: bytes)
      // The document that `Schema.json` writes, or the statements as a policy holds them.
      guard let statements = json.arrayValue else { return try Schema(json: json) }
      return try Schema(normalForm: statements.map { $0.stringValue ?? "" })
    } catch {
      throw Failure(
        "LS112", "expected a compiled schema: \(error)", path: path, help: "compile the app's manifest again")
    }
  }

  private static func compile(_ source: Source) throws -> Schema {
    let (schema, diagnostics) = SchemaReader.read(source)
    if !diagnostics.isEmpty {
      StandardStream.error.write(
        renderText(diagnostics, sources: [source], color: StandardStream.error.hasColor) + summary(of: diagnostics)
          + "\n")
    }
    guard let schema else { throw Exit.badInput }
    return schema
  }
}

/// A plan for people.
enum PlanText {
  static func write(_ plan: MigrationPlan) -> String {
    let width = plan.changes.map(\.kind.rawValue.count).max() ?? 0
    return plan.changes.map { change in
      let kind = change.kind.rawValue + String(repeating: " ", count: width - change.kind.rawValue.count)
      let missing =
        change.isAllowed ? "" : "\n    to allow it, write `-- locara: allow \(change.approval ?? "")` into the schema"
      return "  \(kind)  \(change.text)\(missing)"
    }.joined(separator: "\n")
  }
}

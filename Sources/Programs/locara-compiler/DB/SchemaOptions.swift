internal import ArgumentParser
internal import CanonicalJSON
internal import Diagnostics
internal import Lowering
internal import Manifest
internal import Migrations
internal import Reports
internal import Schemas
internal import SystemIO

/// Where the schema is and where its migrations are.
struct SchemaOptions: ParsableArguments {
  @Option(name: .long, help: "The schema: SQL, a manifest that declares it, or `schema.json` of a bundle.")
  var schema = "db/schema.sql"

  @Option(name: .long, help: "The directory of numbered migrations.")
  var migrations = "db/migrations"
}

/// A schema in a file: SQL when the name ends in `.sql`, a manifest when in `.yaml` or `.yml`, else compiled.
enum SchemaFile {
  static func read(_ path: String) throws -> Schema {
    let bytes = try Files.read(path, limit: 16 << 20)
    let source = Source(path: path, bytes: bytes)
    if path.hasSuffix(".sql") { return try shown(SchemaReader.read(source), source) }
    if path.hasSuffix(".yaml") || path.hasSuffix(".yml") { return try declared(source) }
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

  /// The schema of a manifest, or of the file that it names.
  private static func declared(_ manifest: Source) throws -> Schema {
    let (parsed, diagnostics) = parseManifest(manifest)
    guard let parsed else { return try shown((nil, diagnostics), manifest) }
    if let file = parsed.storage?.schema {
      return try read(Files.parent(of: manifest.path) + "/" + file.value)
    }
    guard let declared = parsed.storage?.declared else {
      throw Failure(
        "LS112", "the manifest declares no schema", path: manifest.path,
        help: "name the file in `storage.schema`, or declare tables in `storage.tables`")
    }
    return try shown(SchemaReader.read(declared, in: manifest), manifest)
  }

  private static func shown(_ reading: (schema: Schema?, diagnostics: [Diagnostic]), _ source: Source) throws -> Schema
  {
    if !reading.diagnostics.isEmpty {
      Console.show(reading.diagnostics, in: [source])
      Console.note(summary(of: reading.diagnostics))
    }
    guard let schema = reading.schema else { throw Exit.badInput }
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

  /// What a proof covers, and what it does not.
  static func write(_ proof: PlanProof.Report) -> String {
    let trials = "\(proof.trials) \(proof.trials == 1 ? "trial" : "trials")"
    let relied = "the checks of the transaction are what the migration relied on"
    guard proof.trials > 0 else {
      return proof.isComplete ? "not proven" : "not proven: no trial ended within the time; \(relied)"
    }
    var text = "proven on \(proof.rows) generated \(proof.rows == 1 ? "row" : "rows"), in \(trials)"
    if !proof.isComplete { text += "; the time was over before all of them" }
    guard !proof.empty.isEmpty else { return text }
    let names = proof.empty.map { "`\($0)`" }.joined(separator: ", ")
    return text + "; no rows could be made for \(names), about whose rows nothing is proven"
  }
}

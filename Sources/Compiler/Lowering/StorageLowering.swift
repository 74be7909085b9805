internal import Diagnostics
internal import Manifest
internal import PolicyIR
internal import Schemas
internal import Text

extension Lowering {
  /// The app's database; nil when the manifest declares none, or when something is wrong with it.
  mutating func lowerStorage(_ authority: Authority) -> Storage? {
    guard isIntact("storage"), let declared = manifest.storage, declared.hasSchema else { return nil }
    let database = PolicyPath(["app-data", declared.database.value])
    let usable = [FileAccess.read, .write, .create].allSatisfy { authority.files.permits(.init($0, database)) }
    if isIntact("capabilities"), !usable {
      report(
        "LM082", "a database needs `app-data` to be writable", declared.span, "kept in `app-data`",
        secondary: (manifest.capabilities.appData?.span).map { [.init(source, $0, "granted here")] } ?? [],
        notes: ["write `app-data: read-write` in `capabilities.fs`"])
    }
    let library = vectorLibrary(declared)
    guard let schema = schema(declared) else { return nil }
    if let table = schema.vectorTables.first, declared.vector == nil {
      report(
        "LM086", "the schema has the vector table `\(table.name)`, and `storage` names no engine for it",
        declared.schema?.span ?? declared.span, "needs sqlite-vec",
        notes: ["add `vector: {engine: sqlite-vec}` to `storage`, and its library `vec0.so` to the bundle"])
    }
    checkVectorModels(declared, schema)
    return Storage(file: declared.database.value, schema: schema, extensions: library.map { [$0] } ?? [])
  }

  /// The schema, from its file or from the manifest itself.
  private mutating func schema(_ storage: Manifest.StorageDeclaration) -> Schema? {
    if let declared = storage.declared {
      if let file = storage.schema {
        report(
          "LM092", "the schema is in `\(file.value)`, and declared here as well", file.span,
          "one of both says what the database holds",
          notes: [
            "remove `schema`, or " + SchemaWriter.keys.map { "`\($0)`" }.joined(separator: ", ")
              + " and `vector.tables`"
          ])
        return nil
      }
      let (schema, problems) = SchemaReader.read(declared, in: source)
      diagnostics += problems
      return schema
    }
    guard let file = input.schema else { return nil }
    let (schema, problems) = SchemaReader.read(file)
    diagnostics += problems
    return schema
  }

  /// The path in the bundle of the engine that searches vectors.
  private mutating func vectorLibrary(_ declared: Manifest.StorageDeclaration) -> String? {
    guard let vector = declared.vector else { return nil }
    if let written = declared.vectorExtension { return written.value }
    guard let files = input.files else { return nil }
    let found = files.filter { $0 == "vec0.so" || $0.hasSuffix("/vec0.so") }.sorted()
    guard found.count != 1 else { return found[0] }
    report(
      "LM083",
      found.isEmpty ? "the bundle has no `vec0.so`" : "the bundle has \(found.count) files named `vec0.so`", vector,
      "needs the library of sqlite-vec",
      notes: found.isEmpty
        ? ["put the library into the bundle, and name it: `extension: vendor/vec0.so`"]
        : ["name one of them with `extension:`: " + found.map { "`\($0)`" }.joined(separator: ", ")])
    return nil
  }
}

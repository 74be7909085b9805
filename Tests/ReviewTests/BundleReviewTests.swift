import Builder
import BundleFormat
import CanonicalJSON
import PolicyIR
import Reports
import Review
import SystemIO
import TestSupport
import Testing

/// A bundle says of its schema what its manifest says, and consent is asked for it.
@Suite struct BundleReviewTests {
  /// One of the pairs has a model that is not locked, from which no bundle is built.
  static let pairs = DiffFixtureTests.names.filter { $0.hasPrefix("schema-") && $0 != "schema-vectors-resized" }

  /// Builds both sides of a pair.
  private func bundles(_ pair: String, in directory: TemporaryDirectory) throws -> (before: String, after: String) {
    func build(_ side: String) throws -> String {
      let place = directory.copy(Locations.fixture("diff/\(pair)/\(side)"), to: side)
      try directory.build(place, to: side)
      return directory("\(side).locapp")
    }
    return (try build("before"), try build("after"))
  }

  @Test(arguments: pairs) func bundlesChangeAsTheirManifestsDo(pair: String) throws {
    let directory = TemporaryDirectory("bundles")
    let bundles = try bundles(pair, in: directory)
    for (from, to) in [("before", "after"), ("after", "before")] {
      func rules(_ entries: [ChangeReport.Entry]) -> [String] {
        entries.flatMap { $0.comparison?.changes ?? [] }.filter(\.rule.isAboutSchema)
          .map { "\($0.rule.code) \($0.key) \($0.migration?.effects?.map(\.text) ?? [])" }
      }
      let manifests = try Reviewer.review(
        .tree(try DirectoryTree(directory(from), name: from)), .tree(try DirectoryTree(directory(to), name: to)))
      let sides = from == "before" ? (bundles.before, bundles.after) : (bundles.after, bundles.before)
      let packed = try Reviewer.review(try ReviewSource(sides.0), try ReviewSource(sides.1))
      #expect(rules(packed) == rules(manifests))
      #expect(packed.map { $0.comparison?.direction } == manifests.map { $0.comparison?.direction })
    }
  }

  /// An update whose backfill overwrites a column is not started without a word, and one that renames is no loss.
  @Test func consentSeesWhatASchemaDeclares() throws {
    let directory = TemporaryDirectory("declared")
    func app(_ version: String, _ sql: String) throws -> AppPolicy {
      directory.write(
        BundleReviewTests.manifest.replacing("VERSION", with: version), to: "\(version)/locara.yaml")
      directory.write(sql, to: "\(version)/schema.sql")
      let side = try ManifestLoader.load(
        "locara.yaml", from: try DirectoryTree(directory(version), name: version))
      // As it is read from a bundle, and from the record of what was agreed to.
      let policy = try Policy(json: try JSON(parsing: side.app.policy.canonicalBytes))
      #expect(policy == side.app.policy)
      return AppPolicy(id: side.app.id, policy: policy)
    }
    let first = try app("1.0.0", "CREATE TABLE notes (id INTEGER PRIMARY KEY, body TEXT) STRICT;\n")
    let plain = try app("2.0.0", "CREATE TABLE notes (id INTEGER PRIMARY KEY, body TEXT DEFAULT '') STRICT;\n")
    let gone = try app(
      "2.0.0",
      "CREATE TABLE notes (id INTEGER PRIMARY KEY, body TEXT DEFAULT '') STRICT;\n"
        + "-- locara: backfill notes.body = 'gone'\n")
    #expect(plain != gone && plain.policy.digest != gone.policy.digest)
    #expect(plain.policy.storage?.schema == gone.policy.storage?.schema)
    // The same version with another declaration is another policy.
    guard case .refuse = Consent.demand(of: gone, given: Consent(app: plain), now: 0) else {
      Issue.record("the declaration is not seen")
      return
    }
    // And the text form keeps it.
    #expect(gone.text.contains("backfill"), "\(gone.text)")
    #expect(try AppPolicy(text: gone.text) == gone)
    #expect(try Consent(json: Consent(app: gone).json).app == gone)
    #expect(first.id.version == "1.0.0")
  }

  /// What the policy says and what the script does have to agree.
  @Test func aBundleWhoseScriptSaysMoreIsRefused() throws {
    let directory = TemporaryDirectory("script")
    let place = directory.copy(Locations.fixture("diff/schema-table-renamed/after"), to: "app")
    try directory.build(place, to: "honest")
    _ = try ReviewSource(directory("honest.locapp"))
    try directory.build(place, to: "forged", adding: "-- locara: backfill memos.body = 'gone'\n")
    let failure = #expect(throws: Failure.self) { _ = try ReviewSource(directory("forged.locapp")) }
    #expect(failure?.code == "LP007", "\(failure?.description ?? "accepted")")
  }

  private static let manifest = """
    schema: locara/v1
    name: notes
    publisher: acme
    version: VERSION
    displayName: Notes
    description: Notes that stay here.
    license: Apache-2.0
    category: productivity
    capabilities: {fs: {app-data: read-write}}
    storage: {schema: schema.sql}
    entry: {command: [python3, main.py]}
    """
}

extension TemporaryDirectory {
  /// A bundle of the compiled manifest at `place`, with nothing in its payload.
  fileprivate func build(_ place: String, to name: String, adding declaration: String = "") throws {
    let compilation = try Compilation(manifest: "\(place)/locara.yaml")
    let app = try #require(compilation.app, "\(compilation.diagnostics)")
    var writer = BundleWriter(
      BundleConfiguration(
        publisher: app.id.publisher, name: app.id.name, version: app.id.version, displayName: "Notes",
        compiler: "locara 0", fullyLocal: true, hermetic: false))
    for artifact in try compilation.artifacts() {
      let bytes = artifact.kind == .schema ? artifact.bytes + Array(declaration.utf8) : artifact.bytes
      try writer.add(artifact.kind, bytes)
    }
    try writer.setPayload([])
    _ = try writer.write(to: self("\(name).locapp"))
  }
}

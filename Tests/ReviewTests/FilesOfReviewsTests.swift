import PolicyIR
import Reports
import Review
import SystemIO
import TestSupport
import Testing

/// Which files count in a review: what a manifest names, wherever it lies, and nothing that only looks like one.
@Suite struct FilesOfReviewsTests {
  private let directory = TemporaryDirectory("files")

  private func manifest(_ name: String = "notes", _ rest: String = "") -> String {
    """
    schema: locara/v1
    name: \(name)
    publisher: acme
    version: 0.1.0
    displayName: Notes
    description: Notes that stay here.
    license: Apache-2.0
    category: productivity
    entry: {command: [python3, main.py]}
    \(rest)

    """
  }

  private func entries() throws -> [ChangeReport.Entry] {
    try Reviewer.review(
      .tree(try DirectoryTree(directory("before"), name: "before")),
      .tree(try DirectoryTree(directory("after"), name: "after")))
  }

  private func git(_ arguments: String...) {
    let outcome = run(
      ["git", "-c", "user.name=t", "-c", "user.email=t@example.com", "-c", "commit.gpgsign=false"] + arguments,
      in: directory.path)
    #expect(outcome.status == 0, "\(outcome)")
  }

  /// A column is dropped in a schema that has an odd name, is hidden, or lies where another app does.
  @Test(arguments: ["db/schema.ddl", ".db/schema.sql", "sub/schema.sql"])
  func aSchemaCountsWhereverItLies(path: String) throws {
    for (side, column) in [("before", ", b TEXT"), ("after", "")] {
      directory.write(
        manifest("notes", "capabilities: {fs: {app-data: read-write}}\nstorage: {schema: \(path)}"),
        to: "\(side)/locara.yaml")
      directory.write(manifest("other"), to: "\(side)/sub/locara.yaml")
      directory.write(
        (column.isEmpty ? "-- locara: allow drop column a.b\n" : "")
          + "CREATE TABLE a (id INTEGER PRIMARY KEY\(column)) STRICT;\n",
        to: "\(side)/\(path)")
    }
    let entries = try entries()
    #expect(entries.map(\.name) == ["locara.yaml"])
    #expect(entries.first?.comparison?.changes.contains { $0.rule == .schemaLossy } == true, "\(entries)")
  }

  @Test func aKeyThatIsSpeltByEscapesNamesASchemaToo() throws {
    for (side, column) in [("before", ", b TEXT"), ("after", "")] {
      directory.write(
        manifest("notes", "capabilities: {fs: {app-data: read-write}}\n\"st\\x6frage\": {schema: s.sql}"),
        to: "\(side)/locara.yaml")
      directory.write("CREATE TABLE a (id INTEGER PRIMARY KEY\(column)) STRICT;\n", to: "\(side)/s.sql")
    }
    #expect(try entries().count == 1)
  }

  /// A link in the place of a manifest is neither its target nor nothing.
  @Test func aLinkedManifestIsAnErrorOnEveryWay() throws {
    for side in ["before", "after"] { directory.write(manifest(), to: "\(side)/locara.yaml") }
    git("init", "-q", "-b", "main")
    git("add", "-A")
    git("commit", "-q", "-m", "first")
    directory.write(manifest("notes", "capabilities: {net: true}"), to: "after/wide.yaml")
    #expect(run(["ln", "-sf", "wide.yaml", directory("after/locara.yaml")]).status == 0)
    func failed(_ entries: [ChangeReport.Entry], _ name: String) {
      #expect(entries.map(\.name) == [name])
      guard case .failed(_, let problem) = entries.first?.outcome else {
        Issue.record("compared: \(entries)")
        return
      }
      #expect(problem.contains("LP006"), "\(problem)")
    }
    failed(try entries(), "locara.yaml")
    failed(try WorkTreeReview.entries(base: "HEAD", path: directory.path), "after/locara.yaml")
    git("add", "-A")
    git("commit", "-q", "-m", "second")
    failed(try WorkTreeReview.entries(base: "HEAD~", path: directory.path), "after/locara.yaml")
    for suffix in ["", ":after"] {
      let entries = try Reviewer.review(
        try ReviewSource("git:HEAD~\(suffix)", directory: directory.path),
        try ReviewSource("git:HEAD\(suffix)", directory: directory.path))
      failed(entries, suffix == ":after" ? "locara.yaml" : "after/locara.yaml")
    }
    // Whoever names the one file hears of it at once.
    let alone = #expect(throws: Failure.self) {
      try Reviewer.review(
        try ReviewSource("git:HEAD~:after/locara.yaml", directory: directory.path),
        try ReviewSource("git:HEAD:after/locara.yaml", directory: directory.path))
    }
    #expect(alone?.code == "LP006")
    // An app that is new as a link, and one whose link goes nowhere.
    directory.write(manifest(), to: "before/x")
    #expect(run(["ln", "-sf", "nowhere", directory("after/locara.yaml")]).status == 0)
    failed(try entries(), "locara.yaml")
    #expect(run(["rm", directory("before/locara.yaml")]).status == 0)
    failed(try entries(), "locara.yaml")
    // Whoever names a link by its name means its target.
    #expect(run(["ln", "-sf", "wide.yaml", directory("after/locara.yaml")]).status == 0)
    directory.write(manifest(), to: "before/locara.yaml")
    let named = try Reviewer.review(
      try ReviewSource(directory("before/locara.yaml")), try ReviewSource(directory("after/locara.yaml")))
    #expect(named.first?.comparison?.direction == .widening)
  }

  @Test func hiddenDirectoriesCountInGitAndOutsideOfItAlike() throws {
    directory.write(manifest(), to: ".hidden/locara.yaml")
    git("init", "-q", "-b", "main")
    git("add", "-A")
    git("commit", "-q", "-m", "first")
    let entries = try Reviewer.review(
      try ReviewSource("git:HEAD", directory: directory.path), try ReviewSource(directory.path))
    #expect(entries.isEmpty, "\(entries)")
  }

  /// Two directories whose names differ only in how an `ü` is spelt are two directories.
  @Test func namesAreToldApartByTheirBytes() throws {
    let names = ["\u{FC}", "u\u{308}"]
    for name in names { directory.write(manifest("notes"), to: "\(name)/locara.yaml") }
    git("init", "-q", "-b", "main")
    git("config", "core.precomposeunicode", "false")
    git("add", "-A")
    git("commit", "-q", "-m", "first")
    for name in names {
      directory.write(manifest("notes", "capabilities: {net: true}"), to: "\(name)/locara.yaml")
    }
    let work = try WorkTreeReview.entries(base: "HEAD", path: directory.path)
    #expect(work.count == 2 && work.allSatisfy { $0.comparison?.direction == .widening }, "\(work)")
    for name in names {
      let one = try WorkTreeReview.entries(base: "HEAD", path: directory(name))
      #expect(one.count == 1 && one.first?.comparison?.direction == .widening, "\(one)")
    }
    // One here and the other there: an app moved, and both are read.
    let (left, right) = (TemporaryDirectory("left"), TemporaryDirectory("right"))
    left.write(manifest(), to: "\(names[0])/locara.yaml")
    right.write(manifest("notes", "capabilities: {net: true}"), to: "\(names[1])/locara.yaml")
    let moved = try Reviewer.review(
      .tree(try DirectoryTree(left.path, name: "left")), .tree(try DirectoryTree(right.path, name: "right")))
    #expect(moved.count == 1 && moved.first?.comparison?.direction == .widening, "\(moved)")
  }

  @Test func nothingToCompareIsAnError() throws {
    directory.write("no manifest\n", to: "before/README")
    directory.write("no manifest\n", to: "after/README")
    #expect(throws: Failure.self) { try entries() }
    directory.write(manifest(), to: "apps/locara.yaml")
    git("init", "-q", "-b", "main")
    git("add", "-A")
    git("commit", "-q", "-m", "first")
    #expect(try WorkTreeReview.entries(base: "HEAD", path: directory.path).isEmpty)
    let typo = run([Locations.locara, "diff", "--git", "HEAD", "typo"], in: directory.path)
    #expect(typo.status == 65 && typo.errors.contains("LP005"), "\(typo)")
    let empty = run([Locations.locara, "diff", directory("before"), directory("after")])
    #expect(empty.status == 65 && empty.errors.contains("LP005"), "\(empty)")
  }
}

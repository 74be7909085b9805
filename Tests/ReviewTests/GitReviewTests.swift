import PolicyIR
import Reports
import Review
import SystemIO
import TestSupport
import Testing

/// Reviews against revisions, in repositories that the tests make.
@Suite struct GitReviewTests {
  private struct Repository {
    let directory = TemporaryDirectory("git")
    var root: String { directory.path }

    init() { git("init", "-q", "-b", "main") }

    @discardableResult func git(_ arguments: String...) -> Outcome {
      let outcome = run(
        ["git", "-c", "user.name=t", "-c", "user.email=t@example.com", "-c", "commit.gpgsign=false"] + arguments,
        in: root)
      #expect(outcome.status == 0, "\(outcome)")
      return outcome
    }

    func commit(_ message: String) {
      git("add", "-A")
      git("commit", "-q", "-m", message)
    }

    func put(_ pair: String, _ side: String, at path: String) throws {
      let bytes = try #require(contents(of: Locations.fixture("diff/\(pair)/\(side)/locara.yaml")))
      _ = run(["mkdir", "-p", "\(root)/\(path)"])
      directory.write(bytes, to: "\(path)/locara.yaml")
    }
  }

  @Test func theWorkTreeAgainstARevision() throws {
    let repository = Repository()
    try repository.put("host-added", "before", at: "apps/a")
    try repository.put("only-prose", "before", at: "apps/b")
    repository.commit("first")
    #expect(try WorkTreeReview.entries(base: "HEAD", path: repository.root).isEmpty)
    try repository.put("host-added", "after", at: "apps/a")
    try repository.put("only-prose", "after", at: "apps/b")
    try repository.put("another-app", "after", at: "apps/new")
    let before = repository.git("status", "--porcelain").output
    let entries = try WorkTreeReview.entries(base: "HEAD", path: repository.root)
    #expect(entries.map(\.name) == ["apps/a/locara.yaml", "apps/new/locara.yaml"])
    #expect(entries.first?.comparison?.direction == .widening)
    #expect(entries.last?.comparison?.before == nil)
    #expect(repository.git("status", "--porcelain").output == before)
    // Limited to a path, and to one manifest.
    #expect(try WorkTreeReview.entries(base: "HEAD", path: "\(repository.root)/apps/a").count == 1)
    #expect(try WorkTreeReview.entries(base: "HEAD", path: "\(repository.root)/apps/a/locara.yaml").count == 1)
  }

  @Test func renamedAndDeletedManifests() throws {
    let repository = Repository()
    try repository.put("host-added", "before", at: "old")
    try repository.put("another-app", "after", at: "gone")
    repository.commit("first")
    _ = run(["rm", "-r", "\(repository.root)/old", "\(repository.root)/gone"])
    try repository.put("host-added", "after", at: "new/place")
    let entries = try WorkTreeReview.entries(base: "main", path: repository.root)
    #expect(entries.map(\.name) == ["gone/locara.yaml", "new/place/locara.yaml"])
    #expect(entries[0].comparison?.after == nil)
    #expect(entries[0].comparison?.direction == .narrowing)
    #expect(entries[1].renamedFrom == "old/locara.yaml")
    #expect(entries[1].comparison?.direction == .widening)
  }

  @Test func revisionsAndPathsInThem() throws {
    let repository = Repository()
    try repository.put("host-added", "before", at: "a b/ü")
    repository.commit("first")
    try repository.put("host-added", "after", at: "a b/ü")
    repository.commit("second")
    for suffix in ["", ":a b/ü/locara.yaml", ":a b", ":a b/ü/"] {
      let entries = try Reviewer.review(
        try ReviewSource("git:HEAD~1\(suffix)", directory: repository.root),
        try ReviewSource("git:HEAD\(suffix)", directory: repository.root))
      #expect(entries.count == 1)
      #expect(entries.first?.comparison?.direction == .widening, "\(suffix)")
    }
  }

  @Test func whatDoesNotExistIsSaid() throws {
    let repository = Repository()
    try repository.put("host-added", "before", at: "a")
    repository.commit("first")
    func code(_ name: String, _ directory: String) -> String? {
      do throws(Failure) {
        _ = try ReviewSource(name, directory: directory)
        return nil
      } catch { return error.code }
    }
    #expect(code("git:nowhere", repository.root) == "LP003")
    #expect(code("git:--output=x", repository.root) == "LP003")
    #expect(code("git:HEAD:nowhere", repository.root) == "LP005")
    #expect(code("git:HEAD", "/") == "LP002")
    #expect(code("sha256:" + String(repeating: "0", count: 64), "/") == "LP005")
    #expect(code("/nowhere.locapp", "/") != nil)
  }

  @Test func aManifestThatDoesNotCompileStopsNoOther() throws {
    let repository = Repository()
    try repository.put("host-added", "before", at: "a")
    try repository.put("second-side-does-not-compile", "before", at: "b")
    repository.commit("first")
    try repository.put("host-added", "after", at: "a")
    try repository.put("second-side-does-not-compile", "after", at: "b")
    let entries = try WorkTreeReview.entries(base: "HEAD", path: repository.root)
    #expect(entries.count == 2)
    #expect(entries[0].comparison != nil)
    #expect(entries[1].comparison == nil)
  }

  /// The commands of `spec/ci.md`, and git's own output after `locara git install`.
  @Test func gitShowsPolicies() throws {
    let repository = Repository()
    try repository.put("host-added", "before", at: "a")
    repository.commit("first")
    try repository.put("host-added", "after", at: "a")
    let installed = run([Locations.locara, "git", "install", "--program", Locations.locara], in: repository.root)
    #expect(installed.status == 0, "\(installed)")
    #expect(repository.git("status", "--porcelain").output == " M a/locara.yaml\n")
    let shown = repository.git("--no-pager", "diff").output
    #expect(shown.contains("+  connect      api.example.com"), "\(shown)")
    #expect(shown.contains("-  fully-local  yes"), "\(shown)")
    repository.commit("second")
    #expect(repository.git("--no-pager", "log", "-p", "-1").output.contains("+  fully-local  no"))
    // A second time changes nothing.
    _ = run([Locations.locara, "git", "install", "--program", Locations.locara], in: repository.root)
    let attributes = contents(of: "\(repository.root)/.git/info/attributes").map { String(decoding: $0, as: UTF8.self) }
    #expect(attributes?.split(separator: "\n").count { $0 == "locara.yaml diff=locara" } == 1)
  }

  @Test(arguments: [
    ("host-added", [String](), Int32(2)), ("host-removed", [], 0), ("host-removed", ["--fail-on", "any"], 2),
    ("host-added", ["--fail-on", "none"], 0), ("limit-raised", ["--min-severity", "high"], 0), ("identical", [], 0),
    ("second-side-does-not-compile", [], 65), ("host-added", ["--fail-on", "sometimes"], 64),
  ])
  func exitCodes(pair: String, options: [String], code: Int32) {
    let root = Locations.fixture("diff/\(pair)")
    let outcome = run([Locations.locara, "diff", "\(root)/before", "\(root)/after"] + options)
    #expect(outcome.status == code, "\(outcome)")
  }

  @Test func operationalErrorsAndUsage() {
    #expect(run([Locations.locara, "diff"]).status == 64)
    #expect(run([Locations.locara, "diff", "--git", "nowhere", "/"]).status == 1)
    #expect(run([Locations.locara, "diff", "git:nowhere", "git:HEAD"], in: Locations.repository).status == 1)
  }
}

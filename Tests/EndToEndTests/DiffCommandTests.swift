import TestSupport
import Testing

/// `diff` between files and in a repository, and `git install`: what they say, and that they touch nothing.
@Suite struct DiffCommandTests {
  static let closed = BadManifestTests.good
  /// The next version, which may use the network.
  static let open = closed.replacing("0.1.0", with: "0.2.0") + "capabilities: {net: true}\n"

  struct Sides {
    var world = World("diff")
    var closed: String
    var open: String

    init() {
      world.directory.write("a program\n", to: "closed/bin/small")
      world.directory.write("a program\n", to: "open/bin/small")
      closed = world.directory.write(DiffCommandTests.closed, to: "closed/locara.yaml")
      open = world.directory.write(DiffCommandTests.open, to: "open/locara.yaml")
    }
  }

  @Test func exitsByWhatChanged() {
    let sides = Sides()
    let world = sides.world
    func status(_ words: String...) -> Int32 { world.locara(["diff"] + words).status }
    #expect(status(sides.closed, sides.closed) == 0)
    #expect(status(sides.closed, sides.open) == 2)
    #expect(status(sides.open, sides.closed) == 0, "a narrowing")
    #expect(status(sides.open, sides.closed, "--fail-on", "any") == 2)
    #expect(status(sides.closed, sides.open, "--fail-on", "none") == 0)
    #expect(status(sides.closed) == 64)
    #expect(status() == 64)
    #expect(status(sides.closed, sides.open, "--format", "pdf") == 64)
    #expect(status("--git", "HEAD", sides.closed, sides.open) == 64)
    expectRefused(
      world.locara("diff", sides.closed, world.directory("nowhere.yaml")), status: 65, naming: ["nowhere.yaml"])
    let bad = world.directory.write(CheckCommandTests.misspelt, to: "bad/locara.yaml")
    let unreadable = world.locara("diff", sides.closed, bad)
    #expect(unreadable.status == 65 && unreadable.everything.contains("LM001"), "\(unreadable)")
    expectNoTrace(unreadable)
  }

  @Test(arguments: [
    ("text", "can do something new"), ("markdown", "## Policy review"), ("json", "\"apps\""), ("sarif", "\"2.1.0\""),
    ("github", "::error file="), ("html", "<!DOCTYPE html>"),
  ])
  func saysItInEveryFormat(format: String, sign: String) throws {
    let sides = Sides()
    let outcome = sides.world.locara("diff", sides.closed, sides.open, "--format", format)
    #expect(outcome.status == 2, "\(outcome)")
    #expect(outcome.output.contains(sign) && outcome.output.contains("connect"), "\(outcome)")
    expectNoTrace(outcome)
    // The same bytes again, and the same bytes in a file.
    let output = sides.world.directory("report")
    let written = sides.world.locara("diff", sides.closed, sides.open, "--format", format, "-o", output)
    #expect(written.status == 2 && written.output == "", "\(written)")
    #expect(contents(of: output) == outcome.bytes)
    if ["json", "sarif"].contains(format) {
      let valid = run(["/usr/bin/python3", "-c", "import json, sys; json.load(sys.stdin)"], input: outcome.bytes)
      #expect(valid.status == 0, "\(valid)")
    }
  }

  /// A scratch repository with the closed manifest committed and the open one in its work tree.
  struct Repository {
    var world = World("repository")
    var path: String { world.directory("repository") }

    init() throws {
      world.directory.write("a program\n", to: "repository/bin/small")
      world.directory.write(DiffCommandTests.closed, to: "repository/locara.yaml")
      for words in [["init", "-q", "-b", "main"], ["add", "-A"], ["commit", "-q", "-m", "closed"]] {
        expectSuccess(git(words))
      }
      world.directory.write(DiffCommandTests.open, to: "repository/locara.yaml")
    }

    func git(_ words: [String], environment: [String: String?] = [:]) -> Outcome {
      world.command(
        ["git", "-c", "user.name=A", "-c", "user.email=a@example.com"] + words, in: path, environment: environment)
    }

    /// Everything outside of git's own directory, and what git makes of it.
    var state: [String] {
      entries(below: path).filter { !$0.hasPrefix(".git") }
        .map { "\($0) \(contents(of: "\(path)/\($0)") ?? [])" } + [git(["status", "--porcelain"]).output]
    }
  }

  @Test func comparesTheWorkTreeWithARevision() throws {
    let repository = try Repository()
    let before = repository.state
    let outcome = repository.world.locara("diff", "--git", "HEAD", in: repository.path)
    #expect(outcome.status == 2 && outcome.output.contains("acme/small"), "\(outcome)")
    #expect(outcome.output.contains("connect"), "\(outcome)")
    let revision = repository.world.locara("diff", "git:HEAD:locara.yaml", "locara.yaml", in: repository.path)
    #expect(revision.status == 2, "\(revision)")
    #expect(repository.state == before)
    expectSuccess(repository.git(["add", "-A"]))
    expectSuccess(repository.git(["commit", "-q", "-m", "open"]))
    expectSuccess(repository.world.locara("diff", "--git", "HEAD", in: repository.path))
    #expect(repository.world.locara("diff", "--git", "HEAD~1", in: repository.path).status == 2)
  }

  @Test func namesWhatGitDoesNotHave() throws {
    let repository = try Repository()
    let before = repository.state
    let outcome = repository.world.locara("diff", "--git", "nowhere", in: repository.path)
    #expect(outcome.errors.contains("`nowhere`"), "\(outcome)")
    expectRefused(outcome, status: 1, codes: ["LP003"])
    let option = repository.world.locara("diff", "--git=--output=/tmp/x", in: repository.path)
    expectRefused(option, status: 1, codes: ["LP003"])
    #expect(repository.state == before)
    // Outside of any repository.
    expectRefused(
      repository.world.locara("diff", "--git", "HEAD", in: repository.world.home), status: 1, codes: ["LP002"])
  }

  @Test func installsInThisCloneOnly() throws {
    let repository = try Repository()
    let before = repository.state
    for _ in 0..<2 {
      expectSuccess(
        repository.world.locara("git", "install", "--program", Locations.locara, in: repository.path))
    }
    #expect(repository.state == before)
    #expect(contents(of: repository.world.directory("home/.gitconfig")) == nil)
    // Twice is once.
    let attributes = String(decoding: contents(of: "\(repository.path)/.git/info/attributes") ?? [], as: UTF8.self)
    #expect(attributes == "locara.yaml diff=locara\nlocara.lock.json merge=locara-lock\n")
    let shown = repository.git(["diff"])
    expectSuccess(shown)
    #expect(shown.output.contains("-  fully-local  yes") && shown.output.contains("+  fully-local  no"), "\(shown)")
    expectRefused(repository.world.locara("git", "install", in: repository.world.home), status: 1, codes: ["LP002"])
  }
}

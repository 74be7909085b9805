import TestSupport
import Testing

/// What `diff` is given: bundles, digests of the store, directories, revisions, and whatever is wrong with them.
@Suite struct ReviewInputTests {
  private let world = World("review")

  private func write(_ text: String, to path: String) -> String { world.directory.write(text, to: path) }

  /// A manifest of another name, so that two are told apart.
  private func named(_ name: String, _ text: String = DiffCommandTests.closed) -> String {
    text.replacing("name: small", with: "name: \(name)")
  }

  // MARK: Bundles

  @Test func bundlesAndDigestsOfTheStore() throws {
    let built = Hello.built
    expectSuccess(built.outcome)
    let manifest = "\(built.world.directory("hello-c"))/locara.yaml"
    // The bundle carries the policy of its manifest, with the places that grant.
    expectSuccess(built.world.locara("diff", manifest, built.bundle, "--fail-on", "any"))
    let open = try #require(contents(of: manifest).map { String(decoding: $0, as: UTF8.self) })
      .replacing("net: false", with: "net: true").replacing("0.1.0", with: "0.2.0")
    let statements = try #require(open.firstRange(of: "tests:"))
    built.world.directory.write(String(open[..<statements.lowerBound]), to: "open/locara.yaml")
    let wider = built.world.locara("diff", built.bundle, built.world.directory("open/locara.yaml"))
    #expect(wider.status == 2 && wider.output.contains("now allowed: connect tcp example.com:443"), "\(wider)")
    // What a test of either side says is flipped comes before the changes.
    let flip = try #require(wider.output.firstRange(of: "no longer holds"), "\(wider)")
    let change = try #require(wider.output.firstRange(of: "now allowed:"))
    #expect(flip.lowerBound < change.lowerBound)

    // The store has the bundle once it ran.
    expectSuccess(Hello.run("greet"))
    let listed = built.world.locara("store", "list")
    let digest = try #require(
      listed.everything.firstMatch(of: /sha256:[0-9a-f]{64}/).map { String($0.output) }, "\(listed)")
    for name in [digest, String(digest.dropFirst("sha256:".count))] {
      expectSuccess(built.world.locara("diff", name, built.bundle, "--fail-on", "any"))
      #expect(built.world.locara("diff", name, built.world.directory("open/locara.yaml")).status == 2)
    }
    expectRefused(
      world.locara("diff", "sha256:" + String(repeating: "0", count: 64), built.bundle), status: 65, codes: ["LP005"])
  }

  @Test func aBundleWithABrokenDigest() throws {
    let built = Hello.built
    var bytes = try #require(contents(of: built.bundle))
    // One bit of the policy, which lies in the archive as it is.
    let policy = Array("\"format\":\"locara-policy/1\"".utf8)
    let start = try #require(bytes.firstRange(of: policy)?.lowerBound)
    bytes[start + policy.count - 2] ^= 1
    let broken = world.directory.write(bytes, to: "broken.locapp")
    for sides in [[built.bundle, broken], [broken, built.bundle]] {
      let outcome = world.locara(["diff"] + sides)
      expectRefused(outcome, status: 65, naming: ["broken.locapp"])
      #expect(outcome.errors.contains("sha256") || outcome.errors.contains("digest"), "\(outcome)")
      #expect(outcome.output == "")
    }
  }

  // MARK: Directories

  @Test func oneThatDoesNotCompileStopsNoOther() {
    _ = write(named("one"), to: "before/one/locara.yaml")
    _ = write(named("two"), to: "before/two/locara.yaml")
    _ = write(named("one", DiffCommandTests.open), to: "after/one/locara.yaml")
    _ = write(CheckCommandTests.misspelt, to: "after/two/locara.yaml")
    let outcome = world.locara("diff", world.directory("before"), world.directory("after"))
    #expect(outcome.status == 65, "\(outcome)")
    #expect(outcome.output.contains("two/locara.yaml: the second side could not be read"), "\(outcome)")
    #expect(outcome.output.contains("LM001") && outcome.output.contains("now allowed: connect"), "\(outcome)")
    #expect(outcome.output.hasPrefix("1 app compared, 1 can do something new, 1 could not be compared\n"), "\(outcome)")
    expectNoTrace(outcome)
  }

  @Test func twoAppsOfOtherNames() {
    let one = write(named("one"), to: "one.yaml")
    let two = write(named("two", DiffCommandTests.open), to: "two.yaml")
    let outcome = world.locara("diff", one, two)
    #expect(outcome.status == 2, "\(outcome)")
    #expect(outcome.output.contains("acme/one@0.1.0 -> acme/two@0.2.0"), "\(outcome)")
    #expect(outcome.output.contains("LP192") && outcome.output.contains("now allowed: connect"), "\(outcome)")
  }

  /// Long manifests cost what they are long.
  @Test func tenThousandLines() {
    func text(_ base: String, _ last: String) -> String {
      let hosts = (0..<10_000).map { "      - h\($0).example.com\n" }.joined()
      return base + "capabilities:\n  net:\n    allowed_hosts:\n" + hosts + "      - \(last)\n"
    }
    let before = write(text(DiffCommandTests.closed, "one.example.org"), to: "before/locara.yaml")
    let after = write(
      text(DiffCommandTests.closed.replacing("0.1.0", with: "0.2.0"), "two.example.org"), to: "after/locara.yaml")
    let outcome = world.locara("diff", before, after)
    // More entries than a list may have, which is refused without taking minutes over them.
    #expect(outcome.status == 65 && outcome.output.contains("LM006"), "\(outcome)")
    #expect(outcome.seconds < 20, "\(outcome)")
    expectNoTrace(outcome)
    let long = write(DiffCommandTests.closed + (0..<10_000).map { "# line \($0)\n" }.joined(), to: "long/locara.yaml")
    let open = write(DiffCommandTests.open, to: "open/locara.yaml")
    let other = world.locara("diff", long, open)
    #expect(other.status == 2 && other.output.contains("now allowed: connect"), "\(other)")
    #expect(world.locara("diff", open, long).status == 0)
  }

  // MARK: Revisions

  @Test func deletedAndRenamedManifests() throws {
    let repository = try DiffCommandTests.Repository()
    let place = repository.path
    repository.world.directory.write(named("gone"), to: "repository/gone/locara.yaml")
    repository.world.directory.write(named("moved"), to: "repository/old/locara.yaml")
    expectSuccess(repository.git(["checkout", "-q", "--", "locara.yaml"]))
    expectSuccess(repository.git(["add", "-A"]))
    expectSuccess(repository.git(["commit", "-q", "-m", "three"]))
    _ = run(["rm", "-r", "\(place)/gone", "\(place)/old"])
    repository.world.directory.write(named("moved", DiffCommandTests.open), to: "repository/new/place/locara.yaml")
    let outcome = repository.world.locara("diff", "--git", "HEAD", in: place)
    #expect(outcome.status == 2, "\(outcome)")
    #expect(outcome.output.contains("the app is gone"), "\(outcome)")
    #expect(outcome.output.contains("new/place/locara.yaml, renamed from old/locara.yaml"), "\(outcome)")
    // A path that is gone can still be named.
    let gone = repository.world.locara("diff", "--git", "HEAD", "gone", in: place)
    #expect(gone.status == 0 || gone.errors.contains("gone"), "\(gone)")
    // Both as revisions, and as one path in them.
    expectSuccess(repository.git(["add", "-A"]))
    expectSuccess(repository.git(["commit", "-q", "-m", "moved"]))
    #expect(repository.world.locara("diff", "git:HEAD~1", "git:HEAD", in: place).status == 2)
    let paths = repository.world.locara(
      "diff", "git:HEAD~1:old/locara.yaml", "git:HEAD:new/place/locara.yaml", in: place)
    #expect(paths.status == 2 && paths.output.contains("now allowed: connect"), "\(paths)")
    expectRefused(
      repository.world.locara("diff", "git:HEAD:nowhere", "git:HEAD", in: place), status: 65, codes: ["LP005"])
    expectRefused(repository.world.locara("diff", "git:nowhere", "git:HEAD", in: place), status: 1, codes: ["LP003"])
  }

  @Test func gitShowsThePolicyOfEachCommit() throws {
    let repository = try DiffCommandTests.Repository()
    expectSuccess(
      repository.world.locara("git", "install", "--program", Locations.locara, in: repository.path))
    let before = repository.state
    let shown = repository.git(["diff"])
    #expect(shown.output.contains("+  fully-local  no"), "\(shown)")
    #expect(repository.state == before)
    expectSuccess(repository.git(["commit", "-q", "-a", "-m", "open"]))
    let log = repository.git(["log", "-p", "-1"])
    #expect(log.output.contains("-  fully-local  yes") && log.output.contains("+  connect "), "\(log)")
    // A manifest that does not compile is still shown, and says so.
    repository.world.directory.write(CheckCommandTests.misspelt, to: "repository/locara.yaml")
    let wrong = repository.git(["diff"])
    #expect(wrong.output.contains("+# policy: none, the manifest does not compile"), "\(wrong)")
  }

  // MARK: Approvals

  @Test func unknownFingerprintsAreReported() {
    let before = write(DiffCommandTests.closed, to: "before/locara.yaml")
    let after = write(DiffCommandTests.open, to: "after/locara.yaml")
    let approvals = write(
      """
      approvals:
        - fingerprint: 0123456789abcdef
          rule: LP104
          reason: nobody knows
          approved-by: ada@example.com

      """, to: "locara.approvals.yaml")
    // It is found by its name, and by being named.
    for words in [["diff", before, after], ["diff", before, after, "--approvals", approvals]] {
      let outcome = world.locara(words)
      #expect(outcome.status == 2, "\(outcome)")
      let line = outcome.output.split(separator: "\n").map { $0.trimmingPrefix { $0 == " " } }.joined(separator: " ")
      #expect(line.contains("approval 0123456789abcdef (LP104) is for no change that is here"), "\(outcome)")
    }
    _ = write("approvals: 3\n", to: "locara.approvals.yaml")
    expectRefused(world.locara("diff", before, after), status: 65, codes: ["LP008"])
  }
}

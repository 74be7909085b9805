import Foundation
import Glibc
import TestSupport
import Testing

/// Bundles in registries and directories, through the command line and a real registry.
@Suite(.enabled(if: RegistryServer.isExpected, Comment(rawValue: RegistryServer.reason)), .serialized)
struct RegistryTests {
  let server = RegistryServer()
  let world = World("registry")
  let bundle: String
  var host: String { server.host }

  init() throws {
    bundle = world.directory.copy(Hello.built.bundle, to: "hello.locapp")
    expectSuccess(world.locara("key", "new", "-o", "release"))
    expectSuccess(world.locara("sign", bundle, "--key", "release.key"))
  }

  private func digest() throws -> String {
    String(try #require(Hello.built.outcome.output.firstMatch(of: /sha256:[0-9a-f]{64}/)).output)
  }

  @Test func aBundleComesBackByteByByte() throws {
    for (index, place) in ["oci:\(host)/acme/hello", "dir:published"].enumerated() {
      let pushed = world.locara("push", bundle, place)
      expectSuccess(pushed)
      #expect(pushed.output == "\(place):0.1.0@\(try digest())\n", "\(pushed)")
      // Once more changes nothing.
      #expect(world.locara("push", bundle, place).output == pushed.output)
      let pulled = world.locara("pull", "\(place):0.1.0", "-o", "back\(index).locapp")
      expectSuccess(pulled)
      #expect(contents(of: world.directory("back\(index).locapp")) == contents(of: bundle))
      #expect(
        contents(of: world.directory("back\(index).locapp.dsse.json")) == contents(of: "\(bundle).dsse.json"))
      expectSuccess(world.locara("verify", "back\(index).locapp", "--key", "release.pub"))
      // By digest, under the name that it gives itself.
      let byDigest = world.locara("pull", "\(place)@\(try digest())")
      expectSuccess(byDigest)
      #expect(contents(of: world.directory("hello-c-0.1.0.locapp")) == contents(of: bundle))
    }
  }

  @Test func withoutAReferenceItGoesIntoTheUsersDirectory() throws {
    let pushed = world.locara("push", bundle)
    expectSuccess(pushed)
    #expect(pushed.output.hasPrefix("dir:\(world.data)/locara/published/acme/hello-c:0.1.0@sha256:"), "\(pushed)")
    expectSuccess(world.locara("pull", String(pushed.output.dropLast()), "-o", "back.locapp"))
  }

  @Test func skopeoKeepsTheDigest() throws {
    expectSuccess(world.locara("push", bundle, "oci:\(host)/skopeo:1"))
    let there = world.command([
      "skopeo", "inspect", "--raw", "--tls-verify=false", "docker://\(host)/skopeo:1",
    ])
    expectSuccess(there)
    // From the registry by skopeo, back by us; and the other way round.
    expectSuccess(
      world.command(["skopeo", "copy", "--src-tls-verify=false", "docker://\(host)/skopeo:1", "oci:layout:1"]))
    expectSuccess(world.locara("pull", "dir:layout:1", "-o", "back.locapp"))
    #expect(contents(of: world.directory("back.locapp")) == contents(of: bundle))
    expectSuccess(
      world.command([
        "skopeo", "copy", "--dest-tls-verify=false", "oci-archive:hello.locapp", "docker://\(host)/theirs:1",
      ]))
    expectSuccess(world.locara("pull", "oci:\(host)/theirs@\(try digest())", "-o", "theirs.locapp"))
    #expect(contents(of: world.directory("theirs.locapp")) == contents(of: bundle))
  }

  @Test func copiesTakeTheirSignaturesAlong() throws {
    expectSuccess(world.locara("push", bundle, "oci:\(host)/first:1"))
    expectSuccess(world.locara("copy", "oci:\(host)/first:1", "oci:\(host)/second:2"))
    expectSuccess(world.locara("copy", "oci:\(host)/second:2", "dir:mirror"))
    expectSuccess(world.locara("copy", "dir:mirror:2", "oci:\(host)/third"))
    expectSuccess(world.locara("pull", "oci:\(host)/third:2", "-o", "back.locapp"))
    #expect(contents(of: world.directory("back.locapp")) == contents(of: bundle))
    expectSuccess(world.locara("verify", "back.locapp", "--key", "release.pub"))
    // A second signer adds a signature; the digest stays.
    expectSuccess(world.locara("key", "new", "-o", "second"))
    expectSuccess(world.locara("sign", "back.locapp", "--key", "second.key", "--form", "sigstore"))
    expectSuccess(world.locara("push", "back.locapp", "oci:\(host)/third:2"))
    expectSuccess(world.locara("pull", "oci:\(host)/third:2", "-o", "again.locapp"))
    expectSuccess(
      world.locara("verify", "again.locapp", "--key", "release.pub", "--key", "second.pub", "--threshold", "2"))
  }

  @Test func anAppRunsFromARegistry() throws {
    let pushed = world.locara("push", bundle, "oci:\(host)/run:1")
    let reference = String(pushed.output.dropLast())
    for place in ["oci:\(host)/run:1", reference] {
      let outcome = world.locara("run", place, "--", "greet")
      expectSuccess(outcome)
      #expect(outcome.output.contains("Hello"), "\(outcome)")
    }
    // By digest it needs no registry any more; by tag it does.
    server.stop()
    expectSuccess(world.locara("run", reference, "--", "greet"))
    let outcome = world.locara(
      ["run", "oci:\(host)/run:1", "--", "greet"], environment: ["LOCARA_HTTP_ATTEMPTS": "1"])
    expectRefused(outcome, status: 1, codes: ["LX021"])
  }

  @Test func tagsAreListedAndGiven() throws {
    expectSuccess(world.locara("push", bundle, "oci:\(host)/tags:1"))
    expectSuccess(world.locara("tag", "oci:\(host)/tags:1", "latest", "stable"))
    let list = world.locara("tag", "oci:\(host)/tags")
    expectSuccess(list)
    #expect(
      list.output.split(separator: "\n").filter { !$0.hasPrefix("sha256-") } == ["1", "latest", "stable"], "\(list)")
    expectSuccess(world.locara("pull", "oci:\(host)/tags", "-o", "latest.locapp"))
    #expect(world.locara("tag", "oci:\(host)/tags:1", "-x").status == 64)
    #expect(world.locara("tag", "oci:\(host)/Tags").status == 64)
  }

  @Test func whatIsNotThereIsSaidSo() {
    expectRefused(world.locara("pull", "oci:\(host)/none:1"), status: 65, codes: ["LB082"])
    expectRefused(world.locara("pull", "dir:none"), status: 65, codes: ["LB082"])
    expectRefused(world.locara("copy", "oci:\(host)/none:1", "dir:copy"), status: 65, codes: ["LB082"])
    let outcome = world.locara(
      ["pull", "oci:127.0.0.1:1/none:1"], environment: ["LOCARA_HTTP_ATTEMPTS": "1"])
    expectRefused(outcome, status: 1, codes: ["LX021"], naming: ["127.0.0.1:1"])
  }

  @Test func aTrustFileIsObeyed() throws {
    expectSuccess(world.locara("key", "new", "-o", "other"))
    expectSuccess(world.locara("push", bundle, "oci:\(host)/trusted:1"))
    world.directory.write("publishers: {acme: {keys: [other.pub]}}", to: "trust.yaml")
    expectRefused(
      world.locara("pull", "oci:\(host)/trusted:1", "-o", "back.locapp", "--trust", "trust.yaml"), status: 65,
      codes: ["LB022"])
    #expect(contents(of: world.directory("back.locapp")) == nil)
    // What was there before stays.
    world.directory.write("older", to: "back.locapp")
    expectRefused(
      world.locara("pull", "oci:\(host)/trusted:1", "-o", "back.locapp", "--trust", "trust.yaml"), status: 65,
      codes: ["LB022"])
    #expect(contents(of: world.directory("back.locapp")) == Array("older".utf8))
    world.directory.write("publishers: {acme: {keys: [release.pub]}}", to: "trust.yaml")
    expectSuccess(world.locara("pull", "oci:\(host)/trusted:1", "-o", "back.locapp", "--trust", "trust.yaml"))
  }

  @Test func credentialsComeFromTheUsualFiles() throws {
    // htpasswd -Bbn ada lovelace
    let made = world.command([
      "/usr/bin/python3", "-c",
      "import crypt; print('ada:' + crypt.crypt('lovelace', crypt.mksalt(crypt.METHOD_BLOWFISH, rounds=16)))",
    ])
    let server = RegistryServer(users: made.output)
    let place = "oci:\(server.host)/private:1"
    expectRefused(world.locara("push", bundle, place), status: 65, codes: ["LB085"])
    let login = world.command(
      ["skopeo", "login", "--tls-verify=false", "-u", "ada", "-p", "lovelace", server.host],
      environment: ["REGISTRY_AUTH_FILE": world.directory("auth.json")])
    expectSuccess(login)
    let file = ["REGISTRY_AUTH_FILE": world.directory("auth.json") as String?]
    expectSuccess(world.locara(["push", bundle, place], environment: file))
    expectSuccess(world.locara(["pull", place, "-o", "back.locapp"], environment: file))
    // The same in the place where docker keeps it.
    _ = world.command(["/bin/sh", "-c", "mkdir -p home/.docker && cp auth.json home/.docker/config.json"])
    expectSuccess(world.locara("tag", place, "2"))
    world.directory.write("{", to: "home/.docker/config.json")
    expectRefused(world.locara("tag", place), status: 65, codes: ["LB086"])
  }

  /// docker-credential-helpers: `docker-credential-NAME get`, the registry on standard input, an answer in JSON.
  @Test func credentialsComeFromHelpers() throws {
    let made = world.command([
      "/usr/bin/python3", "-c",
      "import crypt; print('ada:' + crypt.crypt('lovelace', crypt.mksalt(crypt.METHOD_BLOWFISH, rounds=16)))",
    ])
    let server = RegistryServer(users: made.output)
    let place = "oci:\(server.host)/private:1"
    // What the helper is asked is kept beside it.
    func helper(_ name: String, _ answer: String) {
      world.directory.writeProgram(
        "#!/bin/sh\n{ echo \"$@\"; cat; echo; } >> \"$HOME/asked\"\n\(answer)\n", to: "bin/docker-credential-\(name)")
    }
    func configure(_ json: String) { world.directory.write(json, to: "home/.docker/config.json") }
    let path: [String: String?] = ["PATH": "\(world.directory("bin")):/usr/bin:/bin"]
    func push() -> Outcome { world.locara(["push", bundle, place], environment: path) }
    let right = "echo '{\"ServerURL\":\"x\",\"Username\":\"ada\",\"Secret\":\"lovelace\"}'"

    helper("right", right)
    configure("{\"credHelpers\": {\"\(server.host)\": \"right\"}, \"credsStore\": \"none\"}")
    let pushed = push()
    expectSuccess(pushed)
    #expect(!pushed.everything.contains("lovelace"), "\(pushed)")
    // Once for all requests of the command, and about this registry.
    #expect(
      contents(of: world.directory("home/asked")).map { String(decoding: $0, as: UTF8.self) } == "get\n\(server.host)\n"
    )
    configure("{\"credsStore\": \"right\"}")
    expectSuccess(world.locara(["pull", place, "-o", "back.locapp"], environment: path))
    #expect(contents(of: world.directory("back.locapp")) == contents(of: bundle))

    // A helper that knows nothing leaves it to the entries; one that knows something wrong does not.
    helper("empty", "echo 'credentials not found in native keychain'; exit 1")
    let entry = Data("ada:lovelace".utf8).base64EncodedString()
    configure("{\"credsStore\": \"empty\", \"auths\": {\"\(server.host)\": {\"auth\": \"\(entry)\"}}}")
    expectSuccess(world.locara(["tag", place, "2"], environment: path))
    configure("{\"credsStore\": \"empty\"}")
    expectRefused(push(), status: 65, codes: ["LB085"])
    helper("wrong", right.replacing("lovelace", with: "byron"))
    configure("{\"credHelpers\": {\"\(server.host)\": \"wrong\"}}")
    let wrong = push()
    expectRefused(wrong, status: 65, codes: ["LB085"])
    #expect(!wrong.everything.contains("byron"), "\(wrong)")

    for (name, answer) in [
      ("failing", "echo 'the keychain is locked' >&2; exit 3"), ("words", "echo lovelace"),
      ("half", "echo '{\"Username\":\"ada\"}'"), ("huge", "head -c 1000000 /dev/zero | tr '\\0' x"),
    ] {
      helper(name, answer)
      configure("{\"credsStore\": \"\(name)\"}")
      let outcome = push()
      expectRefused(outcome, status: 65, codes: ["LB086"], naming: ["docker-credential-\(name)"])
      #expect(name != "failing" || outcome.errors.contains("the keychain is locked"), "\(outcome)")
      #expect(name != "words" || !outcome.everything.contains("lovelace"), "\(outcome)")
    }
    for name in ["missing", "../../bin/sh", "a b", String(repeating: "x", count: 65)] {
      configure("{\"credsStore\": \"\(name)\"}")
      expectRefused(push(), status: 65, codes: ["LB086"])
    }
  }

  /// An app with a payload that takes a while.
  private func largeBundle(megabytes: Int) throws -> String {
    let app = world.copy(app: "hello-c", to: "large")
    _ = world.command(["/bin/sh", "-c", "head -c \(megabytes)M /dev/urandom > large/ballast"])
    let manifest = String(decoding: try #require(contents(of: "\(app)/locara.yaml")), as: UTF8.self)
    world.directory.write(
      manifest.replacing("files: [bin/hello]", with: "files: [bin/hello, ballast]"), to: "large/locara.yaml")
    expectSuccess(world.locara("build", "\(app)/locara.yaml", "-o", "large.locapp"))
    return world.directory("large.locapp")
  }

  /// Runs `work` and, once `isUnderWay`, `disturb` beside it.
  private func disturbed(
    _ work: @escaping @Sendable () -> Outcome, once isUnderWay: () -> Bool, _ disturb: () -> Void
  ) -> (outcome: Outcome?, wasInTime: Bool) {
    nonisolated(unsafe) var outcome: Outcome?
    let done = DispatchSemaphore(value: 0)
    DispatchQueue.global().async {
      outcome = work()
      done.signal()
    }
    var wasInTime = false
    while !wasInTime, outcome == nil {
      wasInTime = isUnderWay()
      usleep(1000)
    }
    disturb()
    done.wait()
    return (outcome, wasInTime)
  }

  /// Bytes of the largest file below a directory.
  private func largest(below path: String) -> Int {
    let outcome = run(["/bin/sh", "-c", "find '\(path)' -type f -printf '%s\\n' 2>/dev/null | sort -n | tail -1"])
    return Int(outcome.output.dropLast()) ?? 0
  }

  @Test func aRegistryThatIsKilledIsGoneOnWith() throws {
    let large = try largeBundle(megabytes: 80)
    let server = RegistryServer()
    let place = "oci:\(server.host)/large:1"
    let world = self.world
    let push = disturbed(
      { world.locara(["push", large, place], timeout: 120) },
      once: { largest(below: server.directory("data")) > 8 << 20 },
      {
        server.stop()
        server.start()
      })
    expectSuccess(try #require(push.outcome))
    #expect(push.wasInTime, "the push was over before the registry was killed")

    let pull = disturbed(
      { world.locara(["pull", place, "-o", "back.locapp"], timeout: 120) },
      once: { largest(below: world.directory(".back.locapp.partial")) > 8 << 20 },
      {
        server.stop()
        server.start()
      })
    expectSuccess(try #require(pull.outcome))
    #expect(pull.wasInTime, "the pull was over before the registry was killed")
    #expect(run(["cmp", large, world.directory("back.locapp")]).status == 0)
  }

  @Test func aPullThatIsKilledIsGoneOnWith() throws {
    let large = try largeBundle(megabytes: 40)
    let place = "oci:\(host)/killed:1"
    expectSuccess(world.locara("push", large, place))
    let world = self.world
    let partial = world.directory(".back.locapp.partial")
    let script =
      "\"$0\" pull \(place) -o back.locapp & pid=$!; while [ $(stat -c %s .back.locapp.partial 2>/dev/null || echo 0) -lt 9500000 ]; do :; done; kill -9 $pid; wait $pid; exit 0"
    expectSuccess(world.command(["/bin/bash", "-c", script, Locations.locara]))
    let there = largest(below: partial)
    #expect(there > 9_500_000 && contents(of: world.directory("back.locapp")) == nil)
    // Bytes that were changed meanwhile are noticed, and nothing of them is kept.
    _ = world.command([
      "/bin/sh", "-c",
      "cp .back.locapp.partial kept; printf X | dd of=.back.locapp.partial bs=1 seek=9000000 conv=notrunc status=none",
    ])
    expectRefused(world.locara("pull", place, "-o", "back.locapp"), status: 65, codes: ["LB004", "LB009"])
    #expect(largest(below: partial) == 0)
    _ = world.command(["mv", "kept", ".back.locapp.partial"])
    expectSuccess(world.locara("pull", place, "-o", "back.locapp"))
    #expect(run(["cmp", large, world.directory("back.locapp")]).status == 0)
  }

  /// A registry that answers with what it should not.
  @Test func aDamagedRegistryIsNoticed() throws {
    let server = RegistryServer()
    expectSuccess(world.locara("push", bundle, "oci:\(server.host)/damaged:1"))
    let blobs = run(["find", server.directory("data"), "-name", "data", "-path", "*blobs*"]).output
      .split(separator: "\n").map(String.init)
    #expect(blobs.count > 8)
    for blob in blobs {
      let good = try #require(contents(of: blob))
      var bad = good
      bad[bad.count / 2] ^= 1
      FileManager.default.createFile(atPath: blob, contents: Data(bad))
      let outcome = world.locara("pull", "oci:\(server.host)/damaged:1", "-o", "back.locapp")
      // The signature's own blobs count too: what came with the bundle is all right or nothing is taken.
      #expect(outcome.status != 0 || contents(of: world.directory("back.locapp")) == contents(of: bundle), "\(outcome)")
      expectNoTrace(outcome)
      if outcome.status == 0 { _ = world.command(["/bin/sh", "-c", "rm -f back.locapp*"]) }
      FileManager.default.createFile(atPath: blob, contents: Data(good))
    }
    expectSuccess(world.locara("pull", "oci:\(server.host)/damaged:1", "-o", "back.locapp"))
  }
}

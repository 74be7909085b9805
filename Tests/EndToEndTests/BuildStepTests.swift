import BundleFormat
import Digests
import Glibc
import TestSupport
import Testing

/// An app that is made by build steps, in a world of its own.
struct SteppedApp {
  let world = World("steps")
  let directory: String
  var manifest: String { "\(directory)/locara.yaml" }
  var bundle: String { world.directory("out.locapp") }

  /// - Parameters:
  ///   - build: the value of `build:`, YAML in flow style.
  ///   - files: sources by path.
  init(build: String, files: [String: String] = [:], selecting patterns: String = "[app/**]") {
    directory = world.directory("app")
    let text = """
      schema: locara/v1
      name: stepped
      publisher: acme
      version: 0.1.0
      entry: {command: [sh, app/main.sh]}
      files: \(patterns)
      build: \(build)
      """
    world.directory.write(text, to: "app/locara.yaml")
    world.directory.write("cat out/*\n", to: "app/app/main.sh")
    for (path, content) in files { world.directory.write(content, to: "app/\(path)") }
  }

  func build(_ options: String..., to path: String? = nil) -> Outcome {
    world.locara(["build", manifest, "-o", path ?? bundle] + options)
  }

  /// The content of one file of the payload, below `out`.
  func output(_ name: String) -> String? {
    let place = world.directory("payload-\(UInt32.random(in: .min ... .max))")
    guard let bundle = try? Bundle.open(bundle), (try? bundle.extractPayload(to: place)) != nil else { return nil }
    return contents(of: "\(place)/out/\(name)").map { String(decoding: $0, as: UTF8.self) }
  }
}

@Suite struct BuildStepTests {
  /// Everything about a step's surroundings that is the same on every machine.
  @Test func stepsSeeOneEnvironment() throws {
    let script = """
      { id -u; id -g; uname -n; umask; pwd; nproc; cat /sys/devices/system/cpu/online; env | sort; stat -c '%Y %a' src; } > out/facts
      """
    let app = SteppedApp(
      build: "{sources: [src/**], steps: [{run: [sh, src/facts.sh], outputs: [out/facts]}]}",
      files: ["src/facts.sh": script])
    expectSuccess(app.build())
    let facts = try #require(app.output("facts"))
    #expect(
      facts == """
        1000
        1000
        locara
        0022
        /work
        1
        0
        HOME=/work
        LANG=C.UTF-8
        LC_ALL=C.UTF-8
        PATH=/usr/bin:/bin
        PWD=/work
        PYTHONDONTWRITEBYTECODE=1
        PYTHONHASHSEED=0
        SOURCE_DATE_EPOCH=315532800
        TMPDIR=/tmp
        TZ=UTC
        315532800 755

        """)
  }

  /// The control of the cache: a step counts its runs by what only a run changes, the clock.
  @Test func unchangedStepsDoNotRunAgain() throws {
    let app = SteppedApp(
      build: """
        {sources: [src/**], steps: [{run: [sh, -c, "date +%s%N > out/first; cat src/a >> out/first"], outputs: [out/first]},
          {run: [sh, -c, "date +%s%N > out/second; cat src/b >> out/second"], outputs: [out/second]}]}
        """, files: ["src/a": "a", "src/b": "b"])
    expectSuccess(app.build())
    let first = try #require(contents(of: app.bundle))
    // Another file, so that it is the steps' cache that answers and not the whole build's.
    let again = app.build(to: app.world.directory("again.locapp"))
    expectSuccess(again)
    #expect(again.errors.contains("step 1/2") && again.errors.contains("(unchanged)"))
    #expect(contents(of: app.world.directory("again.locapp")) == first)
    // Another source: both see all sources, so both run.
    app.world.directory.write("c", to: "app/src/b")
    let changed = app.build()
    expectSuccess(changed)
    #expect(!changed.errors.contains("(unchanged)"))
    #expect(contents(of: app.bundle) != first)
    // The content that there was before: from the cache again, though the file is newer.
    app.world.directory.write("b", to: "app/src/b")
    expectSuccess(app.build())
    #expect(contents(of: app.bundle) == first)
    // And without the cache it runs.
    expectSuccess(app.build("--no-cache"))
    #expect(contents(of: app.bundle) != first)
  }

  /// Only what depends on what changed runs again.
  @Test func aLaterStepRunsAlone() throws {
    func text(_ word: String) -> String {
      """
      {sources: [src/**], steps: [{run: [sh, -c, "cp src/a out/first"], outputs: [out/first]},
        {run: [sh, -c, "echo \(word) > out/second"], outputs: [out/second]}]}
      """
    }
    let app = SteppedApp(build: text("one"), files: ["src/a": "a"])
    expectSuccess(app.build())
    let source = String(decoding: try #require(contents(of: app.manifest)), as: UTF8.self)
    app.world.directory.write(source.replacing("echo one", with: "echo two"), to: "app/locara.yaml")
    let outcome = app.build()
    expectSuccess(outcome)
    let lines = outcome.errors.split(separator: "\n").filter { $0.contains("step ") }
    #expect(lines.count == 2)
    #expect(lines.first?.hasSuffix("(unchanged)") == true)
    #expect(lines.last?.hasSuffix("(unchanged)") == false)
  }

  @Test func aDamagedCacheIsNotBelieved() throws {
    let app = SteppedApp(
      build: "{sources: [src/**], steps: [{run: [sh, -c, 'cp src/a out/first'], outputs: [out/first]}]}",
      files: ["src/a": "the right bytes\n"])
    expectSuccess(app.build())
    let right = contents(of: app.bundle)
    let damage = """
      cd "$XDG_CACHE_HOME/locara/build" && for file in $(find blobs/sha256 -type f); do
        chmod u+w "$file"; tr r R < "$file" > x; cat x > "$file"; rm x; done
      rm -rf bundles
      """
    expectSuccess(app.world.command(["/bin/bash", "-ec", damage]))
    let outcome = app.build()
    expectSuccess(outcome)
    #expect(!outcome.errors.contains("(unchanged)"))
    #expect(contents(of: app.bundle) == right)
    // A record of nonsense is none.
    expectSuccess(
      app.world.command([
        "/bin/bash", "-ec",
        "cd \"$XDG_CACHE_HOME/locara/build\"; rm -rf bundles; for f in steps/*; do echo '{\"outputs\": [1]}' > $f; done",
      ]))
    expectSuccess(app.build())
    #expect(contents(of: app.bundle) == right)
  }

  /// What a step leaves beside its outputs is gone for the next one, as it is when the first comes from the cache.
  @Test func onlyDeclaredOutputsGoOn() {
    let app = SteppedApp(
      build: """
        {sources: [src/**], steps: [{run: [sh, -c, "echo x > out/first; echo y > hidden; echo z > src/a"], outputs: [out/first]},
          {run: [sh, -c, "test ! -e hidden && cat src/a out/first > out/second"], outputs: [out/second]}]}
        """, files: ["src/a": "a\n"])
    expectSuccess(app.build())
    #expect(app.output("second") == "a\nx\n")
  }

  @Test func anOutputMayBeADirectory() {
    let app = SteppedApp(
      build: """
        {sources: [src/**], steps: [{run: [sh, -c, "mkdir -p out/deep; echo x > out/deep/x; ln -s deep/x out/link; chmod +x out/deep/x"], outputs: [out]}]}
        """, files: ["src/a": "a\n"])
    expectSuccess(app.build())
    #expect(app.output("deep/x") == "x\n")
  }

  /// Inputs come by their hash, from wherever: a file beside the manifest, the cache, a file on the command line.
  @Test func inputsAreKnownByTheirHash() throws {
    let bytes = "an archive of somebody\n"
    let hash = Digest.of(Array(bytes.utf8)).hexadecimal
    let app = SteppedApp(
      build: """
        {sources: [src/**], inputs: [{url: "file:third/archive", sha256: \(hash)}, {url: "https://example.com/x/wheel.whl?y=1", sha256: \(hash), path: in/wheel}],
          steps: [{run: [sh, -c, "cat archive in/wheel > out/both"], outputs: [out/both]}]}
        """, files: ["src/a": "a", "third/archive": bytes])
    expectSuccess(app.build())
    #expect(app.output("both") == bytes + bytes)
    // The file is gone, the cache has it.
    expectSuccess(app.world.command(["rm", "-r", "\(app.directory)/third"]))
    expectSuccess(app.build("--no-cache", "--offline"))
    // Nothing has it.
    let other = World("without")
    let copy = other.directory.copy(app.directory, to: "app")
    let refused = other.locara("build", "\(copy)/locara.yaml", "-o", other.directory("o"))
    expectRefused(refused, status: 65, codes: ["LB055"], naming: ["archive", hash])
    other.directory.write(bytes, to: "given")
    expectSuccess(
      other.locara("build", "\(copy)/locara.yaml", "-o", other.directory("o"), "--input", other.directory("given")))
    #expect(contents(of: other.directory("o")) == contents(of: app.bundle))
  }

  /// From a server that speaks TLS, whose certificate is checked; other bytes than the hash names are refused.
  @Test func inputsComeByHTTPS() throws {
    let hub = try #require(Hub(hasTLS: true), "this test needs /usr/bin/python3")
    let url = try #require(hub.encryptedURL)
    let bytes = [UInt8](repeating: 7, count: 3_000_000)
    hub.directory.write(bytes, to: "plain/lib.whl")
    let hash = Digest.of(bytes).hexadecimal
    let app = SteppedApp(
      build: """
        {sources: [src/**], inputs: [{url: "\(url)/plain/lib.whl", sha256: \(hash), path: in/wheel}],
          steps: [{run: [sh, -c, "sha256sum < in/wheel > out/sum"], outputs: [out/sum]}]}
        """, files: ["src/a": "a"])
    func build(_ options: String..., changes: [String: String?] = [:]) -> Outcome {
      var environment = hub.environment
      environment["LOCARA_HTTP_ATTEMPTS"] = "2"
      environment["SSL_CERT_FILE"] = hub.directory("authority.pem")
      return app.world.locara(
        ["build", app.manifest, "-o", app.bundle] + options, environment: environment.merging(changes) { $1 })
    }
    func forget() { expectSuccess(app.world.command(["rm", "-rf", app.world.directory("cache")])) }
    // Nobody vouches for the server; nothing is fetched offline.
    expectRefused(
      build(changes: ["SSL_CERT_FILE": nil, "SSL_CERT_DIR": nil]), status: 1, codes: ["LX021"], naming: ["certificate"])
    expectRefused(build("--offline"), status: 65, codes: ["LB055"], naming: ["lib.whl"])
    expectSuccess(build())
    #expect(app.output("sum") == "\(hash)  -\n")
    // It is fetched once.
    hub.forgetRequests()
    expectSuccess(build("--no-cache"))
    #expect(hub.requests.isEmpty)
    forget()
    // A connection that breaks is gone on with.
    hub.rules("[{\"match\": \"GET /plain/\", \"truncate\": 1000000, \"times\": 1}]")
    expectSuccess(build())
    forget()
    // Neither another file nor a way out of the encryption is taken, and nothing is left.
    hub.rules("[]")
    hub.directory.write([UInt8](repeating: 8, count: 3_000_000), to: "plain/lib.whl")
    unlink(app.bundle)
    expectRefused(build(), status: 65, codes: ["LB054"], naming: [hash])
    hub.rules("[{\"match\": \"/plain/\", \"redirect\": \"\(hub.url)/plain/lib.whl\"}]")
    expectRefused(build(), status: 1, codes: ["LX024"])
    hub.rules("[]")
    unlink(hub.directory("plain/lib.whl"))
    expectRefused(build(), status: 1, codes: ["LX022"], naming: ["lib.whl"])
    #expect(contents(of: app.bundle) == nil)
    let left = run(["find", app.world.directory("cache"), "-name", ".locara-*"])
    #expect(left.output == "", "\(left)")
  }

  @Test func anInputWithAnotherHashIsRefused() {
    let hash = String(repeating: "a", count: 64)
    let app = SteppedApp(
      build:
        "{inputs: [{url: \"file:third\", sha256: \(hash)}], steps: [{run: [sh, -c, 'cp third out/a'], outputs: [out/a]}]}",
      files: ["third": "something else"])
    expectRefused(app.build(), status: 65, codes: ["LB054"], naming: ["file:third", hash])
    #expect(contents(of: app.bundle) == nil)
  }

  @Test(arguments: [
    ("[sh, -c, 'exit 3']", "LB050", "exit code 3"), ("[sh, -c, 'kill -9 $$']", "LB050", "signal 9"),
    ("[sh, -c, 'true']", "LB051", "out/a"), ("[sh, -c, 'mkfifo out/a']", "LB05", "out/a"),
    ("[sh, -c, 'ln -s /etc/passwd out/a']", "LB052", "out/a"), ("[no-such-program]", "LB053", "no-such-program"),
    ("[sh, -c, 'exec 3<>/dev/tcp/127.0.0.1/80 && touch out/a']", "LB05", "step"),
    ("[cp, /etc/shadow, out/a]", "LB050", "cp"),
    ("[python3, -c, 'import socket; socket.create_connection((\"1.1.1.1\", 53))']", "LB050", "python3"),
  ])
  func aStepThatFailsIsExplained(command: String, code: String, word: String) {
    let app = SteppedApp(build: "{sources: [app/**], steps: [{run: \(command), outputs: [out/a]}]}")
    let outcome = app.build()
    #expect(outcome.status == 65, "\(outcome)")
    #expect(outcome.errors.contains(code) && outcome.errors.contains(word), "\(outcome)")
    expectNoTrace(app.build())
    #expect(contents(of: app.bundle) == nil)
  }

  @Test func theCacheIsSeenAndCleaned() throws {
    let app = SteppedApp(
      build: "{sources: [src/**], steps: [{run: [sh, -c, 'cp src/a out/first'], outputs: [out/first]}]}",
      files: ["src/a": "bytes"])
    #expect(app.world.locara("cache", "show").output.contains("0 steps, 0 inputs, 0 files, 0 bytes"))
    expectSuccess(app.build())
    #expect(app.world.locara("cache", "show").output.contains("1 step, 0 inputs, 1 file, 5 bytes"))
    #expect(app.world.locara("cache", "gc").output == "removed 0 steps, 0 inputs, 0 files, 0 bytes\n")
    #expect(
      app.world.locara("cache", "gc", "--unused-days", "0").output == "removed 1 step, 0 inputs, 1 file, 5 bytes\n")
    expectSuccess(app.build())
  }

  /// Nothing was touched, so nothing is read but the manifest: the second build only says what is there.
  @Test func anUnchangedBuildHasNothingToDo() throws {
    let app = SteppedApp(
      build: "{sources: [src/**], steps: [{run: [sh, -c, 'cp src/a out/first'], outputs: [out/first]}]}",
      files: ["src/a": "bytes"])
    // What was changed just now is not recognized by its times.
    expectSuccess(app.world.command(["sleep", "2.1"]))
    let first = app.build()
    expectSuccess(first)
    let second = app.build()
    #expect(second.output == first.output)
    #expect(second.errors == "nothing has changed\n")
    // Another file in its place, or another source, and it is built.
    app.world.directory.write("not a bundle", to: "out.locapp")
    expectSuccess(app.build())
    #expect(contents(of: app.bundle)?.count ?? 0 > 1000)
    app.world.directory.write("other", to: "app/src/a")
    #expect(app.build().output != first.output)
  }
}

import Glibc
import TestSupport
import Testing

/// A bundle that was started before is started from what that start worked out, without the C library or Swift, as long as
/// everything is as it was; and in every other case as if nothing had been kept.
@Suite struct PreparedStartTests {
  /// A world with a bundle that has settled, and was started twice: once unpacked, once found and worked out.
  private func prepared(_ label: String, options: [String] = []) -> World {
    let world = World(label)
    expectSuccess(world.command(["/bin/bash", "-ec", "cp '\(Hello.built.bundle)' hello.locapp; sleep 2.1"]))
    for _ in 0..<2 { expectSuccess(world.locara(["run", "hello.locapp"] + options + ["--", "greet"])) }
    return world
  }

  /// Runs the app, and tells whether the C library was set up for it: it asks for this thread's id when it is.
  private func start(
    _ world: World, _ words: [String], options: [String] = [], environment: [String: String?] = [:]
  ) -> (outcome: Outcome, isPrepared: Bool) {
    // The tests' own process blocks signals, and strace continues what it has stopped: a SIGCONT would be waiting for the
    // runner.
    let unblocked =
      "import os, signal, sys; signal.pthread_sigmask(signal.SIG_SETMASK, []); os.execvp(sys.argv[1], sys.argv[1:])"
    let strace = ["strace", "-qq", "-o", "trace", "-e", "signal=none", "-e", "trace=set_tid_address"]
    let outcome = world.command(
      ["/usr/bin/python3", "-c", unblocked] + strace + [Locations.locara, "run", "hello.locapp"] + options + ["--"]
        + words,
      environment: environment)
    let trace = world.command(["cat", "trace"])
    return (outcome, trace.status == 0 && trace.output.isEmpty)
  }

  @Test(arguments: [[], ["--no-namespaces"]])
  func laterStartsAreWhatTheFirstWorkedOut(options: [String]) {
    let world = prepared("prepared", options: options)
    for (words, expected) in [
      (["greet"], "Hello, world!\n"), (["greet", "Ada"], "Hello, Ada!\n"), (["args", "a b", "", "--"], "a b\n\n--\n"),
    ] {
      let (outcome, isPrepared) = start(world, words, options: options)
      expectSuccess(outcome)
      #expect(outcome.output == expected && isPrepared, "\(outcome)")
      #expect(outcome.errors.contains("no namespaces") == !options.isEmpty, "\(outcome)")
    }
    #expect(start(world, ["exit", "7"], options: options).outcome.status == 7)
    #expect(start(world, ["signal", "9"], options: options).outcome.status == 137)
    #expect(entries(below: "\(world.data)/locara/running") == [])
  }

  /// What the app tries, it is denied in the same words, by a supervisor that is set up only then.
  @Test func denialsAreExplained() {
    let world = prepared("explained")
    let (outcome, isPrepared) = start(world, ["socket", "inet"])
    #expect(!isPrepared && outcome.output == "denied EPERM\n", "\(outcome)")
    #expect(outcome.errors.contains("capabilities") || outcome.errors.contains("net:"), "\(outcome)")
    #expect(outcome.errors.contains("1 denied call of 1 kind"), "\(outcome)")
    let first = World("first").locara("run", Hello.built.bundle, "--", "socket", "inet")
    #expect(outcome.errors == first.errors)
  }

  @Test func signalsAreForwardedAndTheRecordGoes() {
    let world = prepared("signals")
    let outcome = world.command([
      "/bin/bash", "-c",
      """
      "\(Locations.locara)" run hello.locapp -- sleep 60 < /dev/null > out & pid=$!
      for try in $(seq 100); do grep -q sleeping out && break; sleep 0.05; done
      "\(Locations.locara)" ps; kill -TERM $pid; wait $pid; echo "ended $?"
      """,
    ])
    #expect(outcome.output.contains("acme/hello-c@0.1.0") && outcome.output.contains("ended 143"), "\(outcome)")
    #expect(entries(below: "\(world.data)/locara/running") == [])
  }

  /// The runner is killed: nothing of the sandbox outlives it, and the next start is as any other.
  @Test func nothingOutlivesAKilledRunner() {
    let world = prepared("killed")
    let marker = "41\(UInt32.random(in: 100_000...999_999))"
    let outcome = world.command([
      "/bin/bash", "-c",
      """
      "\(Locations.locara)" run hello.locapp -- sleep \(marker) < /dev/null > out & pid=$!
      for try in $(seq 100); do grep -q sleeping out && break; sleep 0.05; done
      kill -9 $pid; sleep 0.5; pgrep -f 'sleep \(marker)' | grep -v $$ | wc -l
      """,
    ])
    #expect(outcome.output.hasSuffix("0\n"), "\(outcome)")
    #expect(start(world, ["greet"]).isPrepared)
  }

  /// Whatever a start depends on, one change of it and the start is worked out again.
  @Test(
    arguments: [
      ("another value of a variable that the app gets", "true", ["LANG": "C"]),
      ("consent was taken back", "\"$LOCARA\" consent forget acme/hello-c", [:]),
      ("the bundle's file was touched", "touch hello.locapp", [:]),
      ("the store was cleaned", "\"$LOCARA\" store gc --keep hello.locapp || \"$LOCARA\" store gc", [:]),
      ("the app's data is gone", "rm -rf \"$XDG_DATA_HOME\"/locara/data/acme/hello-c", [:]),
      ("the record is damaged", "printf x >> \"$XDG_DATA_HOME\"/locara/store/prepared/*", [:]),
      ("the record is cut off", "truncate -s 700 \"$XDG_DATA_HOME\"/locara/store/prepared/*", [:]),
      ("the record is empty", "truncate -s 0 \"$XDG_DATA_HOME\"/locara/store/prepared/*", [:]),
    ] as [(String, String, [String: String?])])
  func aChangeIsSeen(what: String, change: String, environment: [String: String?]) {
    let world = prepared("changed")
    #expect(start(world, ["greet"]).isPrepared)
    let changed = world.command(["/bin/bash", "-c", change], environment: ["LOCARA": Locations.locara])
    expectSuccess(changed)
    let (outcome, isPrepared) = start(world, ["greet"], environment: environment)
    expectSuccess(outcome)
    #expect(outcome.output == "Hello, world!\n" && !isPrepared, "\(what): \(outcome)")
  }

  /// What is not verified does not run, and what the bundle says is what runs in the end.
  @Test func aChangedPayloadIsNotRun() {
    let world = prepared("tampered")
    expectSuccess(
      world.command([
        "/bin/bash", "-ec",
        """
        payload=$(echo "$XDG_DATA_HOME"/locara/store/bundles/*/payload); chmod u+w "$payload/bin"
        sed 's/Hello/Hullo/g' "$payload/bin/hello" > other; chmod 555 other; mv -f other "$payload/bin/hello"
        """,
      ]))
    let (outcome, _) = start(world, ["greet"])
    #expect(outcome.output == "Hello, world!\n" || outcome.status == 125, "\(outcome)")
  }

  /// Any byte of the record may be another: it is recognized, and the app starts as it should.
  @Test func aDamagedRecordStartsNothingElse() throws {
    let world = prepared("flipped")
    let name = try #require(entries(below: "\(world.data)/locara/store/prepared").first)
    let path = "\(world.data)/locara/store/prepared/\(name)"
    let good = try #require(contents(of: path))
    var generator = SplitMix64.forTests()
    for _ in 0..<40 {
      var bytes = good
      let place = Int.random(in: 0..<bytes.count, using: &generator)
      bytes[place] ^= UInt8.random(in: 1...255, using: &generator)
      world.directory.write(bytes, to: "data/locara/store/prepared/\(name)")
      let outcome = world.locara("run", "hello.locapp", "--", "greet")
      #expect(outcome.status == 0 && outcome.output == "Hello, world!\n", "byte \(place): \(outcome)")
    }
  }

  /// Without namespaces an app's temporary files are its own, and gone when it has ended.
  @Test func temporaryFilesAreGone() throws {
    let world = prepared("temporary", options: ["--no-namespaces"])
    #expect(start(world, ["greet"], options: ["--no-namespaces"]).isPrepared)
    let variables = start(world, ["env"], options: ["--no-namespaces"])
    let place = try #require(variables.outcome.output.firstMatch(of: /TMPDIR=(.*)/)?.output.1)
    let (outcome, isPrepared) = start(world, ["write", "\(place)/left"], options: ["--no-namespaces"])
    #expect(isPrepared == false && outcome.output == "ok\n", "\(outcome)")
    #expect(!entries(below: "\(world.data)/locara/scratch").contains { $0.hasSuffix("left") })
    #expect(start(world, ["greet"], options: ["--no-namespaces"]).outcome.output == "Hello, world!\n")
  }

  /// What runs before the C library is set up, or beside another process in the same memory, uses nothing of it.
  @Test func theStartUsesNoLibrary() throws {
    let objects = Locations.products + "/CSandbox.build"
    let own = [
      "children", "conditions", "confine", "group", "init", "prepared", "record", "root", "scratch", "spawn", "start",
    ]
    var defined: Set<String> = ["_start"]
    var needed: [(String, String)] = []
    for file in entries(below: objects) where file.hasSuffix(".c.o") {
      let symbols = run(["nm", "\(objects)/\(file)"]).output.split(separator: "\n").map { $0.split(separator: " ") }
      for symbol in symbols where symbol.count > 1 {
        let name = String(symbol[symbol.count - 1])
        if symbol.count == 2, symbol[0] == "U" {
          if own.contains(where: { file == "\($0).c.o" }) { needed.append((file, name)) }
        } else {
          defined.insert(name)
        }
      }
    }
    #expect(!needed.isEmpty)
    for (file, name) in needed { #expect(defined.contains(name), "\(file) needs \(name)") }
  }
}

import TestSupport
import Testing

/// Two builds of the same manifest, with everything different that is not input: the same bytes.
@Suite struct ReproducibilityTests {
  /// What one of the two builds is made under.
  struct Conditions: Sendable {
    var directory: String
    var environment: [String: String?]
    var umask: String
    /// For libfaketime: an absolute date.
    var date: String
    /// Where the tool is started, relative to the app; the manifest is given relative to it.
    var start: String
  }

  static let conditions = [
    Conditions(
      directory: "first", environment: ["TZ": "UTC", "LANG": "C", "HOME": "/"], umask: "022",
      date: "@2024-01-01 00:00:00", start: "."),
    Conditions(
      directory: "a longer/and deeper/second",
      environment: [
        "TZ": "Pacific/Kiritimati", "LANG": "tr_TR.UTF-8", "LC_ALL": "tr_TR.UTF-8", "USER": "other",
        "SOURCE_DATE_EPOCH": "1", "COLUMNS": "30", "TERM": "xterm-256color",
      ], umask: "077", date: "@2031-12-31 23:59:59", start: "elsewhere"),
  ]

  /// Builds a copy of the app under these conditions, and gives the bundle's and the lock's bytes.
  func build(_ app: String, under conditions: Conditions, modelDirectory: String? = nil) throws -> [String: [UInt8]] {
    let world = World("reproducible")
    let place = world.directory(conditions.directory)
    _ = world.command(["mkdir", "-p", "\(place)/.."])
    _ = world.copy(app: app, to: conditions.directory)
    // Another order of directory entries, other times, other modes of what is read.
    if conditions.umask == "077" {
      let script = """
        mkdir ../shuffle && ls -A | sort -r | while read -r name; do mv -- "$name" ../shuffle/; done
        ls -A ../shuffle | while read -r name; do mv -- "../shuffle/$name" .; done
        mkdir elsewhere; find . -exec touch -h -d 2001-02-03 {} +; find . -type d -exec chmod g+w,o-w {} +
        """
      expectSuccess(world.command(["/bin/bash", "-ec", script], in: place))
    }
    let start = "\(place)/\(conditions.start)"
    let manifest = conditions.start == "." ? "locara.yaml" : "../locara.yaml"
    let faketime = run(["bash", "-c", "ls /usr/lib/*/faketime/libfaketime.so.1"]).output
    let library = try #require(faketime.split(separator: "\n").first.map(String.init), "libfaketime is not installed")
    var environment = conditions.environment
    environment["LD_PRELOAD"] = library
    environment["FAKETIME"] = conditions.date
    environment["FAKETIME_DONT_FAKE_MONOTONIC"] = "1"
    if let modelDirectory { environment["XDG_DATA_HOME"] = modelDirectory }
    let bundle = world.directory("out.locapp")
    let script = "umask \(conditions.umask); exec \"$@\""
    let command = ["/bin/bash", "-c", script, "bash", Locations.locara, "build", manifest, "-o", bundle]
    expectSuccess(world.command(command, in: start, environment: environment, timeout: 300))
    return [
      "bundle": try #require(contents(of: bundle)), "lock": contents(of: "\(place)/locara.lock.json") ?? [],
    ]
  }

  @Test func helloIsTheSameEverywhere() throws {
    let builds = try Self.conditions.map { try build("hello-c", under: $0) }
    #expect(builds[0]["bundle"] == builds[1]["bundle"], "\(difference(builds, "bundle"))")
    #expect(builds[0]["lock"] == builds[1]["lock"], "\(difference(builds, "lock"))")
  }

  @Test(.enabled(if: SemanticNotes.canRun, "\(SemanticNotes.reason)"))
  func semanticNotesIsTheSameEverywhere() throws {
    let world = try #require(SemanticNotes.prepared).world
    let builds = try Self.conditions.map { try build("semantic-notes", under: $0, modelDirectory: world.data) }
    #expect(builds[0]["bundle"] == builds[1]["bundle"], "\(difference(builds, "bundle"))")
    #expect(builds[0]["lock"] == builds[1]["lock"], "\(difference(builds, "lock"))")
    #expect(builds[0]["lock"] == contents(of: Locations.fixture("apps/semantic-notes/locara.lock.json")))
  }

  @Test func compiledArtifactsAreTheSameEverywhere() throws {
    let outputs = Self.conditions.map { conditions in
      let world = World("artifacts")
      let app = world.copy(app: "hello-c")
      expectSuccess(
        world.locara(
          ["compile", "\(app)/locara.yaml", "-o", world.directory("out")], environment: conditions.environment))
      return entries(below: world.directory("out")).map { ($0, contents(of: world.directory("out/\($0)")) ?? []) }
    }
    #expect(!outputs[0].isEmpty)
    #expect(outputs[0].map(\.0) == outputs[1].map(\.0))
    for (first, second) in zip(outputs[0], outputs[1]) { #expect(first.1 == second.1, "\(first.0) differs") }
  }

  /// The control: a build with other input has other bytes.
  @Test func otherInputIsAnotherBundle() throws {
    let world = World("changed")
    let app = world.copy(app: "hello-c")
    let source = try #require(contents(of: "\(app)/src/hello.c"))
    let text = String(decoding: source, as: UTF8.self).replacing("Hello, ", with: "Howdy, ")
    world.directory.write(text, to: "hello-c/src/hello.c")
    expectSuccess(world.locara("build", "\(app)/locara.yaml", "-o", world.directory("out.locapp")))
    #expect(contents(of: world.directory("out.locapp")) != contents(of: Hello.built.bundle))
  }

  private func difference(_ builds: [[String: [UInt8]]], _ name: String) -> String {
    firstDifference(builds[0][name] ?? [], builds[1][name] ?? [])
  }
}

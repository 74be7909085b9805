import TestSupport
import Testing

/// A loadable extension of SQLite is a stranger's code out of the bundle: it runs in the app's sandbox only, and only as
/// it was when the bundle was made.
@Suite struct ExtensionTests {
  /// An extension that writes down, beside the database, where it runs.
  private static let source = """
    #include <errno.h>
    #include <fcntl.h>
    #include <stdio.h>
    #include <sys/socket.h>
    #include <unistd.h>
    int sqlite3_vec_init(void *database, char **message, const void *api) {
      FILE *file = fopen("/data/loaded", "a");
      if (!file) return 1;
      int outside = open("DIARY", O_RDONLY);
      fprintf(file, "EDITION user %d diary %d network %d\\n", getuid(), outside >= 0,
        socket(AF_INET, SOCK_STREAM, 0) >= 0);
      fclose(file);
      return 0;
    }
    """

  private let world = World("extension")

  /// hello-c with a database and an extension, built.
  private func build(edition: String = "first", source: String = Self.source) -> String {
    let app = world.copy(app: "hello-c", to: edition)
    let text = String(decoding: contents(of: "\(app)/locara.yaml") ?? [], as: UTF8.self)
    let code = source.replacing("EDITION", with: edition).replacing("DIARY", with: "\(world.home)/Documents/diary.txt")
    world.directory.write(code, to: "\(edition)/vec0.c")
    world.directory.write(
      text.replacing("files: [bin/hello]", with: "files: [bin/hello, lib/vec0.so]") + """
        storage:
          tables: {notes: {columns: {id: {type: integer, primary-key: true}, body: text}}}
          vector: {engine: sqlite-vec, extension: lib/vec0.so}

        """, to: "\(edition)/locara.yaml")
    let bundle = world.directory("\(edition).locapp")
    expectSuccess(
      world.command(["/bin/bash", "-ec", "mkdir -p lib; cc -shared -fPIC -o lib/vec0.so vec0.c"], in: app))
    expectSuccess(world.locara("build", "\(app)/locara.yaml", "-o", bundle))
    return bundle
  }

  private func start(_ bundle: String) -> Outcome {
    world.locara(["run", "--data", world.directory("state"), bundle, "--", "greet"])
  }

  private var loaded: String {
    String(decoding: contents(of: world.directory("state/loaded")) ?? [], as: UTF8.self)
  }

  @Test func itIsLoadedInsideTheSandbox() {
    let bundle = build()
    let outcome = start(bundle)
    expectSuccess(outcome)
    #expect(outcome.output.contains("Hello"))
    #expect(loaded == "first user 1000 diary 0 network 0\n")
    // The database is at its schema, so that nothing has to be loaded to start.
    expectSuccess(start(bundle))
    #expect(loaded == "first user 1000 diary 0 network 0\n")
  }

  @Test func oneThatFailsKeepsTheAppFromStarting() {
    let bundle = build(source: "int sqlite3_vec_init(void *a, char **b, const void *c) { return 1; }\n")
    let outcome = start(bundle)
    expectRefused(outcome, status: 125, codes: ["LS110"], naming: ["LR030", "vec0"])
    #expect(outcome.output == "")
    #expect(contents(of: world.directory("state/app.db")) == nil)
  }

  /// The unpacked file is changed: what runs is the one that the bundle has, or nothing.
  @Test func aTamperedOneIsNotLoaded() {
    let bundle = build()
    _ = build(edition: "forged")
    let copied = world.directory("forged/lib/vec0.so")
    expectSuccess(
      world.command([
        "/bin/bash", "-ec",
        """
        sleep 2.1
        '\(Locations.locara)' run --data other '\(bundle)' -- greet
        file=$(echo "$XDG_DATA_HOME"/locara/store/bundles/*/payload/lib/vec0.so)
        chmod u+w "$(dirname "$file")"; cp '\(copied)' forged.so; chmod 444 forged.so; mv -f forged.so "$file"
        """,
      ]))
    for _ in 0..<2 {
      let outcome = start(bundle)
      #expect(!loaded.contains("forged"), "what the bundle does not have was loaded: \(outcome)")
      #expect(outcome.status == 0 && loaded.hasPrefix("first ") || outcome.status == 125, "\(outcome)")
    }
  }

  /// The bundle's file is changed: no digest fits.
  @Test func aTamperedBundleIsRefused() throws {
    let bundle = build()
    var bytes = try #require(contents(of: bundle))
    let name = Array("first user %d".utf8)
    let place = try #require(bytes.firstRange(of: name)?.lowerBound)
    bytes[place] ^= 1
    let forged = world.directory.write(bytes, to: "forged.locapp")
    expectRefused(start(forged), status: 125, codes: ["LB004"])
    #expect(contents(of: world.directory("state/loaded")) == nil)
  }
}
